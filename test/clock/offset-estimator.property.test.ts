import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createOffsetEstimator, type Exchange } from '../../src/clock/offset-estimator.ts';
import type { Offset } from '../../src/clock/types.ts';
import { runs } from '../support/properties.ts';

const BASE_MS = 1_763_000_000_000;
const MAX_PPM = 200;
/** What doubles make of 10^12 and of long sums. */
const ROUNDING_MS = 1e-6;

/** The offset as a history of rates: so long at so many ppm. */
interface Leg {
  readonly ms: number;
  readonly ppm: number;
}

interface Truth {
  readonly truthMs: number;
}

const delay = fc.oneof(
  fc.constant(0),
  fc.double({ min: 0, max: 0.2, noNaN: true }),
  fc.double({ min: 0, max: 30, noNaN: true }),
  fc.double({ min: 0, max: 20_000, noNaN: true }),
);
const anyLeg: fc.Arbitrary<Leg> = fc.record({
  ms: fc.oneof(
    fc.double({ min: 1, max: 50, noNaN: true }),
    fc.double({ min: 1, max: 60_000, noNaN: true }),
  ),
  // Half of the time at the limit: there it is tight.
  ppm: fc.oneof(fc.constantFrom(-MAX_PPM, MAX_PPM), fc.integer({ min: -MAX_PPM, max: MAX_PPM })),
});
const anyTrip = fc.record({
  gapMs: fc.oneof(fc.constant(0.1), fc.double({ min: 0, max: 30_000, noNaN: true })),
  outMs: delay,
  holdMs: delay,
  backMs: delay,
});
const anyHistory = fc.record({
  startMs: fc.oneof(fc.constant(0), fc.double({ min: -1e7, max: 1e7, noNaN: true })),
  legs: fc.array(anyLeg, { minLength: 1, maxLength: 30 }),
  trips: fc.array(anyTrip, { minLength: 1, maxLength: 60 }),
  /** Reversed, some exchanges come late. */
  shuffle: fc.boolean(),
});

/** The offset at an instant: legs over and over. */
function truthOf(startMs: number, legs: readonly Leg[]): (monoMs: number) => number {
  const roundMs = legs.reduce((sum, { ms }) => sum + ms, 0);
  const roundBy = legs.reduce((sum, { ms, ppm }) => sum + ms * ppm * 1e-6, 0);
  return (monoMs) => {
    const rounds = Math.floor(monoMs / roundMs);
    let left = monoMs - rounds * roundMs;
    let offset = startMs + rounds * roundBy;
    for (const { ms, ppm } of legs) {
      offset += Math.min(left, ms) * ppm * 1e-6;
      left -= Math.min(left, ms);
    }
    return offset;
  };
}

function exchangesOf(
  trips: readonly { gapMs: number; outMs: number; holdMs: number; backMs: number }[],
  truth: (monoMs: number) => number,
  grainMs = 0,
): Exchange[] {
  let nowMs = 0;
  const shown = (wallMs: number) => (grainMs > 0 ? Math.floor(wallMs / grainMs) * grainMs : wallMs);
  const theirs = (monoMs: number) => shown(BASE_MS + monoMs + truth(monoMs));
  return trips.map(({ gapMs, outMs, holdMs, backMs }) => {
    const t1MonoMs = nowMs + gapMs;
    const t4MonoMs = t1MonoMs + outMs + holdMs + backMs;
    nowMs = t4MonoMs;
    return {
      t1MonoMs,
      t4MonoMs,
      t1WallMs: shown(BASE_MS + t1MonoMs),
      t2WallMs: theirs(t1MonoMs + outMs),
      t3WallMs: theirs(t1MonoMs + outMs + holdMs),
      t4WallMs: shown(BASE_MS + t4MonoMs),
      remoteErrorMs: grainMs,
    };
  });
}

/** Every second pair the wrong way round. */
function disordered<T>(items: readonly T[]): T[] {
  return items.map((_, i) => items[i ^ 1] ?? items[i]!);
}

/** The truth is inside, and so is the likeliest. */
function isSound({ lowMs, offsetMs, highMs, driftPpm = 0, truthMs }: Offset & Truth): boolean {
  return (
    lowMs <= truthMs + ROUNDING_MS &&
    highMs >= truthMs - ROUNDING_MS &&
    offsetMs >= lowMs &&
    offsetMs <= highMs &&
    Math.abs(driftPpm) <= MAX_PPM + 1e-9
  );
}

