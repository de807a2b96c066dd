/**
 * The packets of NTP version 4 as a client without a clock discipline needs them.
 *
 * A question says nothing of us but that it is one: all fields are zero except the transmit
 * timestamp, which is a random cookie instead of our time (data minimisation). The server echoes
 * it, so an answer that was not made for this question is noticed. An answer is taken only if it
 * can be right; whatever else is refused with a reason.
 *
 * Source: RFC 5905, sections 6 to 8 and 7.4 (kiss codes); RFC 4330, section 5 (checks of SNTP).
 */
import type { Leap } from '../../src/clock/types.ts';

/** Why an answer was not taken. */
export type NtpRefusal =
  /** Fewer bytes than a header has. */
  | 'short'
  | 'version'
  /** Not from a server. */
  | 'mode'
  /** Not an answer to a question of ours: spoofed. */
  | 'origin'
  /** Answers a question that was answered before, or given up. */
  | 'replay'
  /** Kiss-o'-death: asked too often. */
  | 'rate'
  /** Kiss-o'-death: not welcome (DENY), by its configuration (RSTR). */
  | 'deny'
  | 'restricted'
  /** Any other kiss code. */
  | 'kiss'
  | 'unsynchronised'
  | 'stratum'
  /** Receive or transmit time not filled in. */
  | 'no-time'
  /** Sent before it was received. */
  | 'time-order'
  /** Held for longer than the exchange took: a lie, or a step in between. */
  | 'negative-delay'
  /** Root delay or dispersion that no server has. */
  | 'root-range'
  /** Too far from a reference clock to be of use. */
  | 'root-distance'
  /** Last set in its own future. */
  | 'reference-time'
  /** A time before this program was written. */
  | 'too-early'
  /** Contradicts itself or our clock in a way that only the estimator sees. */
  | 'inconsistent';

export interface NtpAnswer {
  /** When the question arrived and the answer left, by the server's clock, in ms since 1970. */
  readonly t2WallMs: number;
  readonly t3WallMs: number;
  readonly leap: Leap;
  /** 1 to 15. */
  readonly stratum: number;
  /** Bound of the server's own error, in ms: root delay / 2 + root dispersion + precision. */
  readonly rootDistanceMs: number;
}

export type NtpReading =
  | { readonly answer: NtpAnswer }
  | { readonly answer: undefined; readonly reason: NtpRefusal; readonly why: string };

export interface NtpQuestion {
  /** The 8 bytes that were sent. */
  readonly cookie: Uint8Array;
  /** When the question left and the answer arrived, in ms since 1970 by our steady clock. */
  readonly t1WallMs: number;
  readonly t4WallMs: number;
}

export const HEADER_BYTES = 48;
export const COOKIE_BYTES = 8;
/** Farther from a reference clock, a server is of no use (MAXDIST of RFC 5905). */
export const ROOT_DISTANCE_MAX_MS = 1000;
/** No server is so bad: the field is garbage, or of old, when it had a sign (MAXDISP). */
const ROOT_MAX_MS = 16_000;
const STRATUM_MAX = 15;
/**
 * What rounding alone makes of a time: a double of ms since 1970 has steps of a quarter of a
 * microsecond, and a server may blur the bits below its precision.
 */
const GRAIN_MS = 0.001;
/** A reference time is no measurement: some servers round it. */
const REFERENCE_GRAIN_MS = 1;
/** Nobody runs this before it was written. */
const EARLIEST_WALL_MS = Date.UTC(2026, 0, 1);

/** Version 4, mode 3, no leap warning. */
const CLIENT_FLAGS = (4 << 3) | 3;
const MODE_SERVER = 4;
const LEAPS = ['none', 'insert', 'delete', 'unsynchronised'] as const;

/** From 1900, where the timestamps begin, to 1970. */
const UNIX_EPOCH_S = 2_208_988_800;
const TWO_32 = 2 ** 32;

