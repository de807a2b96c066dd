import { describe, expect, it } from 'vitest';
import { WallBase, type WallStep } from '../../src/clock/wall-base.ts';
import { Machine } from './wall-base-support.ts';

/** Reads at every 0.3 µs through the next tick: the base is then known within a microsecond. */
function narrow(base: WallBase, machine: Machine): WallStep | undefined {
  let step: WallStep | undefined;
  for (let i = 0; i < 4000; i++) step = base.read(machine.quick(3e-4)) ?? step;
  return step;
}

function narrowed(machine = new Machine()): WallBase {
  const base = new WallBase();
  narrow(base, machine);
  return base;
}

/** All steps told while readings follow each other. */
function stepsOf(base: WallBase, machine: Machine, waits: readonly number[]): WallStep[] {
  return waits.flatMap((waitMs) => base.read(machine.quick(waitMs)) ?? []);
}

/** A change by 50 µs after half a second: taken for slewing. */
function absorb(base: WallBase, machine: Machine): void {
  base.read(machine.quick(500 + 1 - machine.phaseMs - 0.03, 0.05));
  expect(base.isChanging).toBe(true);
  expect(narrow(base, machine)).toBeUndefined();
  expect(base.isChanging).toBe(false);
}

const SECONDS_AT_50_HZ = (seconds: number) =>
  Array.from({ length: 50 * seconds }, (_, i) => 20 + (i % 7) * 0.061);

describe('WallBase', () => {
  it('knows nothing before the first reading', () => {
    expect(new WallBase().at(0)).toBeUndefined();
  });

  it('knows from one reading that k - h2 <= base < k + 1 - h1', () => {
    const base = new WallBase({ driftPpm: 0 });
    base.read({ beforeMs: 10, wallMs: 1010, afterMs: 10.2 });
    const { baseMs, errorMs } = base.at(10.2)!;
    expect(baseMs - errorMs).toBeCloseTo(999.8, 3);
    expect(baseMs + errorMs).toBeCloseTo(1001, 3);
  });

  it('knows a microsecond from two readings around a tick', () => {
    const base = new WallBase({ driftPpm: 0 });
    base.read({ beforeMs: 20.9994, wallMs: 1020, afterMs: 20.9996 });
    base.read({ beforeMs: 20.9999, wallMs: 1021, afterMs: 21.0001 });
    const { baseMs, errorMs } = base.at(21)!;
    expect(baseMs).toBeCloseTo(1000.00025, 3);
    expect(errorMs).toBeLessThan(0.0006);
  });

  it('is less sure with age, 15 millionths of it on either side, before and after', () => {
    const base = new WallBase();
    base.read({ beforeMs: 10, wallMs: 1010, afterMs: 10 });
    const then = base.at(10)!;
    expect(base.at(1010)!.errorMs - then.errorMs).toBeCloseTo(0.015, 9);
    expect(base.at(-990)!.errorMs - then.errorMs).toBeCloseTo(0.015, 9);
    expect(base.at(1010)!.baseMs).toBe(then.baseMs);
  });

  it('says where the next tick is to come', () => {
    const machine = new Machine();
    const base = narrowed(machine);
    const { fromMs, toMs } = base.nextTick(machine.monoMs);
    const tickMs = machine.monoMs + 1 - machine.phaseMs;
    expect(fromMs).toBeLessThanOrEqual(tickMs);
    expect(toMs).toBeGreaterThanOrEqual(tickMs);
    expect(toMs - fromMs).toBeCloseTo(base.widthMs(machine.monoMs), 9);
  });

  it.each([
    ['a pause within a reading', { beforeMs: 10, wallMs: 1500, afterMs: 3000 }],
    ['a clock that does not tell', { beforeMs: 20, wallMs: NaN, afterMs: 20 }],
    ['an end before the beginning', { beforeMs: 30, wallMs: 1_000_000, afterMs: 29 }],
    ['no instant', { beforeMs: NaN, wallMs: 1_000_000, afterMs: NaN }],
    ['an instant without end', { beforeMs: 30, wallMs: 1_000_000, afterMs: Infinity }],
    ['a clock without end', { beforeMs: 30, wallMs: Infinity, afterMs: 30 }],
  ])('learns nothing wrong from %s', (_, reading) => {
    const base = new WallBase({ driftPpm: 0 });
    base.read({ beforeMs: 10, wallMs: 1010, afterMs: 10.2 });
    const before = base.at(10);
    expect(base.read(reading)).toBeUndefined();
    expect(base.at(10)).toEqual(before);
    expect(base.isChanging).toBe(false);
  });

  it('begins with the first reading that is one', () => {
    const base = new WallBase();
    base.read({ beforeMs: 10, wallMs: NaN, afterMs: 10 });
    base.read({ beforeMs: 10, wallMs: 1010, afterMs: 10 });
    expect(base.at(10)!.baseMs).toBe(1000.5);
  });

  it('holds the truth also if the clocks drifted during a reading', () => {
    const machine = new Machine({ baseMs: 1e6 });
    const base = new WallBase();
    // Read a microsecond before a tick, and then interrupted.
    const waitMs = 1 - machine.phaseMs - 0.001;
    base.read(machine.read({ waitMs, tookMs: 3000, at: 0, ratePpm: 15 }));
    const { baseMs, errorMs } = base.at(machine.monoMs)!;
    expect(baseMs + errorMs).toBeGreaterThan(machine.baseMs);
  });

  it.each([
    ['driftPpm', { driftPpm: -1 }],
    ['driftPpm', { driftPpm: 1001 }],
    ['grainMs', { grainMs: 0 }],
    ['grainMs', { grainMs: NaN }],
  ])('takes no %s that is nonsense', (name, options) => {
    expect(() => new WallBase(options)).toThrow(name);
  });
});

