import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketEndMs, bucketIndex, Counts, survivalCurve } from '../../src/histogram.ts';
import { toMicros } from '../../src/histogram/layout.ts';
import { anyDurationMs, anyShare } from '../support/arbitraries.ts';
import { countsOf } from '../support/histograms.ts';
import { referenceSurvival, type Times } from '../support/kaplan-meier.ts';
import { runs } from '../support/properties.ts';

/** What a 32-bit float may be off. */
const ROUNDING = 1e-6;

const anyTimes: fc.Arbitrary<Times> = fc.record({
  completed: fc.array(anyDurationMs, { minLength: 1, maxLength: 60 }),
  censored: fc.array(anyDurationMs, { maxLength: 40 }),
});

function curveOf({ completed, censored }: Times) {
  return survivalCurve(countsOf(completed, censored))!;
}

/** The times as buckets tell them: at their upper edge. */
function bucketed({ completed, censored }: Times): Times {
  const end = (ms: number) => bucketEndMs(bucketIndex(toMicros(ms)));
  return { completed: completed.map(end), censored: censored.map(end) };
}

describe('any survival curve', () => {
  it('never rises and stays in (0, 1]', () =>
    fc.assert(
      fc.property(anyTimes, fc.array(anyDurationMs, { minLength: 2 }), (times, at) => {
        const curve = curveOf(times);
        const values = at.sort((a, b) => a - b).map((t) => curve.at(t));
        for (const [i, value] of values.entries()) {
          expect(value).toBeGreaterThan(0);
          expect(value).toBeLessThanOrEqual(values[i - 1] ?? 1);
        }
      }),
      runs(300),
    ));

  it('is what Kaplan and Meier compute, up to the last reply', () =>
    fc.assert(
      fc.property(anyTimes, anyDurationMs, (times, t) => {
        const curve = curveOf(times);
        fc.pre(t < curve.lastReplyMs);
        const floor = 1 / (times.completed.length + 1);
        const expected = Math.max(floor, referenceSurvival(bucketed(times), t));
        expect(Math.abs(curve.at(t) - expected)).toBeLessThan(ROUNDING);
      }),
      runs(500),
    ));

  it('is never below the exact one on the raw times', () =>
    fc.assert(
      fc.property(anyTimes, anyDurationMs, (times, t) => {
        const curve = curveOf({ ...times, censored: [] });
        fc.pre(t < curve.lastReplyMs);
        const exact = referenceSurvival({ ...times, censored: [] }, t - 0.0005); // rounding to µs
        return curve.at(t) >= exact - ROUNDING;
      }),
      runs(300),
    ));

  it('has a quantile that is its inverse: S(t) ≤ p there and nowhere before', () =>
    fc.assert(
      fc.property(anyTimes, anyShare, (times, p) => {
        const curve = curveOf(times);
        const t = curve.quantileMs(p);
        if (t === undefined) return curve.unread > p - ROUNDING;
        const before = t * (1 - Number.EPSILON);
        return curve.at(t) <= p + ROUNDING && curve.at(before) > p - ROUNDING;
      }),
      runs(1000),
    ));

  it('has quantiles that do not rise with p', () =>
    fc.assert(
      fc.property(anyTimes, anyShare, (times, p) => {
        const curve = curveOf(times);
        return (curve.quantileMs(p / 2) ?? Infinity) >= (curve.quantileMs(p) ?? Infinity);
      }),
      runs(300),
    ));
});

describe('a curve with more steps than are kept', () => {
  /** Every bucket from 1 µs on filled, as many as the length says. */
  const anyWide = fc
    .array(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.nat(2)), {
      minLength: 1100,
      maxLength: 3200,
    })
    .map((filled) => {
      const counts = new Counts();
      for (const [i, [completed, censored]] of filled.entries()) {
        counts.completed[i] = completed;
        counts.censored[i] = censored;
      }
      return counts;
    });

  /** S after each bucket. */
  function steps(counts: Counts): number[] {
    let atRisk = counts.all.reduce((total, count) => total + count, 0);
    let survival = 1;
    return Array.from(counts.completed, (replies, i) => {
      if (replies > 0) survival *= 1 - replies / atRisk;
      atRisk -= replies + counts.censored[i]!;
      return survival;
    });
  }

  it('errs only upwards, by fewer than four buckets', () =>
    fc.assert(
      fc.property(anyWide, (counts) => {
        const curve = survivalCurve(counts)!;
        const exact = steps(counts);
        const floor = 1 / (curve.completed + 1);
        for (let i = 0; bucketEndMs(i) < curve.lastReplyMs; i++) {
          const kept = curve.at(bucketEndMs(i));
          expect(kept).toBeGreaterThanOrEqual(exact[i]! - ROUNDING);
          expect(kept).toBeLessThanOrEqual(Math.max(floor, exact[i - 4] ?? 1) + ROUNDING);
        }
      }),
      runs(20),
    ));

  it('moves a reply up by fewer than four buckets, and never down', () =>
    fc.assert(
      fc.property(anyWide, anyShare, (counts, share) => {
        const curve = survivalCurve(counts)!;
        const k = Math.max(1, Math.ceil(share * curve.completed));
        let seen = 0;
        const exact = counts.completed.findIndex((count) => (seen += count) >= k);
        expect(curve.replyMs(k)).toBeGreaterThanOrEqual(bucketEndMs(exact));
        expect(curve.replyMs(k)).toBeLessThanOrEqual(bucketEndMs(exact + 3));
      }),
      runs(50),
    ));

  it('keeps its end', () =>
    fc.assert(
      fc.property(anyWide, (counts) => {
        const curve = survivalCurve(counts)!;
        const last = counts.completed.findLastIndex((count) => count > 0);
        expect(curve.lastReplyMs).toBe(bucketEndMs(last));
        expect(curve.quantileMs(curve.unread)).toBeLessThanOrEqual(curve.lastReplyMs);
      }),
      runs(20),
    ));
});
