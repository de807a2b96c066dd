/**
 * Counts at rest: a dense array of bucket counts, most of them zero, as a few hundred bytes.
 *
 * A list of variable-length integers (LEB128): a count as twice itself, a run of zeros as one less
 * than twice its length. Neighbouring counts below 64 are a byte each. It is the ZigZag encoding
 * of HdrHistogram's V2 form, in which a run of zeros is a negative number.
 */

/** Longest LEB128 form of twice an unsigned 32-bit integer, in bytes. */
const VARINT_MAX_BYTES = 5;

/** Packs non-negative 32-bit counts. `unpackInto` gives them back. */
export function pack(counts: Uint32Array): Uint8Array {
  const bytes = new Uint8Array(2 * VARINT_MAX_BYTES * filledOf(counts));
  let end = 0;
  let zeros = 0;
  for (let i = 0; i < counts.length; i++) {
    const count = counts[i] as number;
    if (count === 0) {
      zeros++;
      continue;
    }
    if (zeros > 0) end = writeVarint(bytes, end, 2 * zeros - 1);
    end = writeVarint(bytes, end, 2 * count);
    zeros = 0;
  }
  return bytes.slice(0, end);
}

/** Adds packed counts to a dense array; false, and nothing is promised of the array, if damaged. */
export function unpackInto(packed: Uint8Array, counts: Uint32Array): boolean {
  let at = 0;
  let index = 0;
  let inZeros = false;
  while (at < packed.length) {
    let byte = packed[at++] as number;
    if (byte < 0x80) {
      // Nearly all are: small integers, and no floating point.
      inZeros = (byte & 1) === 1;
      if (inZeros) index += (byte + 1) >> 1;
      else if (index < counts.length) counts[index] = (counts[index++] as number) + (byte >> 1);
      else return false;
      continue;
    }
    let value = byte & 0x7f;
    let scale = 128;
    for (; byte >= 0x80 && at < packed.length && scale <= 2 ** 28; scale *= 128) {
      byte = packed[at++] as number;
      value += (byte & 0x7f) * scale;
    }
    if (byte >= 0x80) return false; // no end, or too long for a count
    inZeros = value % 2 === 1;
    if (inZeros) index += (value + 1) / 2;
    else if (index < counts.length) counts[index] = (counts[index++] as number) + value / 2;
    else return false;
  }
  return !inZeros;
}

function filledOf(counts: Uint32Array): number {
  let filled = 0;
  for (let i = 0; i < counts.length; i++) if (counts[i] !== 0) filled++;
  return filled;
}

function writeVarint(bytes: Uint8Array, at: number, value: number): number {
  let rest = value;
  while (rest >= 0x80) {
    bytes[at++] = (rest % 128) | 0x80;
    rest = Math.floor(rest / 128);
  }
  bytes[at++] = rest;
  return at;
}
