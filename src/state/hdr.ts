/**
 * Interchange: counts to and from hdr-histogram-js, and so every HdrHistogram port that reads the
 * compressed V2 form. The layouts are equal (layout.ts), so no count moves to another bucket.
 */
import { inflateSync } from 'node:zlib';
import {
  build,
  decodeFromCompressedBase64,
  encodeIntoCompressedBase64,
  type Histogram,
} from 'hdr-histogram-js';
import { argumentError } from '../errors.ts';
import { BUCKET_COUNT, bucketIndex, bucketLow, MAX_MICROS } from '../histogram/layout.ts';

const HOUR_MICROS = 3_600_000_000;

/** Bucket counts as a histogram of integer microseconds, 1 µs to 1 h, two significant digits. */
export function toHdrHistogram(counts: Uint32Array): Histogram {
  const histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: HOUR_MICROS,
    numberOfSignificantValueDigits: 2,
    bitBucketSize: 64,
    autoResize: true,
    useWebAssembly: false,
  });
  for (let i = 0; i < BUCKET_COUNT; i++) {
    const count = counts[i] as number;
    if (count > 0) histogram.recordValueWithCount(bucketLow(i), count);
  }
  return histogram;
}

/** Bucket counts as a compressed V2 histogram in base64. */
export function encodeHdr(counts: Uint32Array): string {
  return encodeIntoCompressedBase64(toHdrHistogram(counts));
}

/**
 * Adds a compressed V2 histogram of microseconds to bucket counts. Coarser or finer histograms
 * are taken in at the highest value of each of their buckets. Throws ERR_TARDY_ARGUMENT on
 * anything else.
 */
export function decodeHdrInto(base64: string, counts: Uint32Array): void {
  for (const { value, count } of recordedBuckets(parse(base64))) {
    const index = bucketIndex(Math.min(value, MAX_MICROS));
    counts[index] = (counts[index] as number) + count;
  }
}

function parse(base64: string): Histogram {
  try {
    checkPayload(
      inflateSync(Buffer.from(base64, 'base64').subarray(8), { maxOutputLength: BYTES_MAX }),
    );
    return decodeFromCompressedBase64(base64, 64, false);
  } catch (cause) {
    throw argumentError('histogram', base64, `a compressed HdrHistogram V2 (${String(cause)})`);
  }
}

/** Inflated: 64-bit counts of the finest histogram of an hour, twice over. */
const BYTES_MAX = 8 * 1024 * 1024;
/** Cookie, length of the payload, normalizing offset, digits, lowest, highest, ratio. */
const HEADER_BYTES = 40;

/**
 * hdr-histogram-js believes the length and the runs of zeros that a histogram announces: a few
 * bytes can keep it busy for seconds. The payload must be as long as it says, and its zeros no
 * more than any layout has buckets.
 */
function checkPayload(inflated: Buffer): void {
  const payload = inflated.subarray(HEADER_BYTES);
  if (inflated.readInt32BE(4) !== payload.length) throw new Error('its counts are cut off');
  let buckets = 0;
  for (let at = 0; at < payload.length;) {
    let value = 0n;
    let shift = 0n;
    let byte = 0x80;
    for (; byte >= 0x80 && at < payload.length && shift < 64n; shift += 7n) {
      byte = payload[at++] as number;
      value |= BigInt(byte & 0x7f) << shift;
    }
    buckets += value % 2n === 1n ? Number((value + 1n) / 2n) : 1;
    if (buckets > BUCKETS_MAX) throw new Error('its counts lie beyond any range');
  }
}

/** Buckets of five digits over an hour of nanoseconds: more than anybody records. */
const BUCKETS_MAX = 1 << 22;

/** The bucket counts of an hdr-histogram-js histogram, which its interface does not declare. */
interface BucketAccess {
  readonly countsArrayLength: number;
  getCountAtIndex(index: number): number;
  valueFromIndex(index: number): number;
  highestEquivalentValue(value: number): number;
}

function* recordedBuckets(histogram: Histogram): Generator<{ value: number; count: number }> {
  const buckets = histogram as unknown as BucketAccess;
  for (let i = 0; i < buckets.countsArrayLength; i++) {
    const count = buckets.getCountAtIndex(i);
    if (count > 0)
      yield { value: buckets.highestEquivalentValue(buckets.valueFromIndex(i)), count };
  }
}
