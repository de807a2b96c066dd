import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { HybridClock, hlcParts } from '../../src/clock/hlc.ts';
import type { OffsetBounds } from '../../src/clock/types.ts';
import { Clock } from '../../src/timekeeping/clock.ts';
import type { Reference } from '../../src/timekeeping/reference.ts';

const WALL_MS = 1.78e12;
const MS_PER_READ = 0.25;

const known = (bounds: OffsetBounds, sources = ['ntp:one']): Reference => ({
  ...{ bounds, sources, falsetickers: [], leap: 'none' },
});
const NOBODY: Reference = {
  ...{ bounds: undefined, sources: [], falsetickers: [], leap: 'unsynchronised' },
};

/** A clock whose time passes with each look at it, and with nothing else. */
function clockOf(reference: () => Reference, msPerRead = 0) {
  const fake = { monoMs: 1000, reads: 0 };
  const clock = new Clock({
    now() {
      fake.reads++;
      fake.monoMs += msPerRead;
      return { monoMs: fake.monoMs, wallMs: WALL_MS + fake.monoMs };
    },
    reference,
    hlc: new HybridClock(),
  });
  return Object.assign(fake, { clock });
}

describe('what time it is', () => {
  it('is anything, if nobody tells', () => {
    expect(clockOf(() => NOBODY).clock.now()).toEqual({
      ...{ earliest: -Infinity, latest: Infinity, source: 'none' },
      ...{ wallMs: WALL_MS + 1000, leap: 'unsynchronised' },
    });
  });

  it('is our wall clock and how far true time is from it', () => {
    const { clock } = clockOf(() => known({ lowMs: -3, highMs: 5 }));
    expect(clock.now()).toEqual({
      ...{ earliest: WALL_MS + 997, latest: WALL_MS + 1005, source: 'ntp:one' },
      ...{ wallMs: WALL_MS + 1000, leap: 'none' },
    });
  });

  it('names all that it rests on, and a leap second that comes', () => {
    const bounds = { lowMs: 0, highMs: 1 };
    const { clock } = clockOf(() => ({ ...known(bounds, ['a', 'b']), leap: 'insert' }));
    expect(clock.now()).toMatchObject({ source: 'a,b', leap: 'insert' });
  });

  it('tells the order of what is certainly in order', () => {
    const { clock } = clockOf(() => NOBODY);
    const first = { earliest: 1, latest: 2 };
    expect(clock.compare(first, { earliest: 3, latest: 4 })).toBe('before');
    expect(clock.compare({ earliest: 3, latest: 4 }, first)).toBe('after');
    expect(clock.compare(first, { earliest: 2, latest: 4 })).toBe('unknown');
    expect(clock.compare(clock.now(), clock.now())).toBe('unknown');
  });

  it('gives timestamps that rise, near the wall clock', () => {
    const { clock } = clockOf(() => NOBODY);
    const first = clock.hlc();
    const second = clock.hlc();
    expect(second).toBeGreaterThan(first);
    expect(hlcParts(first).wallMs).toBe(WALL_MS + 1000);
  });
});

