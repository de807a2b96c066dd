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

/** Of alternating names and values, as they came over the wire. Most names differ in length. */
export function replyFacts(raw: ArrayLike<Uint8Array | string>): ReplyFacts {
  let facts = NOTHING;
  let byProxyMs: number | undefined;
  let clocks = 0;
  let isCached = false;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const known = knownName(raw[i] as Uint8Array | string);
    if (!known) continue;
    if (known === CLOCK) clocks++;
    const rawValue = raw[i + 1] as Uint8Array | string;
    if (known === CONTENT_TYPE && first(rawValue) !== T) continue; // most: no string is made
    const value = lower(rawValue);
    if (known === CONTENT_TYPE) {
      if (value.startsWith('text/event-stream')) return STREAM;
    } else if (known === TIMING) facts = serverTiming(value, facts);
    else if (known === ENVOY) byProxyMs = believable(INTEGER.exec(value)?.[0]) ?? byProxyMs;
    else if (known === CLOCK) facts = { ...facts, clock: clockFromHeader(value) };
    else if (known === HLC) facts = { ...facts, hlc: value };
    else if (known === AGE) isCached = true;
    else byProxyMs ??= responseTimeMs(value);
  }
  // A cache repeats what was said long ago; of two that say so, nobody knows who is meant.
  if (isCached || clocks > 1) facts = { ...facts, clock: undefined };
  if (facts.serverMs !== undefined || byProxyMs === undefined) return facts;
  return { ...facts, serverMs: byProxyMs };
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
}

const headerName = (name: string): HeaderName => ({ name, first: name.charCodeAt(0) });
const CONTENT_TYPE = headerName('content-type');
const TIMING = headerName('server-timing');
/** What Envoy measured of its upstream, in whole ms: network between the two included. */
const ENVOY = headerName('x-envoy-upstream-service-time');
const RESPONSE_TIME = headerName('x-response-time');
const CLOCK = headerName(CLOCK_HEADER);
const HLC = headerName(HLC_HEADER);
/** A cache says so how long it has held a response. */
const AGE = headerName('age');
/** By length, so that a header that is none of these costs one look. */
const NAMES: Readonly<Record<number, HeaderName>> = Object.fromEntries(
  [CONTENT_TYPE, TIMING, ENVOY, RESPONSE_TIME, CLOCK, HLC, AGE].map((known) => [
    known.name.length,
    known,
  ]),
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

/** Of several headers, the first to say so counts. */
function serverTiming(value: string, before: ReplyFacts): ReplyFacts {
  const serverMs = before.serverMs ?? serverTimingMs(value);
  const queueMs = before.queueMs ?? believable(LOOP.exec(value)?.[1]);
  if (serverMs === undefined && queueMs === undefined) return before;
  return queueMs === undefined ? { ...before, serverMs } : { ...before, serverMs, queueMs };
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
