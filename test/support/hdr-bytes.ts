/** HdrHistogram's V2 form taken apart by hand, to make histograms that no library would write. */
import { deflateSync, inflateSync } from 'node:zlib';

const COMPRESSED_COOKIE = 0x1c849314;
const HEADER_BYTES = 8;

/** The bytes inside the compression. */
export function insideOf(base64: string): Buffer {
  const outside = Buffer.from(base64, 'base64');
  const length = outside.readInt32BE(4);
  return inflateSync(outside.subarray(HEADER_BYTES, HEADER_BYTES + length));
}

/** Such bytes compressed again. */
export function wrap(inside: Uint8Array): string {
  const body = deflateSync(inside);
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeInt32BE(COMPRESSED_COOKIE, 0);
  header.writeInt32BE(body.length, 4);
  return Buffer.concat([header, body]).toString('base64');
}
