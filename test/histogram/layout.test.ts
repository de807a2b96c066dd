import { build } from 'hdr-histogram-js';
import { describe, expect, it } from 'vitest';
import {
  BUCKET_COUNT,
  bucketEndMs,
  bucketIndex,
  bucketLow,
  MAX_MICROS,
} from '../../src/histogram.ts';
import { toMicros } from '../../src/histogram/layout.ts';

/** What hdr-histogram-js has, but does not declare. */
interface Layout {
  readonly countsArrayLength: number;
  countsArrayIndex(value: number): number;
  valueFromIndex(index: number): number;
}

const theirs = build({
  lowestDiscernibleValue: 1,
  highestTrackableValue: 3_600_000_000,
  numberOfSignificantValueDigits: 2,
  bitBucketSize: 64,
  useWebAssembly: false,
}) as unknown as Layout;

describe('the bucket layout', () => {
  it('starts every bucket where hdr-histogram-js starts the one of the same index', () => {
    for (let i = 0; i < theirs.countsArrayLength; i++) {
      expect(bucketLow(i), `bucket ${i}`).toBe(theirs.valueFromIndex(i));
    }
  });

  it('puts the edges of every bucket into the bucket that hdr-histogram-js puts them into', () => {
    for (let i = 0; i < theirs.countsArrayLength - 1; i++) {
      for (const micros of [bucketLow(i), bucketLow(i + 1) - 1]) {
        if (micros > 3_600_000_000) continue;
        expect(bucketIndex(micros), `${micros} µs`).toBe(theirs.countsArrayIndex(micros));
      }
    }
  });

  it('has a bucket for each microsecond below 256 µs', () => {
    for (let micros = 0; micros < 256; micros++) expect(bucketIndex(micros)).toBe(micros);
  });

  it('ends with the bucket of the largest unsigned 32-bit number', () => {
    expect(bucketIndex(MAX_MICROS)).toBe(BUCKET_COUNT - 1);
    expect(bucketLow(BUCKET_COUNT)).toBe(2 ** 32);
  });

  it.each([
    [0, 0.001],
    [255, 0.256],
    [256, 0.258],
    [BUCKET_COUNT - 1, 4_294_967.296],
  ])('bucket %i ends at %d ms', (index, endMs) => expect(bucketEndMs(index)).toBe(endMs));
});

describe('a duration in microseconds', () => {
  it.each([
    [0, 0],
    [0.0004, 0],
    [0.0006, 1],
    [1, 1000],
    [1.2345, 1235],
    [-0, 0],
    [-5, 0],
    [-Infinity, 0],
    [4_294_967.295, MAX_MICROS],
    [4_294_968, MAX_MICROS],
    [1e12, MAX_MICROS],
    [Infinity, MAX_MICROS],
  ])('%d ms is %d µs', (ms, micros) => expect(toMicros(ms)).toBe(micros));
});
