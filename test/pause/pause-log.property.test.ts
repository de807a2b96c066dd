import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PauseLog } from '../../src/pause/pause-log.ts';
import { runs } from '../support/properties.ts';

const TICK_MS = 20;
const LATE_MS = 20;

/** Times between ticks, most of them punctual; whole, so that sums are exact. */
const anyGaps = fc.array(fc.oneof(fc.constant(TICK_MS), fc.integer({ min: 1, max: 500 })), {
  minLength: 1,
  maxLength: 50,
});

/** Every millisecond in which we stood still, by the definition. */
function stillIn(gaps: readonly number[], endMs: number): Set<number> {
  const still = new Set<number>();
  let tickMs = 0;
  for (const nextMs of [...instants(gaps), endMs]) {
    const dueMs = tickMs + TICK_MS;
    if (nextMs - dueMs >= LATE_MS) for (let ms = dueMs; ms < nextMs; ms++) still.add(ms);
    tickMs = nextMs;
  }
  return still;
}

function instants(gaps: readonly number[]): number[] {
  let atMs = 0;
  return gaps.map((gap) => (atMs += gap));
}

describe('the overlap of any span with our pauses', () => {
  it('is the number of its milliseconds in which we stood still', () =>
    fc.assert(
      fc.property(anyGaps, fc.nat(500), fc.nat(2000), (gaps, sinceTick, lengthMs) => {
        const log = new PauseLog({ tickMs: TICK_MS, lateMs: LATE_MS });
        for (const atMs of [0, ...instants(gaps)]) log.tick(atMs);
        const nowMs = instants(gaps).at(-1)! + sinceTick;
        const fromMs = Math.max(0, nowMs - lengthMs);
        const still = stillIn(gaps, nowMs);
        const expected = [...still].filter((ms) => ms >= fromMs && ms < nowMs).length;
        expect(log.overlapMs(fromMs, nowMs)).toBe(expected);
      }),
      runs(300),
    ));

  it('is never negative, nor longer than the span', () =>
    fc.assert(
      fc.property(anyGaps, fc.nat(30_000), fc.nat(30_000), (gaps, a, b) => {
        const log = new PauseLog({ tickMs: TICK_MS, lateMs: LATE_MS });
        for (const atMs of [0, ...instants(gaps)]) log.tick(atMs);
        const overlap = log.overlapMs(a, b);
        expect(overlap).toBeGreaterThanOrEqual(0);
        expect(overlap).toBeLessThanOrEqual(Math.max(0, b - a) + 1e-6);
      }),
      runs(300),
    ));
});