describe('commitWait', () => {
  const bounds = { lowMs: -2, highMs: 2 };

  it('resolves when the timestamp has passed for certain, and not before', async () => {
    const fake = clockOf(() => known(bounds), MS_PER_READ);
    const timestampMs = WALL_MS + fake.monoMs + 1;
    await fake.clock.commitWait(timestampMs);
    const earliest = WALL_MS + fake.monoMs + bounds.lowMs;
    expect(earliest).toBeGreaterThan(timestampMs);
    expect(earliest).toBeLessThanOrEqual(timestampMs + 2 * MS_PER_READ);
    expect(fake.reads).toBeGreaterThan(3 / MS_PER_READ); // a timer alone is not believed
  });

  it('resolves at once for what is past', async () => {
    const fake = clockOf(() => known(bounds));
    await fake.clock.commitWait(WALL_MS + 997);
    expect(fake.reads).toBeLessThanOrEqual(2);
  });

  it('waits for what is earliest just now: that is not beyond it', async () => {
    const fake = clockOf(() => known(bounds), MS_PER_READ);
    const timestampMs = WALL_MS + 1000 + 2 * MS_PER_READ + bounds.lowMs; // by its second look
    await fake.clock.commitWait(timestampMs);
    expect(WALL_MS + fake.monoMs + bounds.lowMs).toBeGreaterThan(timestampMs);
    expect(fake.reads).toBeGreaterThan(2);
  });

  it('rejects if nobody tells what time it is, and when nobody tells any more', async () => {
    await expect(clockOf(() => NOBODY).clock.commitWait(WALL_MS)).rejects.toMatchObject({
      code: 'ERR_TARDY_CLOCK',
      message: expect.stringContaining('ntpServers') as string,
    });
    let looks = 0;
    const { clock } = clockOf(() => (++looks > 3 ? NOBODY : known(bounds)), MS_PER_READ);
    await expect(clock.commitWait(WALL_MS + 2000)).rejects.toMatchObject({
      code: 'ERR_TARDY_CLOCK',
    });
    expect(looks).toBe(4);
  });

  it('rejects at once what would take longer than it may', async () => {
    const fake = clockOf(() => known(bounds));
    const isRefused = { code: 'ERR_TARDY_CLOCK' };
    await expect(fake.clock.commitWait(WALL_MS + 1000 + 10_001)).rejects.toMatchObject(isRefused);
    const waiting = fake.clock.commitWait(WALL_MS + 1000, { maxWaitMs: 1 });
    await expect(waiting).rejects.toMatchObject({
      ...isRefused,
      message: expect.stringContaining('maxWaitMs is 1') as string,
    });
    expect(fake.reads).toBeLessThanOrEqual(6);
  });

  it('rejects when the clock is set back meanwhile, so that it would take too long', async () => {
    let lowMs = -2;
    const { clock } = clockOf(() => known({ lowMs: (lowMs -= 500), highMs: 2 }), MS_PER_READ);
    await expect(clock.commitWait(WALL_MS + 1001, { maxWaitMs: 1000 })).rejects.toMatchObject({
      code: 'ERR_TARDY_CLOCK',
    });
  });

  it('rejects when it has waited long enough, however little is left each time', async () => {
    const fake = clockOf((): Reference => {
      const passedMs = fake.monoMs - 1000; // the clock falls behind as fast as it goes
      return known({ lowMs: -2 - passedMs, highMs: 2 });
    }, MS_PER_READ);
    const waiting = fake.clock.commitWait(WALL_MS + 999, { maxWaitMs: 5 });
    await expect(waiting).rejects.toMatchObject({ code: 'ERR_TARDY_CLOCK' });
    expect(fake.monoMs).toBeLessThan(1010);
  });

  it('rejects with the reason of its signal, before and while it waits', async () => {
    const reason = new Error('no longer wanted');
    const { clock } = clockOf(() => known(bounds));
    const aborted = clock.commitWait(WALL_MS, { signal: AbortSignal.abort(reason) });
    await expect(aborted).rejects.toBe(reason);
    const controller = new AbortController();
    const { signal } = controller;
    const waiting = clock.commitWait(WALL_MS + 6000, { signal });
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it.each([NaN, Infinity, -Infinity])('refuses %s as no timestamp', async (timestampMs) => {
    const { clock } = clockOf(() => known(bounds));
    await expect(clock.commitWait(timestampMs)).rejects.toMatchObject({
      ...{ code: 'ERR_TARDY_ARGUMENT' },
      message: expect.stringContaining('timestampMs') as string,
    });
  });

  it.each([NaN, -1])('refuses %s as no time to wait', async (maxWaitMs) => {
    const { clock } = clockOf(() => known(bounds));
    await expect(clock.commitWait(0, { maxWaitMs })).rejects.toMatchObject({
      code: 'ERR_TARDY_ARGUMENT',
    });
  });

  it('waits for ever where it may, without a timer that overflows', async () => {
    const { clock } = clockOf(() => known(bounds));
    const controller = new AbortController();
    const { signal } = controller;
    const waiting = clock.commitWait(WALL_MS + 1e12, { signal, maxWaitMs: Infinity });
    const warnings: unknown[] = [];
    const onWarning = (warning: Error) => warnings.push(warning);
    process.on('warning', onWarning);
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', onWarning);
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
    expect(warnings).toEqual([]);
  });
});
