import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BUCKET_COUNT, Counts, decodeHdrInto, encodeHdr } from '../../src/histogram.ts';
import { TardyError } from '../../src/errors.ts';
import { anyShare } from '../support/arbitraries.ts';
import { insideOf, wrap } from '../support/hdr-bytes.ts';
import { runs } from '../support/properties.ts';

const anyCounts = fc
  .array(fc.tuple(fc.nat(BUCKET_COUNT - 1), fc.oneof(fc.nat(300), fc.nat(0xffff_ffff))), {
    maxLength: 100,
  })
  .map((filled) => {
    const { completed } = new Counts();
    for (const [index, count] of filled) completed[index] = count;
    return completed;
  });

/** True if it was taken; false if it was refused as it should be. Anything else throws on. */
function taken(base64: string): boolean {
  const { completed } = new Counts();
  try {
    decodeHdrInto(base64, completed);
    return true;
  } catch (error) {
    if (TardyError.is(error) && error.code === 'ERR_TARDY_ARGUMENT') return false;
    throw error;
  }
}

describe('any counts', () => {
  it('come back from an HdrHistogram as they went', () =>
    fc.assert(
      fc.property(anyCounts, (counts) => {
        const { completed } = new Counts();
        decodeHdrInto(encodeHdr(counts), completed);
        expect(completed).toEqual(counts);
      }),
      runs(100),
    ));
});

describe('damaged histograms', () => {
  it('of any characters are refused', () =>
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String()), (text) => !taken(text)),
      runs(500),
    ));

  it('that were cut off anywhere are refused, unless only padding is missing', () =>
    fc.assert(
      fc.property(anyCounts, anyShare, (counts, share) => {
        const whole = encodeHdr(counts);
        const cut = Buffer.from(whole, 'base64');
        const used = 8 + cut.readInt32BE(4);
        return !taken(cut.subarray(0, Math.floor(share * (used - 1))).toString('base64'));
      }),
      runs(200),
    ));

  /** Counts of one byte each, so that no byte turns them into a run of billions. */
  const smallCounts = anyCounts.map((counts) => counts.map((count) => count % 60));

  it('of any one byte inside are taken or refused, but throw nothing else', () =>
    fc.assert(
      fc.property(smallCounts, fc.nat(), fc.nat(255), (counts, at, byte) => {
        const inside = insideOf(encodeHdr(counts));
        const index = at % inside.length;
        fc.pre(index < 4 || index >= 8); // the length
        inside[index] = byte;
        return typeof taken(wrap(inside)) === 'boolean';
      }),
      runs(300),
    ));
});
