/**
 * Counts at rest: a dense array of bucket counts, most of them zero, as a few hundred bytes.
 *
 * Two variable-length integers (LEB128) for each non-zero count: how many zeros stand before it,
 * and the count. HdrHistogram's V2 encoding packs its counts by the same idea.
 */

/** Longest LEB128 form of an unsigned 32-bit integer, in bytes. */
const VARINT_MAX_BYTES = 5;

/** Packs non-negative 32-bit counts. `unpackInto` gives them back. */
export function pack(counts: Uint32Array): Uint8Array {
  let filled = 0;
  for (let i = 0; i < counts.length; i++) if (counts[i] !== 0) filled++;
  const bytes = new Uint8Array(filled * 2 * VARINT_MAX_BYTES);
  let end = 0;
  let zeros = 0;
  for (let i = 0; i < counts.length; i++) {
    const count = counts[i] as number;
    if (count === 0) {
      zeros++;
      continue;
    }
    end = writeVarint(bytes, writeVarint(bytes, end, zeros), count);
    zeros = 0;
  }
  return bytes.slice(0, end);
}

/** Adds packed counts to a dense array; false, and nothing is promised of the array, if damaged. */
export function unpackInto(packed: Uint8Array, counts: Uint32Array): boolean {
  let at = 0;
  let index = -1;
  while (at < packed.length) {
    for (let field = 0; field < 2; field++) {
      let value = 0;
      let scale = 1;
      let byte: number;
      do {
        byte = packed[at++] ?? 0xff;
        value += (byte & 0x7f) * scale;
        scale *= 128;
      } while (byte >= 0x80 && scale <= 2 ** 35 && at <= packed.length);
      if (byte >= 0x80) return false;
      if (field === 0) index += value + 1;
      else if (index < counts.length) counts[index] = (counts[index] as number) + value;
      else return false;
    }
  }
  return true;
}

function writeVarint(bytes: Uint8Array, at: number, value: number): number {
  let rest = value;
  while (rest >= 0x80) {
    bytes[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  bytes[at++] = rest;
  return at;
}