describe('a step of the wall clock', () => {
  it.each([1.01, 3, -3, 250.5, -253, 3_600_000, -3_600_000])(
    'by %d ms is seen by the next reading and sized within 20 µs',
    (stepMs) => {
      const machine = new Machine();
      const base = narrowed(machine);
      expect(base.read(machine.quick(20, stepMs))).toBeUndefined();
      expect(base.isChanging).toBe(true);
      const seenAtMs = machine.monoMs;

      const step = narrow(base, machine)!;
      expect(step.atMs).toBe(seenAtMs);
      expect(Math.abs(step.byMs - stepMs)).toBeLessThanOrEqual(step.errorMs);
      expect(step.errorMs).toBeLessThan(0.02);
      expect(base.isChanging).toBe(false);
    },
  );

  it('is seen if the machine was suspended and the monotonic clock stood still', () => {
    const machine = new Machine();
    const base = narrowed(machine);
    base.read(machine.quick(0.5, 8 * 3_600_000));
    expect(narrow(base, machine)!.byMs).toBeCloseTo(8 * 3_600_000, 1);
  });

  it('by exactly 1 ms is seen by a reading that is in no doubt of the millisecond', () => {
    for (const sign of [1, -1]) {
      const machine = new Machine();
      const base = narrowed(machine);
      base.read(machine.quick(20 - machine.phaseMs + 0.5, sign));
      expect(base.isChanging).toBe(true);
    }
  });

  it('is told once', () => {
    const machine = new Machine();
    const base = narrowed(machine);
    base.read(machine.quick(20, 3));
    expect(narrow(base, machine)).toBeDefined();
    expect(stepsOf(base, machine, SECONDS_AT_50_HZ(2))).toEqual([]);
  });

  it('is told within 100 ms, less exactly, where nobody reads next to a tick', () => {
    const machine = new Machine();
    const base = narrowed(machine);
    base.read(machine.quick(20.3 - machine.phaseMs, 5));
    const atMs = machine.monoMs;
    const steps = stepsOf(base, machine, [20, 20, 20, 20, 20]);
    expect(steps).toHaveLength(1);
    expect(steps[0]!.atMs).toBe(atMs);
    expect(Math.abs(steps[0]!.byMs - 5)).toBeLessThanOrEqual(steps[0]!.errorMs);
    expect(steps[0]!.errorMs).toBeLessThan(0.6);
  });

  it('and another before it is sized are one, and none if they cancel out', () => {
    const twice = new Machine();
    const base = narrowed(twice);
    base.read(twice.quick(20, 5));
    base.read(twice.quick(20, 7));
    expect(narrow(base, twice)!.byMs).toBeCloseTo(12, 2);

    const back = new Machine();
    const other = narrowed(back);
    other.read(back.quick(20, 5));
    other.read(back.quick(20, -5));
    expect(other.isChanging).toBe(true);
    expect(narrow(other, back)).toBeUndefined();
    expect(other.isChanging).toBe(false);
  });

  it('is one however long nobody has looked', () => {
    const machine = new Machine();
    const base = narrowed(machine);
    base.read(machine.quick(3_600_000, 200));
    expect(narrow(base, machine)!.byMs).toBeCloseTo(200, 0);

    const shorter = narrowed(machine);
    shorter.read(machine.quick(5_000, 3));
    expect(narrow(shorter, machine)!.byMs).toBeCloseTo(3, 0);
  });

  it('is none that is no larger than slewing, nor called one before that is known', () => {
    const machine = new Machine();
    const base = narrowed(machine);
    // Set forward by 50 µs after half a second, and read just before the tick that it hastened.
    base.read(machine.quick(500 + 1 - machine.phaseMs - 0.03, 0.05));
    expect(base.isChanging).toBe(true);
    const halfway = 1.5 - machine.phaseMs;
    expect(stepsOf(base, machine, [halfway, 20, 20, 20, 20, 20, 20])).toEqual([]);
    expect(base.isChanging).toBe(true);
    expect(narrow(base, machine)).toBeUndefined();
    expect(base.isChanging).toBe(false);
    const { baseMs, errorMs } = base.at(machine.monoMs)!;
    expect(Math.abs(baseMs - machine.baseMs)).toBeLessThanOrEqual(errorMs);
  });

  it.each([
    ['as a step', 'no reading can be narrow', 20, 1],
    ['as a step', 'it may also be slewing', 320, 1],
    ['as none', 'it is certainly no more than slewing', 5000, 0],
  ])('is settled within 200 ms, %s where %s', (_, __, afterMs, count) => {
    const byMs = 0.3;
    const machine = new Machine();
    const base = new WallBase();
    const slow = { waitMs: 0, tookMs: 0.02, at: 0.5 };
    for (let i = 0; i < 400; i++) base.read(machine.read(slow));
    // Just before the tick that the step hastens.
    const waitMs = afterMs + 1 - machine.phaseMs - byMs / 2;
    base.read(machine.read({ ...slow, waitMs, stepMs: byMs }));
    expect(base.isChanging).toBe(true);
    const endMs = machine.monoMs + 201;
    const steps: WallStep[] = [];
    while (machine.monoMs < endMs) {
      const step = base.read(machine.read(slow));
      if (step) steps.push(step);
    }

    expect(base.isChanging).toBe(false);
    expect(steps).toHaveLength(count);
    for (const step of steps) {
      expect(Math.abs(step.byMs - byMs)).toBeLessThanOrEqual(step.errorMs);
      expect(step.errorMs).toBeLessThan(0.1);
    }
  });
});

