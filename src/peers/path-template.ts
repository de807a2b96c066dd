/**
 * The route of an outgoing call, guessed from its path: identifiers become `:id`.
 *
 * `/users/42/orders/9f1c2e…` → `/users/:id/orders/:id`. A segment is an identifier if it is a
 * number, a UUID, a hash, a token of letters mixed with digits, or longer than any word.
 */

/** Segments looked at; what follows is `*`. Deeper paths are rarely routes. */
const SEGMENTS_MAX = 8;
/** A longer segment is no name. */
const SEGMENT_LENGTH_MAX = 40;
/** From this length on, letters mixed with digits are a token rather than a name. */
const TOKEN_LENGTH_MIN = 16;

const NUMBER = /^[+-]?\d+([.,:_-]\d+)*$/;
const HEX_OR_UUID = /^(0x)?[0-9a-f]{8,}$|^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const HAS_DIGIT = /\d/;
const TOKEN = /^[\w~.=-]+$/;
/** Letters and digits in turns, four changes and more: `B07XJ8C8F5`, but not `v2beta1`. */
const MIXED = /^(?=.{8,})[a-z]*(\d+[a-z]+){2,}\d+[\w-]*$|^(?=.{8,})\d+([a-z]+\d+){2,}[\w-]*$/i;
/** `order-12345`, but not `sha256`. */
const LONG_NUMBER = /\d{4}/;
/** What no rule touches, and most segments are. */
const WORD = /^[a-z_.~-]{0,40}$/i;
const NOT_PRINTABLE = /[^\x21-\x7e]/g;

/** Path (with or without query) → template, without query, fragment, or identifiers. */
export function pathTemplate(path: string): string {
  const end = path.search(/[?#]/);
  const bare = end < 0 ? path : path.slice(0, end);
  const segments = (bare.startsWith('/') ? bare : `/${bare}`).split('/', SEGMENTS_MAX + 2);
  const cut = segments.length > SEGMENTS_MAX + 1;
  const kept = cut ? segments.slice(0, SEGMENTS_MAX + 1) : segments;
  return kept.map(segmentTemplate).join('/') + (cut ? '/*' : '');
}

function segmentTemplate(segment: string): string {
  if (WORD.test(segment)) return segment;
  const printable = segment.replace(NOT_PRINTABLE, '_');
  return isIdentifier(printable) ? ':id' : printable;
}

function isIdentifier(segment: string): boolean {
  if (segment.length > SEGMENT_LENGTH_MAX || NUMBER.test(segment)) return true;
  if (!HAS_DIGIT.test(segment)) return false;
  if ([HEX_OR_UUID, MIXED, LONG_NUMBER].some((pattern) => pattern.test(segment))) return true;
  return segment.length >= TOKEN_LENGTH_MIN && TOKEN.test(segment);
}
