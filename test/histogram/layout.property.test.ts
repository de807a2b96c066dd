import fc from 'fast-check';
import { describe, it } from 'vitest';
import { BUCKET_COUNT, bucketIndex, bucketLow, MAX_MICROS } from '../../src/histogram.ts';
import { runs } from '../support/properties.ts';

/** Evenly over the powers of two, so that short durations are drawn as often as long ones. */
const anyMicros = fc
  .tuple(fc.nat(32), fc.nat(MAX_MICROS))
  .map(([shift, micros]) => (shift === 32 ? 0 : micros >>> shift));

describe('the bucket of any unsigned 32-bit number', () => {
  it('contains it', () =>
    fc.assert(
      fc.property(anyMicros, (micros) => {
        const index = bucketIndex(micros);
        return (
          index >= 0 &&
          index < BUCKET_COUNT &&
          bucketLow(index) <= micros &&
          micros < bucketLow(index + 1)
        );
      }),
      runs(5000),
    ));

  it('is at most 1/128 of its values wide, or one microsecond', () =>
    fc.assert(
      fc.property(anyMicros, (micros) => {
        const index = bucketIndex(micros);
        const width = bucketLow(index + 1) - bucketLow(index);
        return width === 1 || width <= bucketLow(index) / 128;
      }),
      runs(5000),
    ));

  it('never lies below the bucket of a smaller number', () =>
    fc.assert(
      fc.property(anyMicros, anyMicros, (a, b) => {
        const [low, high] = a < b ? [a, b] : [b, a];
        return bucketIndex(low) <= bucketIndex(high);
      }),
      runs(2000),
    ));
});