describe('changes', () => {
  it('are counted by the very reading that shows them, each once', () => {
    const machine = new Machine();
    const base = narrowed(machine);
    expect(base.changes).toBe(0);
    base.read(machine.quick(20, 5));
    expect(base.changes).toBe(1);
    narrow(base, machine);
    expect(base.changes).toBe(1);
  });

  it('are counted also if they come before the last one is sized', () => {
    const machine = new Machine();
    const base = narrowed(machine);
    base.read(machine.quick(20, 5));
    base.read(machine.quick(20, -5));
    expect(base.changes).toBe(2);
    expect(narrow(base, machine)).toBeUndefined();
  });

  it('are counted also if they turn out to be slewing', () => {
    const machine = new Machine();
    const base = narrowed(machine);
    absorb(base, machine);
    expect(base.changes).toBe(1);
  });
});

describe('the drift allowance', () => {
  /** How much wider the base gets in ten seconds. */
  const widening = (base: WallBase, { monoMs }: Machine) =>
    base.widthMs(monoMs + 10_000) - base.widthMs(monoMs);

  it('doubles by a change taken for slewing, and halves after each quiet minute, to the first', () => {
    const machine = new Machine();
    const base = narrowed(machine);
    const atFirst = widening(base, machine);
    for (const ppm of [30, 60]) {
      absorb(base, machine);
      expect(widening(base, machine) / atFirst).toBeCloseTo(ppm / 15, 6);
    }
    const quietMs = (ms: number) =>
      stepsOf(
        base,
        machine,
        Array.from({ length: ms / 500 }, () => 500),
      );
    quietMs(55_000);
    expect(widening(base, machine) / atFirst).toBeCloseTo(4, 6);
    quietMs(10_000);
    expect(widening(base, machine) / atFirst).toBeCloseTo(2, 6);
    quietMs(300_000);
    expect(widening(base, machine) / atFirst).toBeCloseTo(1, 6);
    expect(base.changes).toBe(2);
  });

  it('makes nobody surer of what was read while it was large', () => {
    const machine = new Machine();
    const base = new WallBase({ driftPpm: 1 });
    narrow(base, machine);
    absorb(base, machine);
    const beforeMs = base.widthMs(machine.monoMs + 60_000);
    // Half a millisecond after a tick, this tells nothing.
    base.read(machine.quick(60_000.5 - machine.phaseMs));
    expect(base.widthMs(machine.monoMs)).toBeCloseTo(beforeMs, 3);
  });
});