describe('whatever the rates within the limit, the delays and the order', () => {
  it('the truth is inside, now, later and before, and nothing is called a step', () =>
    fc.assert(
      fc.property(anyHistory, ({ startMs, legs, trips, shuffle }) => {
        const truth = truthOf(startMs, legs);
        const estimator = createOffsetEstimator({ maxDriftPpm: MAX_PPM });
        const exchanges = exchangesOf(trips, truth);
        for (const x of shuffle ? disordered(exchanges) : exchanges) {
          expect(estimator.exchange(x)).toBe('accepted');
          const { t1MonoMs: t1, t4MonoMs: t4 } = x;
          const instants = [t1, (t1 + t4) / 2, t4, t4 + 1, t4 + 1e5, t1 - 50, t1 - 1e5];
          const wrong = instants
            .map((atMs) => ({ atMs, truthMs: truth(atMs), ...estimator.at(atMs)! }))
            .filter((said) => !isSound(said));
          expect(wrong).toEqual([]);
        }
        expect(estimator.lastStep).toBeUndefined();
      }),
      runs(300),
    ));

  it('the same with clocks that show whole milliseconds, if the error is told', () =>
    fc.assert(
      fc.property(anyHistory, ({ startMs, legs, trips }) => {
        const truth = truthOf(startMs, legs);
        const estimator = createOffsetEstimator({ maxDriftPpm: MAX_PPM });
        for (const x of exchangesOf(trips, truth, 1)) {
          expect(estimator.exchange(x)).toBe('accepted');
          const said = { ...estimator.at(x.t4MonoMs)!, truthMs: truth(x.t4MonoMs) };
          expect(said).toSatisfy(isSound);
        }
      }),
      runs(200),
    ));

  it('a step larger than the delays is seen at once, its size holds the truth, and so do all bounds after', () =>
    fc.assert(
      fc.property(
        anyHistory,
        fc.nat(59),
        fc.double({ min: 1, max: 1e6, noNaN: true }),
        fc.boolean(),
        ({ startMs, legs, trips }, at, beyondMs, isForward) => {
          const still = truthOf(startMs, legs);
          const at0 = Math.min(at, trips.length - 1);
          const exchanges = exchangesOf(trips, still);
          const estimator = createOffsetEstimator({ maxDriftPpm: MAX_PPM });
          for (const x of exchanges.slice(0, at0)) estimator.exchange(x);
          const { t1MonoMs, t4MonoMs } = exchanges[at0]!;
          const known = estimator.at(t4MonoMs);
          const widthMs = known ? known.highMs - known.lowMs : 0;
          const size = widthMs + (t4MonoMs - t1MonoMs) * 1.001 + beyondMs;
          const byMs = isForward ? size : -size;
          const stepped = (monoMs: number) => still(monoMs) + byMs;
          const after = exchangesOf(trips, stepped).slice(at0);
          after.forEach((x, i) => {
            const outcome = estimator.exchange(x);
            expect(outcome).toBe(i === 0 && at0 > 0 ? 'step' : 'accepted');
            const said = { ...estimator.at(x.t4MonoMs)!, truthMs: stepped(x.t4MonoMs) };
            expect(said).toSatisfy(isSound);
          });
          if (at0 === 0) return;
          const step = estimator.lastStep!;
          expect(Math.abs(step.byMs - byMs)).toBeLessThanOrEqual(step.errorMs + ROUNDING_MS);
        },
      ),
      runs(200),
    ));
});

it('garbage neither throws nor makes a NaN', () => {
  const anyNumber = fc.oneof(fc.double(), fc.integer({ min: -3, max: 3 }), fc.constant(BASE_MS));
  const anyExchange = fc.record(
    {
      t1WallMs: anyNumber,
      t2WallMs: anyNumber,
      t3WallMs: anyNumber,
      t4WallMs: anyNumber,
      t1MonoMs: anyNumber,
      t4MonoMs: anyNumber,
      remoteErrorMs: anyNumber,
    },
    { requiredKeys: ['t1WallMs', 't2WallMs', 't3WallMs', 't4WallMs', 't1MonoMs', 't4MonoMs'] },
  );
  fc.assert(
    fc.property(fc.array(anyExchange, { maxLength: 20 }), anyNumber, (exchanges, atMs) => {
      const estimator = createOffsetEstimator();
      for (const x of exchanges) estimator.exchange(x);
      const offset = estimator.at(atMs);
      if (!offset) return;
      expect(Object.values(offset).every(Number.isFinite)).toBe(true);
      expect(offset.lowMs).toBeLessThanOrEqual(offset.highMs);
    }),
    runs(1000),
  );
});
