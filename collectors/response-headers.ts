/**
 * What response headers tell: how long the server worked, whether it streams, and what time it is
 * there.
 */
import {
  CLOCK_HEADER,
  clockFromHeader,
  HLC_HEADER,
  type ServerClock,
} from '../src/timekeeping/clock-header.ts';

export interface ReplyFacts {
  /** How long the server says it worked, in ms. */
  readonly serverMs: number | undefined;
  /** How long its event loop made the request wait before, in ms; not part of `serverMs`. */
  readonly queueMs?: number | undefined;
  /** Server-sent events: their headers come when the server likes. */
  readonly stream: boolean;
  /** What time it is there; not from a cache. */
  readonly clock?: ServerClock | undefined;
  /** The hybrid logical clock there, as text. */
  readonly hlc?: string | undefined;
}

const NOTHING: ReplyFacts = { serverMs: undefined, stream: false };
const STREAM = { serverMs: undefined, stream: true };
/** A header that claims more than this is not believed: an hour, as far as histograms reach. */
const SERVER_MS_MAX = 3_600_000;
/** Characters and entries of one Server-Timing header that are read. */
const LENGTH_MAX = 4096;
const ENTRIES_MAX = 16;

/** What was found so far. */
interface Found {
  serverMs: number | undefined;
  queueMs: number | undefined;
  /** What a proxy says of it, which counts if the server says nothing. */
  byProxyMs: number | undefined;
  stream: boolean;
  /** A cache has held it. */
  cached: boolean;
  readonly clocks: string[];
  hlc: string | undefined;
}

/** Of alternating names and values, as they came over the wire. Most names differ in length. */
export function replyFacts(raw: ArrayLike<Uint8Array | string>): ReplyFacts {
  let found: Found | undefined;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const known = knownName(raw[i] as Uint8Array | string);
    if (!known) continue;
    const rawValue = raw[i + 1] as Uint8Array | string;
    if (known === CONTENT_TYPE && first(rawValue) !== T) continue; // most: no string is made
    found ??= nothingFound();
    known.read(lower(rawValue), found);
  }
  if (!found) return NOTHING;
  return found.stream ? STREAM : factsOf(found);
}

function nothingFound(): Found {
  return {
    ...{ serverMs: undefined, queueMs: undefined, byProxyMs: undefined, hlc: undefined },
    ...{ stream: false, cached: false, clocks: [] },
  };
}

function factsOf({ serverMs, queueMs, byProxyMs, cached, clocks, hlc }: Found): ReplyFacts {
  const [said = '', another] = clocks;
  // A cache repeats what was said long ago; of two that say so, nobody knows who is meant.
  const clock = cached || another !== undefined ? undefined : clockFromHeader(said);
  return {
    serverMs: serverMs ?? byProxyMs,
    stream: false,
    ...(queueMs === undefined ? {} : { queueMs }),
    ...(clock ? { clock } : {}),
    ...(hlc === undefined ? {} : { hlc }),
  };
}

function knownName(name: Uint8Array | string): HeaderName | undefined {
  const known = NAMES[name.length];
  const isIt = first(name) === known?.first && lower(name) === known.name;
  return isIt ? known : undefined;
}

/** The first letter of `text/event-stream`. */
const T = 0x74;

interface HeaderName {
  readonly name: string;
  readonly first: number;
  readonly read: (value: string, found: Found) => void;
}

const headerName = (name: string, read: HeaderName['read']): HeaderName => ({
  ...{ name, read },
  first: name.charCodeAt(0),
});
const CONTENT_TYPE = headerName('content-type', (value, found) => {
  found.stream ||= value.startsWith('text/event-stream');
});
const KNOWN = [
  CONTENT_TYPE,
  headerName('server-timing', (value, found) => {
    // Of several headers, the first to say so counts.
    found.serverMs ??= serverTimingMs(value);
    found.queueMs ??= believable(LOOP.exec(value)?.[1]);
  }),
  // What Envoy measured of its upstream, in whole ms: network between the two included.
  headerName('x-envoy-upstream-service-time', (value, found) => {
    found.byProxyMs = believable(INTEGER.exec(value)?.[0]) ?? found.byProxyMs;
  }),
  headerName('x-response-time', (value, found) => {
    found.byProxyMs ??= responseTimeMs(value);
  }),
  headerName(CLOCK_HEADER, (value, found) => void found.clocks.push(value)),
  headerName(HLC_HEADER, (value, found) => {
    found.hlc = value;
  }),
  // A cache says so how long it has held a response.
  headerName('age', (_, found) => {
    found.cached = true;
  }),
];
/** By length, so that a header that is none of these costs one look. */
const NAMES: Readonly<Record<number, HeaderName>> = Object.fromEntries(
  KNOWN.map((known) => [known.name.length, known]),
);
const INTEGER = /^\d{1,7}$/;

/** `12.3ms` or `0.5s`: without a unit nobody knows which it is. */
function responseTimeMs(value: string): number | undefined {
  const [, number, unit] = /^(\d+(?:\.\d+)?)\s*(ms|s)$/.exec(value.trim()) ?? [];
  return believable(number, unit === 's' ? 1000 : 1);
}

function believable(text: string | undefined, factor = 1): number | undefined {
  const ms = Number(text ?? NaN) * factor;
  return ms <= SERVER_MS_MAX ? ms : undefined;
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
/** How long the event loop made it wait, as we send it. */
const LOOP = /(?:^|,\s*)loop;dur=(\d{1,7}(?:\.\d+)?)(?=$|[\s,;])/;
const NUMBER = /^[\d.]+$/;

/** Quoted numbers without their quotes, other quoted text gone: it may hold commas and anything. */
function unquoted(value: string): string {
  const parts = value.split('"');
  return parts.map((part, i) => (i % 2 === 0 || NUMBER.test(part) ? part : '')).join('');
}

/** The first character, in lower case where it is a letter: most headers need no string made. */
function first(text: Uint8Array | string): number {
  return (typeof text === 'string' ? text.charCodeAt(0) : (text[0] as number)) | 0x20;
}

function lower(text: Uint8Array | string): string {
  if (typeof text === 'string') return text.toLowerCase();
  return Buffer.from(text.buffer, text.byteOffset, text.length).toString('latin1').toLowerCase();
}