/** Where the fields are. */
const AT = {
  stratum: 1,
  precision: 3,
  rootDelay: 4,
  rootDispersion: 8,
  referenceId: 12,
  referenceTime: 16,
  origin: 24,
  receive: 32,
  transmit: 40,
} as const;

/** `cookie`: 8 random bytes, new for each question. */
export function encodeQuestion(cookie: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES);
  bytes[0] = CLIENT_FLAGS;
  bytes.set(cookie, AT.transmit);
  return bytes;
}

/** Which question an answer says it is to; undefined if it is too short to say. */
export function originOf(bytes: Uint8Array): Uint8Array | undefined {
  if (bytes.length < HEADER_BYTES) return undefined;
  return bytes.subarray(AT.origin, AT.origin + COOKIE_BYTES);
}

/** Never throws. Extension fields and a MAC after the header are not looked at. */
export function readAnswer(bytes: Uint8Array, question: NtpQuestion): NtpReading {
  if (bytes.length < HEADER_BYTES) {
    return refused('short', `${bytes.length} bytes, a header has ${HEADER_BYTES}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, HEADER_BYTES);
  return (
    notOurs(view, question.cookie) ??
    notServing(view) ??
    badRoot(view) ??
    badTimes(view, question) ?? { answer: answerIn(view, question) }
  );
}

function refused(reason: NtpRefusal, why: string): NtpReading {
  return { answer: undefined, reason, why };
}

/** Asked first: a kiss-o'-death that anybody could have sent must not silence a server. */
function notOurs(view: DataView, cookie: Uint8Array): NtpReading | undefined {
  const flags = view.getUint8(0);
  const version = (flags >> 3) & 7;
  if (version !== 3 && version !== 4) return refused('version', `version ${version}`);
  if ((flags & 7) !== MODE_SERVER) return refused('mode', `mode ${flags & 7}, not a server`);
  for (let i = 0; i < COOKIE_BYTES; i++) {
    if (view.getUint8(AT.origin + i) !== cookie[i]) {
      return refused('origin', 'it is not to a question of ours');
    }
  }
  return undefined;
}

function notServing(view: DataView): NtpReading | undefined {
  const stratum = view.getUint8(AT.stratum);
  const code = stratum === 0 ? kissCode(view) : undefined;
  if (code !== undefined) return kissed(code);
  if (leapOf(view) === 'unsynchronised') {
    return refused('unsynchronised', 'the server is not synchronised');
  }
  if (stratum === 0 || stratum > STRATUM_MAX) return refused('stratum', `stratum ${stratum}`);
  return undefined;
}

function kissed(code: string): NtpReading {
  switch (code) {
    case 'RATE':
      return refused('rate', 'the server says that it is asked too often (RATE)');
    case 'DENY':
      return refused('deny', 'the server will not answer us (DENY); it is not asked again');
    case 'RSTR':
      return refused('restricted', 'the server may not answer us (RSTR); it is not asked again');
    default:
      return refused('kiss', `kiss-o'-death ${code}`);
  }
}

/** Four characters, or fewer and zeros; an unsynchronised server has none. */
function kissCode(view: DataView): string | undefined {
  const bytes = [0, 1, 2, 3].map((i) => view.getUint8(AT.referenceId + i));
  const text = String.fromCharCode(...bytes).replace(/\0+$/, '');
  return /^[A-Za-z0-9]{1,4}$/.test(text) ? text : undefined;
}

function badRoot(view: DataView): NtpReading | undefined {
  const delayMs = shortMs(view, AT.rootDelay);
  const dispersionMs = shortMs(view, AT.rootDispersion);
  if (delayMs > ROOT_MAX_MS || dispersionMs > ROOT_MAX_MS) {
    const why = `root delay ${delayMs.toFixed(0)} ms, root dispersion ${dispersionMs.toFixed(0)} ms`;
    return refused('root-range', why);
  }
  const distanceMs = rootDistanceMs(view);
  if (distanceMs <= ROOT_DISTANCE_MAX_MS) return undefined;
  const why = `it may be ${distanceMs.toFixed(0)} ms off, at most ${ROOT_DISTANCE_MAX_MS} is of use`;
  return refused('root-distance', why);
}

function badTimes(view: DataView, { t1WallMs, t4WallMs }: NtpQuestion): NtpReading | undefined {
  if (isZero(view, AT.receive) || isZero(view, AT.transmit)) {
    return refused('no-time', 'receive or transmit time is zero');
  }
  const precisionMs = precisionMsOf(view);
  const heldMs = spanMs(view, AT.receive, AT.transmit);
  if (heldMs < 0) return refused('time-order', `sent ${-heldMs} ms before it was received`);
  const sinceSetMs = spanMs(view, AT.referenceTime, AT.transmit);
  const referenceGrainMs = REFERENCE_GRAIN_MS + precisionMs;
  if (!isZero(view, AT.referenceTime) && sinceSetMs < -referenceGrainMs) {
    return refused('reference-time', `last set ${-sinceSetMs} ms in its own future`);
  }
  const delayMs = t4WallMs - t1WallMs - heldMs;
  if (!(delayMs >= -(GRAIN_MS + precisionMs))) {
    return refused('negative-delay', `held for ${-delayMs} ms longer than the exchange took`);
  }
  const t2WallMs = wallMs(view, AT.receive, t4WallMs);
  if (t2WallMs < EARLIEST_WALL_MS) {
    return refused('too-early', `it says ${new Date(t2WallMs).toISOString()}`);
  }
  return undefined;
}

function answerIn(view: DataView, { t4WallMs }: NtpQuestion): NtpAnswer {
  const t2WallMs = wallMs(view, AT.receive, t4WallMs);
  return {
    t2WallMs,
    t3WallMs: t2WallMs + spanMs(view, AT.receive, AT.transmit),
    leap: leapOf(view),
    stratum: view.getUint8(AT.stratum),
    rootDistanceMs: rootDistanceMs(view),
  };
}

function leapOf(view: DataView): Leap {
  return LEAPS[view.getUint8(0) >> 6] as Leap;
}

function rootDistanceMs(view: DataView): number {
  return shortMs(view, AT.rootDelay) / 2 + shortMs(view, AT.rootDispersion) + precisionMsOf(view);
}

/** The server's clock reads in steps of so much. */
function precisionMsOf(view: DataView): number {
  return 1000 * 2 ** view.getInt8(AT.precision);
}

/** The short format: seconds in 16.16 bits. */
function shortMs(view: DataView, at: number): number {
  return (view.getUint32(at) * 1000) / 2 ** 16;
}

function isZero(view: DataView, at: number): boolean {
  return view.getUint32(at) === 0 && view.getUint32(at + 4) === 0;
}

/** From one timestamp to another, which may lie in the next era: less than 68 years apart. */
function spanMs(view: DataView, from: number, to: number): number {
  const seconds = (view.getUint32(to) - view.getUint32(from)) | 0;
  return seconds * 1000 + fractionMs(view.getUint32(to + 4) - view.getUint32(from + 4));
}

/**
 * A timestamp has no era: its seconds begin again every 136 years, next on 7 February 2036. It
 * means the one nearest to our own idea of time, if that can be true.
 */
function wallMs(view: DataView, at: number, nearWallMs: number): number {
  const seconds = view.getUint32(at) - UNIX_EPOCH_S;
  const nearS = Math.max(nearWallMs, EARLIEST_WALL_MS) / 1000;
  const era = Math.round((nearS - seconds) / TWO_32);
  return (seconds + era * TWO_32) * 1000 + fractionMs(view.getUint32(at + 4));
}

function fractionMs(fraction: number): number {
  return (fraction * 1000) / TWO_32;
}
