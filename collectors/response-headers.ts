/** What response headers tell about waiting: how long the server worked, and whether it streams. */

export interface ReplyFacts {
  /** How long the server says it worked, in ms. */
  readonly serverMs: number | undefined;
  /** Server-sent events: their headers come when the server likes. */
  readonly stream: boolean;
}

const NOTHING: ReplyFacts = { serverMs: undefined, stream: false };
const STREAM = { serverMs: undefined, stream: true };
/** A header that claims more than this is not believed: an hour, as far as histograms reach. */
const SERVER_MS_MAX = 3_600_000;
/** Characters and entries of one Server-Timing header that are read. */
const LENGTH_MAX = 4096;
const ENTRIES_MAX = 16;

/** Of alternating names and values, as they came over the wire. Most names differ in length. */
export function replyFacts(raw: ArrayLike<Uint8Array | string>): ReplyFacts {
  let facts = NOTHING;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] as Uint8Array | string;
    const value = raw[i + 1] as Uint8Array | string;
    if (name.length === 12 && first(value) === T && lower(name) === 'content-type') {
      if (lower(value).startsWith('text/event-stream')) return STREAM;
    } else if (name.length === 13 && first(name) === S && lower(name) === 'server-timing') {
      const serverMs = facts.serverMs ?? serverTimingMs(lower(value));
      if (serverMs !== undefined) facts = { serverMs, stream: false };
    }
  }
  return facts;
}

/** The duration of the entry `app` or `total` in a lower-case Server-Timing header. */
export function serverTimingMs(value: string): number | undefined {
  const own = OURS.exec(value);
  if (own) return Number(own[1]);
  for (const entry of unquoted(value.slice(0, LENGTH_MAX)).split(',', ENTRIES_MAX)) {
    const [name, ...parameters] = entry.split(';').map((text) => text.trim());
    if (name !== 'app' && name !== 'total') continue;
    const dur = parameters.map((text) => DURATION.exec(text)?.[1]).find((ms) => ms !== undefined);
    const ms = Number(dur ?? NaN);
    if (ms <= SERVER_MS_MAX) return ms;
  }
  return undefined;
}

/** As we send it ourselves, with at most six digits before the point: below SERVER_MS_MAX. */
const OURS = /^app;dur=(\d{1,6}\.\d{3})(?:, loop;dur=[\d.]+)?$/;
const DURATION = /^dur\s*=\s*(\d+(?:\.\d+)?)$/;
const NUMBER = /^[\d.]+$/;

/** Quoted numbers without their quotes, other quoted text gone: it may hold commas and anything. */
function unquoted(value: string): string {
  const parts = value.split('"');
  return parts.map((part, i) => (i % 2 === 0 || NUMBER.test(part) ? part : '')).join('');
}

const [S, T] = [0x73, 0x74];

/** The first character, in lower case where it is a letter: most headers need no string made. */
function first(text: Uint8Array | string): number {
  return (typeof text === 'string' ? text.charCodeAt(0) : (text[0] as number)) | 0x20;
}

function lower(text: Uint8Array | string): string {
  if (typeof text === 'string') return text.toLowerCase();
  return Buffer.from(text.buffer, text.byteOffset, text.length).toString('latin1').toLowerCase();
}
