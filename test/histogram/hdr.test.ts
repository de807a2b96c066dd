import { build, decodeFromCompressedBase64, encodeIntoCompressedBase64 } from 'hdr-histogram-js';
import { describe, expect, it } from 'vitest';
import {
  bucketIndex,
  bucketLow,
  Counts,
  decodeHdrInto,
  encodeHdr,
  MAX_MICROS,
  toHdrHistogram,
} from '../../src/histogram.ts';
import { sum } from '../../src/histogram/counts.ts';
import { countsOf } from '../support/histograms.ts';
import { insideOf, wrap } from '../support/hdr-bytes.ts';

function decode(base64: string): Uint32Array {
  const { completed } = new Counts();
  decodeHdrInto(base64, completed);
  return completed;
}

/** A histogram as another program writes it: of its own digits and range. */
function theirs(digits: 1 | 2 | 3 | 4 | 5, values: readonly number[], highest = 3_600_000_000) {
  const histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: highest,
    numberOfSignificantValueDigits: digits,
    bitBucketSize: 64,
    useWebAssembly: false,
  });
  for (const value of values) histogram.recordValue(value);
  return encodeIntoCompressedBase64(histogram);
}

describe('a histogram as hdr-histogram-js has it', () => {
  it('has the same counts, percentiles and extremes', () => {
    const { completed } = countsOf(Array.from({ length: 1000 }, (_, i) => (i + 1) / 10));
    const histogram = toHdrHistogram(completed);
    expect(histogram.totalCount).toBe(1000);
    // 0.1 … 100 ms in steps of 0.1: the median is 50 ms, p99.9 is 99.9 ms.
    expect(histogram.getValueAtPercentile(50) / 50_000).toBeCloseTo(1, 2);
    expect(histogram.getValueAtPercentile(99.9) / 99_900).toBeCloseTo(1, 2);
    expect(histogram.minNonZeroValue).toBe(100);
  });

  it('holds more of one value than 32 bits of a small bucket would', () => {
    const { completed } = new Counts();
    completed[10] = 4_000_000_000;
    expect(toHdrHistogram(completed).totalCount).toBe(4_000_000_000);
  });

  it('holds the longest duration, beyond its hour', () => {
    const { completed } = new Counts();
    completed[bucketIndex(MAX_MICROS)] = 3;
    expect(decode(encodeHdr(completed))).toEqual(completed);
  });

  it('is read back by hdr-histogram-js', () => {
    const { completed } = countsOf([1, 2, 3, 4, 500]);
    const back = decodeFromCompressedBase64(encodeHdr(completed), 32, false);
    expect(back.totalCount).toBe(5);
    expect(back.numberOfSignificantValueDigits).toBe(2);
    expect(back.getValueAtPercentile(60)).toBe(3007); // 2,992 … 3,007 are one bucket
  });
});