describe('no step', () => {
  it('is made by a reading that a pause of ours interrupts, wherever', () => {
    const machine = new Machine();
    const base = narrowed(machine);
    for (const at of [0, 0.5, 1]) {
      base.read(machine.read({ waitMs: 20, tookMs: 2000, at }));
      expect(base.isChanging).toBe(false);
    }
    expect(base.widthMs(machine.monoMs)).toBeLessThan(0.2);
  });

  it('is made by a coarse clock of known grain', () => {
    const machine = new Machine({ grainMs: 15.625 });
    const base = new WallBase({ grainMs: 16.625 });
    expect(stepsOf(base, machine, SECONDS_AT_50_HZ(20))).toEqual([]);
    expect(base.isChanging).toBe(false);
    const { baseMs, errorMs } = base.at(machine.monoMs)!;
    expect(Math.abs(baseMs - machine.baseMs)).toBeLessThanOrEqual(errorMs);
  });

  it('is made by a wall clock that is slewed at 500 ppm, whose base is soon followed', () => {
    const machine = new Machine();
    const base = narrowed(machine);
    const slewed = { tookMs: 2e-4, at: 0.5, ratePpm: 500 };
    const changes: number[] = [];
    for (const waitMs of SECONDS_AT_50_HZ(60)) {
      expect(base.read(machine.read({ ...slewed, waitMs }))).toBeUndefined();
      if (base.isChanging) changes.push(machine.monoMs);
      for (let i = 0; i < 4000 && base.isChanging; i++) {
        expect(base.read(machine.read({ ...slewed, waitMs: 3e-4 }))).toBeUndefined();
      }
    }
    expect(changes.length).toBeGreaterThan(0);
    expect(changes.at(-1)).toBeLessThan(20_000);
    const { baseMs, errorMs } = base.at(machine.monoMs)!;
    expect(Math.abs(baseMs - machine.baseMs)).toBeLessThanOrEqual(errorMs);
  });
});
