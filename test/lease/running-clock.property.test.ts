import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RunningClock } from '../../src/lease/running-clock.ts';
import { runs } from '../support/properties.ts';

const GRAIN_MS = 10;
const anySteps = fc.array(
  fc.record({
    ranMs: fc.double({ min: 0, max: 500, noNaN: true }),
    sleptMs: fc.oneof(
      { weight: 4, arbitrary: fc.constant(0) },
      fc.double({ min: 0, max: 5000, noNaN: true }),
    ),
  }),
  { minLength: 1, maxLength: 60 },
);

/** Readings of a machine that ran and slept, with the time that truly passed. */
function readings(startMs: number, steps: readonly { ranMs: number; sleptMs: number }[]) {
  let monoMs = 1000;
  let trueMs = startMs;
  return [{ ranMs: 0, sleptMs: 0 }, ...steps].map(({ ranMs, sleptMs }) => {
    monoMs += ranMs;
    trueMs += ranMs + sleptMs;
    return { trueMs, monoMs, bootMs: Math.floor(trueMs / GRAIN_MS) * GRAIN_MS };
  });
}

describe('time by a fine clock that stops in sleep and a coarse one that does not', () => {
  it('is short of what passed by less than the grain, and never ahead of it by more', () =>
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1000, noNaN: true }), anySteps, (startMs, steps) => {
        const clock = new RunningClock();
        const told = readings(startMs, steps).map((each) => ({
          ...each,
          nowMs: clock.nowMs(each),
        }));
        const errors = told.flatMap((to, i) =>
          told.slice(0, i).map((from) => to.nowMs - from.nowMs - (to.trueMs - from.trueMs)),
        );
        expect(Math.min(0, ...errors)).toBeGreaterThan(-GRAIN_MS - 1e-6);
        expect(Math.max(0, ...errors)).toBeLessThan(GRAIN_MS + 1e-6);
      }),
      runs(300),
    ));

  it('is never behind the fine clock, so that a reading of that may stand in for a start', () =>
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1000, noNaN: true }), anySteps, (startMs, steps) => {
        const clock = new RunningClock();
        let last = -Infinity;
        for (const each of readings(startMs, steps)) {
          const nowMs = clock.nowMs(each);
          expect(nowMs).toBeGreaterThanOrEqual(each.monoMs);
          expect(nowMs).toBeGreaterThanOrEqual(last);
          last = nowMs;
        }
      }),
      runs(300),
    ));
});
