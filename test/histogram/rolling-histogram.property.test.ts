import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SLICES } from '../../src/histogram/slices.ts';
import { replyQuantileMs, RollingHistogram, survivalCurve } from '../../src/histogram.ts';
import { anyDurationMs, anyShare, hostileNumber } from '../support/arbitraries.ts';
import { contentsOf, exactQuantile } from '../support/histograms.ts';
import { runs } from '../support/properties.ts';

/** Windows that six divides evenly, and others. */
const anyWindowMs = fc.constantFrom(600, 1000, 77, 300_000, 120_000);

/** Instants in order as shares of a window; slice boundaries, where windows turn, among them. */
const anyGaps = fc.array(
  fc.oneof(
    anyShare.map((share) => share * 0.4),
    fc.constantFrom(0, 1 / 6, 2 / 6, 1),
  ),
  { minLength: 1, maxLength: 120 },
);

function instants(gaps: readonly number[], windowMs: number): number[] {
  let at = 0;
  return gaps.map((gap) => (at += gap) * windowMs);
}

/** Request i in a bucket of its own, so that each can be found again. */
function recordAll(histogram: RollingHistogram, timesMs: readonly number[]): void {
  for (const [i, atMs] of timesMs.entries()) histogram.record(atMs, i / 1000, i % 3 === 0);
}

describe('the window of any rolling histogram', () => {
  it('holds all of the last windowMs, and nothing older than a slice more', () =>
    fc.assert(
      fc.property(anyWindowMs, anyGaps, (windowMs, gaps) => {
        const histogram = new RollingHistogram(windowMs);
        const timesMs = instants(gaps, windowMs);
        const rounding = 1e-6;
        const goneMs = windowMs + windowMs / SLICES;
        for (const [i, nowMs] of timesMs.entries()) {
          histogram.record(nowMs, i / 1000, false);
          const { completed } = contentsOf(histogram);
          const wrong = timesMs.slice(0, i + 1).filter((atMs, j) => {
            const ageMs = nowMs - atMs;
            if (ageMs < windowMs - rounding) return completed[j] !== 1;
            return ageMs > goneMs + rounding && completed[j] !== 0;
          });
          expect(wrong, `at ${nowMs}`).toEqual([]);
        }
      }),
      runs(200),
    ));

  it('has the exact quantiles of the raw data, within the width of a bucket', () =>
    fc.assert(
      fc.property(
        fc.array(anyDurationMs, { minLength: 1, maxLength: 300 }),
        anyShare,
        (durations, q) => {
          const histogram = new RollingHistogram(1000);
          for (const [i, ms] of durations.entries()) histogram.record(i, ms, false);
          const exact = exactQuantile(durations, q);
          const read = replyQuantileMs(survivalCurve(contentsOf(histogram))!, q);
          expect(read).toBeGreaterThanOrEqual(exact - 0.0005);
          expect(read).toBeLessThanOrEqual((exact + 0.0005) * (1 + 1 / 128) + 0.001);
        },
      ),
      runs(200),
    ));

  it('counts whatever it is given, NaN excepted, and never throws', () =>
    fc.assert(
      fc.property(
        fc.array(fc.tuple(hostileNumber, hostileNumber, fc.boolean()), { maxLength: 200 }),
        (calls) => {
          const histogram = new RollingHistogram(1000);
          for (const [atMs, ms, censored] of calls) {
            histogram.record(atMs, ms, censored);
            expect(Number.isSafeInteger(histogram.completed + histogram.censored)).toBe(true);
          }
          const real = calls.filter(([, ms]) => !Number.isNaN(ms)).length;
          return histogram.completed + histogram.censored <= real;
        },
      ),
      runs(100),
    ));
});

describe('merging any two histograms', () => {
  const anyTwo = fc
    .array(fc.tuple(anyShare, fc.boolean()), { minLength: 1, maxLength: 60 })
    .map((pairs) => {
      const gaps = pairs.map(([gap]) => gap / 70); // all within a window
      const first = pairs.map(([, isFirst]) => isFirst);
      return { timesMs: instants(gaps, 600), isFirst: (i: number) => first[i]! };
    });

  /** What is in the buckets that recordAll fills. */
  function firstBuckets(histogram: RollingHistogram): number[][] {
    const { completed, censored } = contentsOf(histogram);
    return [[...completed.subarray(0, 60)], [...censored.subarray(0, 60)]];
  }

  it('is as if one had recorded all, now and at every later time', () =>
    fc.assert(
      fc.property(anyTwo, ({ timesMs, isFirst }) => {
        const [a, b, both] = [
          new RollingHistogram(600),
          new RollingHistogram(600),
          new RollingHistogram(600),
        ];
        for (const [i, atMs] of timesMs.entries()) {
          (isFirst(i) ? a : b).record(atMs, i / 1000, i % 3 === 0);
        }
        recordAll(both, timesMs);
        a.merge(b.slices());
        for (let nowMs = timesMs.at(-1)!; nowMs < 2000; nowMs += 50) {
          a.advance(nowMs);
          both.advance(nowMs);
          expect(firstBuckets(a)).toEqual(firstBuckets(both));
          expect([a.completed, a.censored]).toEqual([both.completed, both.censored]);
        }
      }),
      runs(100),
    ));
});
