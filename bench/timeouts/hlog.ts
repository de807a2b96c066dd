/**
 * Reads HdrHistogram interval logs.
 *
 * A line holds the start, the length in seconds, the largest value and a histogram: base64 of
 * cookie, length and a deflated payload. In version 1 the payload is a header of 40 bytes and one
 * big-endian word a bucket; version 2 packs the words, and hdr-histogram-js reads it.
 * Source: HdrHistogram's AbstractHistogram (encodeIntoByteBuffer, getWordSizeInBytesFromCookie).
 */
import { inflateSync } from 'node:zlib';
import { decodeFromCompressedBase64, type Histogram } from 'hdr-histogram-js';

/** What was recorded within one interval of a log. */
export interface Interval {
  readonly lengthMs: number;
  readonly lowsMs: Float64Array;
  readonly widthsMs: Float64Array;
  /** Values recorded in this bucket and in those before it. */
  readonly cumulative: Float64Array;
}

const V1_COMPRESSED = 0x1c849302;
const V1 = 0x1c849301;
/** The word size stands in these bits of a cookie; the lowest of them says nothing of it. */
const WORD_SIZE_BITS = 0xf0;
const HEADER_BYTES = 40;
const COMPRESSED_HEADER_BYTES = 8;

/** The intervals with anything in them. `unitsPerMs`: what the log counts in, e.g. 1000 for µs. */
export function readIntervals(log: string, unitsPerMs: number): Interval[] {
  return log
    .split('\n')
    .filter((line) => /^\d/.test(line))
    .map((line) => readLine(line, unitsPerMs))
    .filter(({ cumulative }) => cumulative.length > 0);
}

function readLine(line: string, unitsPerMs: number): Interval {
  const [, seconds, , encoded] = line.split(',');
  if (encoded === undefined) throw new Error(`not a line of an interval log: ${line.slice(0, 60)}`);
  const { counts, digits, lowest } = decode(encoded);
  const cells: [number, number, number][] = [];
  let total = 0;
  counts.forEach((count, index) => {
    if (count === 0) return;
    const [low, width] = bucketOf(index, digits);
    const unitMs = 2 ** Math.floor(Math.log2(lowest)) / unitsPerMs;
    cells.push([low * unitMs, width * unitMs, (total += count)]);
  });
  return {
    lengthMs: Number(seconds) * 1000,
    lowsMs: Float64Array.from(cells, ([low]) => low),
    widthsMs: Float64Array.from(cells, ([, width]) => width),
    cumulative: Float64Array.from(cells, ([, , upTo]) => upTo),
  };
}

interface Decoded {
  readonly counts: readonly number[];
  /** Significant decimal digits. */
  readonly digits: number;
  /** Smallest value that is told apart from 0; its power of two is the unit of the buckets. */
  readonly lowest: number;
}

function decode(encoded: string): Decoded {
  const bytes = Buffer.from(encoded, 'base64');
  const isV1 = (bytes.readUInt32BE(0) & ~WORD_SIZE_BITS) >>> 0 === V1_COMPRESSED;
  return isV1 ? decodeV1(inflateSync(bytes.subarray(COMPRESSED_HEADER_BYTES))) : decodeV2(encoded);
}

function decodeV1(bytes: Buffer): Decoded {
  const cookie = bytes.readUInt32BE(0);
  if ((cookie & ~WORD_SIZE_BITS) >>> 0 !== V1) {
    throw new Error(`not a version 1 histogram: cookie ${cookie.toString(16)}`);
  }
  const wordBytes = ((cookie & WORD_SIZE_BITS) >> 4) & 0xe;
  const counts: number[] = [];
  const endAt = HEADER_BYTES + bytes.readUInt32BE(4);
  for (let at = HEADER_BYTES; at < endAt; at += wordBytes) {
    counts.push(
      wordBytes === 8 ? Number(bytes.readBigUInt64BE(at)) : bytes.readUIntBE(at, wordBytes),
    );
  }
  return { counts, digits: bytes.readUInt32BE(12), lowest: Number(bytes.readBigUInt64BE(16)) };
}

/** What a histogram of hdr-histogram-js has, and its interface does not declare. */
interface Buckets {
  readonly countsArrayLength: number;
  readonly lowestDiscernibleValue: number;
  getCountAtIndex(index: number): number;
}

function decodeV2(encoded: string): Decoded {
  const histogram = decodeFromCompressedBase64(encoded) as Histogram & Buckets;
  const counts = Array.from({ length: histogram.countsArrayLength }, (_, i) =>
    histogram.getCountAtIndex(i),
  );
  return {
    counts,
    digits: histogram.numberOfSignificantValueDigits,
    lowest: histogram.lowestDiscernibleValue,
  };
}

/** Smallest value of a bucket and its width, for histograms whose unit is 1. */
function bucketOf(index: number, digits: number): readonly [number, number] {
  const halfMagnitude = Math.ceil(Math.log2(2 * 10 ** digits)) - 1;
  const half = 2 ** halfMagnitude;
  const power = Math.floor(index / half) - 1;
  if (power < 0) return [index, 1];
  return [((index % half) + half) * 2 ** power, 2 ** power];
}