describe('decoding', () => {
  it('gives back what was encoded, to the count', () => {
    const { completed } = countsOf([0, 0.001, 0.255, 0.256, 1, 1, 1, 99.9, 3_000_000]);
    expect(decode(encodeHdr(completed))).toEqual(completed);
    expect(decode(encodeHdr(new Counts().completed))).toEqual(new Counts().completed);
  });

  it('adds to the counts that are there', () => {
    const { completed } = countsOf([1, 2]);
    decodeHdrInto(encodeHdr(completed), completed);
    expect(sum(completed)).toBe(4);
  });

  it.each([3, 4, 5] as const)('puts every value of %d digits into its bucket', (digits) => {
    const values = [0, 7, 255, 256, 1000, 12_345, 999_999, 60_000_000, 3_599_999_999];
    const expected = new Counts().completed;
    for (const value of values) expected[bucketIndex(value)]! += 1;
    const found = decode(theirs(digits, values));
    for (const [i, count] of found.entries()) {
      // Their bucket may straddle one edge of ours: the value moves up by one at most.
      const near = (expected[i] ?? 0) + (expected[i - 1] ?? 0);
      if (count > 0) expect(near, `bucket ${i}`).toBeGreaterThanOrEqual(count);
    }
    expect(sum(found)).toBe(values.length);
  });

  it('takes one digit at the upper end of its buckets, so that nothing gets faster', () => {
    const values = [1000, 20_000, 3_000_000];
    const found = decode(theirs(1, values));
    const ends = [...found.keys()].filter((i) => found[i]! > 0).map((i) => bucketLow(i + 1));
    expect(ends).toHaveLength(3);
    for (const [i, end] of ends.entries()) {
      expect(end).toBeGreaterThan(values[i]!);
      expect(end).toBeLessThan(values[i]! * 1.15);
    }
  });

  it('takes what is longer than the longest bucket as that', () => {
    const found = decode(theirs(2, [5e9, 1e12, 1e13], 1e14));
    expect(found.at(-1)).toBe(3);
  });

  it('takes a histogram of coarser units', () => {
    const histogram = build({
      lowestDiscernibleValue: 1000,
      highestTrackableValue: 3_600_000_000,
      numberOfSignificantValueDigits: 2,
      bitBucketSize: 64,
      useWebAssembly: false,
    });
    histogram.recordValueWithCount(50_000, 17);
    const found = decode(encodeIntoCompressedBase64(histogram));
    const at = found.findIndex((count) => count > 0);
    expect(found[at]).toBe(17);
    expect(bucketLow(at + 1)).toBeGreaterThan(50_000);
    expect(bucketLow(at)).toBeLessThanOrEqual(51_000);
  });
});

describe('what is no histogram', () => {
  const whole = encodeHdr(countsOf([1, 2, 3, 40, 500]).completed);

  function expectRefused(text: string): void {
    const { completed } = new Counts();
    expect(() => decodeHdrInto(text, completed)).toThrow(
      expect.objectContaining({ code: 'ERR_TARDY_ARGUMENT' }),
    );
  }

  it.each([
    ['nothing', ''],
    ['prose', 'not a histogram'],
    ['base64 of something else', Buffer.from('something else entirely').toString('base64')],
    ['the cookie alone', Buffer.from([0x1c, 0x84, 0x93, 0x14]).toString('base64')],
    ['half of one', whole.slice(0, 40)],
    ['one with a letter missing', whole.slice(0, 30) + whole.slice(31)],
    ['the V1 form', `HISTEwAA${whole.slice(8)}`],
  ])('is refused: %s', (_what, text) => expectRefused(text));

  it('is refused with the first of it in the message, and what was wanted', () => {
    const { completed } = new Counts();
    const text = 'x'.repeat(1000);
    expect(() => decodeHdrInto(text, completed)).toThrow(
      /^histogram must be a compressed HdrHistogram V2 \(.+\); got "x{76}\.\.\.$/,
    );
  });

  it('is refused when its digits are none', () => {
    const inside = insideOf(whole);
    inside.writeInt32BE(9, 12);
    expectRefused(wrap(inside));
  });

  it('is refused when its range is none', () => {
    const inside = insideOf(whole);
    inside.writeBigInt64BE(0n, 24);
    expectRefused(wrap(inside));
  });

  it('is refused when it announces more counts than it has', () => {
    const inside = insideOf(whole);
    inside.writeInt32BE(inside.readInt32BE(4) + 1000, 4);
    expectRefused(wrap(inside));
  });

  it('is refused when its counts lie beyond its range: a few bytes could say billions', () => {
    const header = insideOf(whole).subarray(0, 40);
    const zeros = [0xff, 0xff, 0xff, 0xff, 0x0f]; // ZigZag: 2^31 buckets without a count
    header.writeInt32BE(zeros.length + 1, 4);
    expectRefused(wrap(Buffer.from([...header, ...zeros, 2])));
  });
});
