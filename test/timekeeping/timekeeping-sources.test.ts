/** Sources of this machine, as they speak: who has a voice, and what becomes of them. */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { SourceReading } from '../../collectors/time-source.ts';
import type { TimeSources, TimeSourcesOptions } from '../../collectors/time-sources.ts';
import type { Leap, OffsetBounds } from '../../src/clock/types.ts';
import { Machine } from './timekeeping-support.ts';

const fake = vi.hoisted(() => ({
  readings: [] as SourceReading[],
  started: [] as TimeSourcesOptions[],
  stopped: 0,
}));

vi.mock('../../collectors/time-sources.ts', () => ({
  startTimeSources: (options: TimeSourcesOptions): TimeSources => {
    fake.started.push(options);
    return {
      readings: () => fake.readings,
      refusals: () => new Map(),
      stop() {
        fake.stopped++;
      },
    };
  },
}));

beforeEach(() => Object.assign(fake, { readings: [], started: [], stopped: 0 }));

const says = (name: string, offsetMs: number, leap: Leap = 'none'): SourceReading => ({
  ...{ name, leap, offset: { offsetMs, lowMs: offsetMs - 5, highMs: offsetMs + 5 } },
});
const silent = (name: string): SourceReading => ({
  ...{ name, leap: 'unsynchronised', offset: undefined },
});

/** Each reading takes a while, in which our clocks may drift apart. */
function near(bounds: OffsetBounds | undefined): unknown {
  if (!bounds) return undefined;
  const { lowMs, highMs } = bounds;
  return {
    lowMs: expect.closeTo(lowMs, 3) as unknown,
    highMs: expect.closeTo(highMs, 3) as unknown,
  };
}

/** All that it says of these. */
function looked(...readings: readonly SourceReading[]) {
  fake.readings = [...readings];
  const { time, monoMs } = new Machine().run(100);
  time.start();
  const { sources, reference } = time.look(monoMs);
  expect(time.reference(monoMs)).toEqual({ ...reference, bounds: near(reference.bounds) });
  expect(time.ownReference(monoMs)).toEqual(near(reference.bounds));
  expect(sources.map(({ name }) => name)).toEqual(readings.map(({ name }) => name));
  const liars = sources.flatMap(({ name, isFalseticker }) => (isFalseticker ? [name] : []));
  expect(liars).toEqual(reference.falsetickers);
  return reference;
}

describe('what sources of this machine say together', () => {
  it('is what chrony says where nothing else is', () => {
    const { sources, bounds } = looked(says('chrony', 20));
    expect(sources).toEqual(['chrony']);
    const { lowMs, highMs } = bounds!;
    expect((lowMs + highMs) / 2).toBeCloseTo(20, 0); // our wall clock is known within 0.5 ms
    expect(highMs - lowMs).toBeGreaterThan(10);
    expect(highMs - lowMs).toBeLessThan(11);
  });

  it('has one voice of ClockBound and chrony, that of ClockBound', () => {
    expect(looked(says('chrony', 20), says('clockbound', 21)).sources).toEqual(['clockbound']);
    expect(looked(says('chrony', 20), silent('clockbound')).sources).toEqual(['chrony']);
    expect(looked(silent('chrony'), says('clockbound', 21)).sources).toEqual(['clockbound']);
    expect(looked(silent('chrony'), silent('clockbound')).sources).toEqual([]);
  });

  it('is not outvoted by one that speaks twice', () => {
    const wrong = [says('chrony', 9000), says('clockbound', 9000)];
    const right = [says('ntp:a', 0), says('ntp:b', 1)];
    const { sources, falsetickers } = looked(...wrong, ...right);
    expect({ sources, falsetickers }).toEqual({
      ...{ sources: ['ntp:a', 'ntp:b'], falsetickers: ['clockbound'] },
    });
    const alone = looked(...wrong, says('ntp:a', 0));
    expect(alone.bounds).toBeUndefined(); // one against one
  });

  it('has a leap second coming if most of those relied on say so', () => {
    const one = says('ntp:a', 0, 'insert');
    expect(looked(one, says('ntp:b', 0), says('ntp:c', 0)).leap).toBe('none');
    expect(looked(one, says('ntp:b', 0, 'insert'), says('ntp:c', 0)).leap).toBe('insert');
    const twice = [says('chrony', 0, 'insert'), says('clockbound', 0, 'insert')];
    expect(looked(...twice, says('ntp:a', 0), says('ntp:b', 0)).leap).toBe('none');
  });
});

describe('sources of this machine', () => {
  it('are told of the wall clock as it is at that moment', () => {
    const machine = new Machine().run(100);
    machine.time.start();
    const before = fake.started[0]!.wallBase().baseMs;
    machine.step(5000);
    expect(fake.started[0]!.wallBase().baseMs - before).toBeCloseTo(5000, -1);
  });

  it('begin anew after a suspension, and are left alone by a step', () => {
    const machine = new Machine().run(100);
    machine.time.start();
    machine.step(5000).run(500);
    expect([fake.started.length, fake.stopped]).toEqual([1, 0]);
    machine.suspend(5000).run(500);
    expect([fake.started.length, fake.stopped]).toEqual([2, 1]);
    machine.time.stop();
    expect(fake.stopped).toBe(2);
  });

  it('are not begun by a suspension before they are asked for, or after the end', () => {
    const machine = new Machine().run(100).suspend(5000).run(500);
    expect(fake.started).toEqual([]);
    machine.time.start();
    machine.time.stop();
    machine.suspend(5000).run(500);
    expect([fake.started.length, fake.stopped]).toEqual([1, 1]);
  });
});
