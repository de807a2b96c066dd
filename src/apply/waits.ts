/** Requests whose reply is meant to be late are not judged, in whatever shape their headers come. */
import { waitsOnPurpose } from '../../collectors/left-out.ts';

/** True for server-sent events, long polls and upgrades: see `waitsOnPurpose`. */
export function headersWait(headers: unknown): boolean {
  if (typeof headers !== 'object' || headers === null) return false;
  if (Array.isArray(headers) && !Array.isArray(headers[0])) return flatHeadersWait(headers);
  for (const [name, value] of pairsOf(headers)) {
    if (waitsOnPurpose(name, value)) return true;
  }
  return false;
}

/** Alternating names and values. */
function flatHeadersWait(headers: readonly unknown[]): boolean {
  for (let i = 0; i + 1 < headers.length; i += 2) {
    if (waitsOnPurpose(headers[i], headers[i + 1])) return true;
  }
  return false;
}

function pairsOf(headers: object): Iterable<readonly [unknown, unknown]> {
  if ('next' in headers) return []; // an iterator: looking would take the headers away
  return Symbol.iterator in headers
    ? (headers as Iterable<readonly [unknown, unknown]>)
    : Object.entries(headers);
}
