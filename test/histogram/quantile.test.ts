import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { orderStatisticMs, quantileMs } from '../../src/histogram/index.ts';
import { anyDurationMs } from '../support/arbitraries.ts';
import { countsOf, exactQuantile } from '../support/histograms.ts';
import { runs } from '../support/properties.ts';

describe('a quantile of the replies', () => {
  it('is the exact one, within the width of a bucket', () =>
    fc.assert(
      fc.property(
        fc.array(anyDurationMs, { minLength: 1, maxLength: 200 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (durations, q) => {
          const exact = exactQuantile(durations, q);
          const read = quantileMs(countsOf(durations), q)!;
          expect(read).toBeGreaterThanOrEqual(exact - 0.0005); // rounded to a microsecond
          expect(read).toBeLessThanOrEqual((exact + 0.0005) * (1 + 1 / 128) + 0.001);
        },
      ),
      runs(500),
    ));

  it('is undefined without a reply', () => {
    expect(quantileMs(countsOf([], [100, 200]), 0.5)).toBeUndefined();
  });

  it('leaves the requests that were cut off alone', () => {
    expect(quantileMs(countsOf([100, 200, 300], [1, 1, 1, 1]), 0.5)).toBeCloseTo(200, -1);
  });
});

describe('the k-th smallest of all requests', () => {
  const counts = countsOf([0.001, 0.002, 0.002], [0.0015, 100]);

  it('is the upper edge of its bucket', () => {
    const edges = [1, 2, 3].map((k) => orderStatisticMs(counts, k));
    expect(edges).toEqual([0.002, 0.003, 0.003]);
  });

  it('ranks whoever was cut off above every reply', () => {
    expect([4, 5].map((k) => orderStatisticMs(counts, k))).toEqual([undefined, undefined]);
  });

  it('is undefined beyond the last, and without any', () => {
    expect(orderStatisticMs(counts, 6)).toBeUndefined();
    expect(orderStatisticMs(countsOf([]), 0)).toBeUndefined();
    expect(orderStatisticMs(countsOf([]), 1)).toBeUndefined();
  });
});
