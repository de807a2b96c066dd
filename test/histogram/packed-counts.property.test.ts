import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pack, unpackInto } from '../../src/histogram/packed-counts.ts';
import { runs } from '../support/properties.ts';

const LENGTH = 600;

/** Mostly zeros, as bucket counts are; some as large as 32 bits go. */
const anyCounts = fc
  .array(fc.tuple(fc.nat(LENGTH - 1), fc.oneof(fc.nat(300), fc.nat(0xffff_ffff))))
  .map((filled) => {
    const counts = new Uint32Array(LENGTH);
    for (const [index, count] of filled) counts[index] = count;
    return counts;
  });

describe('packing', () => {
  it('and unpacking gives the same counts', () =>
    fc.assert(
      fc.property(anyCounts, (counts) => {
        const back = new Uint32Array(LENGTH);
        expect(unpackInto(pack(counts), back)).toBe(true);
        expect(back).toEqual(counts);
      }),
      runs(500),
    ));

  it('takes at most ten bytes for each count that is not zero', () =>
    fc.assert(
      fc.property(anyCounts, (counts) => {
        const filled = counts.filter((count) => count > 0).length;
        return pack(counts).length <= 10 * filled;
      }),
      runs(200),
    ));
});

describe('damaged bytes', () => {
  it('never throw, whatever they are', () =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const counts = new Uint32Array(LENGTH);
        return typeof unpackInto(bytes, counts) === 'boolean' && counts.length === LENGTH;
      }),
      runs(2000),
    ));

  it('that were cut off give the counts before the cut, or are refused', () =>
    fc.assert(
      fc.property(anyCounts, fc.nat(1000), (counts, at) => {
        const whole = pack(counts);
        const back = new Uint32Array(LENGTH);
        if (!unpackInto(whole.slice(0, at % (whole.length + 1)), back)) return true;
        return back.every((count, i) => count === 0 || count === counts[i]);
      }),
      runs(500),
    ));

  it('never reach beyond the array they are for', () =>
    fc.assert(
      fc.property(anyCounts, fc.nat(LENGTH), (counts, length) => {
        const bytes = pack(counts);
        const shorter = new Uint32Array(length);
        const fits = counts.findLastIndex((count) => count > 0) < length;
        return unpackInto(bytes, shorter) === fits;
      }),
      runs(500),
    ));
});
