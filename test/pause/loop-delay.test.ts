import { describe, expect, it } from 'vitest';
import { LoopDelay } from '../../src/pause/loop-delay.ts';

const TICK_MS = 20;

/** Ticks in time up to `untilMs`, except for pauses given as [from, duration]. */
function delayOf(untilMs: number, pauses: readonly (readonly [number, number])[]): LoopDelay {
  const delay = new LoopDelay({ tickMs: TICK_MS });
  let nowMs = TICK_MS;
  for (const [fromMs, durationMs] of [...pauses, [untilMs, 0] as const]) {
    for (; nowMs < fromMs; nowMs += TICK_MS) delay.record(nowMs, 0);
    if (durationMs > 0) {
      delay.record(nowMs + durationMs, durationMs);
      nowMs += durationMs + TICK_MS;
    }
  }
  return delay;
}

describe('LoopDelay', () => {
  it.each([0, -1, NaN])('refuses a tick of %s ms', (tickMs) => {
    expect(() => new LoopDelay({ tickMs })).toThrow(/tickMs must be/);
  });

  it.each([-0.1, 1.1, NaN])('refuses the quantile %s', (q) => {
    expect(() => new LoopDelay({ tickMs: 20 }).quantileMs(q, 0)).toThrow(/q must be/);
  });

  it('has nothing to say before the first tick', () => {
    expect(new LoopDelay({ tickMs: 20 }).quantileMs(0.99, 0)).toBeUndefined();
  });

  // Of instants spread evenly over T, a share (d - w) / T waits longer than w.
  it.each([
    [2000, 20_000, 0.99],
    [2000, 20_000, 0.95],
    [500, 20_000, 0.99],
    [1000, 50_000, 0.99],
  ])('a pause of %s ms in %s ms: the quantile %s is that of random instants', (d, total, q) => {
    const wait = delayOf(total, [[total / 2, d]]).quantileMs(q, total);
    const truth = d - (1 - q) * total;
    expect(wait).toBeGreaterThan(truth * 0.9);
    expect(wait).toBeLessThan(truth * 1.1);
  });

  it('knows the longest wait', () => {
    const longest = delayOf(10_000, [[5000, 700]]).quantileMs(1, 10_000);
    expect(longest).toBeGreaterThanOrEqual(700);
    expect(longest).toBeLessThan(707);
  });

  it('forgets what is older than its window', () => {
    const delay = delayOf(10_000, [[5000, 700]]);
    delay.record(100_000, 0);
    expect(delay.quantileMs(1, 100_000)).toBeLessThan(1);
  });

  it('counts only the end of a pause that is longer than its window', () => {
    const delay = new LoopDelay({ tickMs: TICK_MS, windowMs: 1000 });
    delay.record(3_600_000, 3_600_000);
    // Who came in the last second waited for the rest of it.
    expect(delay.quantileMs(0, 3_600_000)).toBeLessThan(21);
    expect(delay.quantileMs(0.5, 3_600_000)).toBeCloseTo(500, -2);
    expect(delay.quantileMs(1, 3_600_000)).toBeLessThan(1010);
  });
});
