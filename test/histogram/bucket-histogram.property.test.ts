import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BucketHistogram } from '../../src/histogram/bucket-histogram.ts';
import { runs } from '../support/properties.ts';

describe('any cumulative histogram', () => {
  it('counts every value once, in the first bucket that reaches it', () =>
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: -1000, max: 1000 }), { maxLength: 40 }),
        fc.array(fc.integer({ min: -1100, max: 1100 }), { maxLength: 60 }),
        (unsorted, values) => {
          const boundaries = unsorted.sort((a, b) => a - b);
          const histogram = new BucketHistogram(boundaries);
          for (const value of values) histogram.record(value);
          for (const [i, boundary] of boundaries.entries()) {
            const upTo = histogram.counts.slice(0, i + 1).reduce((a, b) => a + b, 0);
            expect(upTo).toBe(values.filter((value) => value <= boundary).length);
          }
          expect(histogram.counts.reduce((a, b) => a + b, 0)).toBe(values.length);
        },
      ),
      runs(200),
    ));
});
