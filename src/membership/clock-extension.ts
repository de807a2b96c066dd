/**
 * What heartbeats say of clocks, in extensions that older versions skip.
 *
 *     type 1   how far the sender's wall clock may be off what it says, µs in 2 (all ones: not
 *              known), how often it was set, modulo 256, in 1, hybrid logical clock 8; of who
 *              knows true time: true time less the sender's wall clock, low and high, µs in 4
 *              each (two's complement)
 *     type 2   `nameHash` 8 of each member whose clock the sender holds certainly out of budget
 *
 * Bounds are rounded outwards. An answer may be no longer than its question, so only questions
 * carry what not everybody has.
 */
import type { OffsetBounds } from '../clock/types.ts';
import { LIMITS, type Extension, type Message } from './message.ts';

const CLOCK = 1;
const CLOCK_OUT = 2;

const US_PER_MS = 1000;
const ERROR_UNKNOWN = 0xffff;
const STEPS_AT = 2;
const STEPS_MODULUS = 256;
const HLC_AT = 3;
const REFERENCE_AT = 11;
const REFERENCE_BYTES = 8;
const I32_MAX = 0x7fff_ffff;
const HASH_BYTES = 8;
/** As many as one extension holds. */
export const CLOCK_OUT_MAX = LIMITS.extensionBytes / HASH_BYTES;

export interface ClockWord {
  /** How far the sender's wall clock may be off what it says; undefined: it does not say. */
  readonly errorMs: number | undefined;
  /**
   * How often the sender's wall clock was set, modulo 256: of a step that fits into the delays,
   * nobody else can tell.
   */
  readonly steps: number;
  /** The sender's hybrid logical clock. */
  readonly hlc: bigint;
  /** True time less the sender's wall clock, if it knows. */
  readonly reference: OffsetBounds | undefined;
}

export function clockExtension({ errorMs, steps, hlc, reference }: ClockWord): Extension {
  const told = reference && isInRange(reference) ? reference : undefined;
  const bytes = new Uint8Array(REFERENCE_AT + (told ? REFERENCE_BYTES : 0));
  const view = new DataView(bytes.buffer);
  const errorUs = errorMs !== undefined && errorMs >= 0 ? Math.ceil(errorMs * US_PER_MS) : Infinity;
  view.setUint16(0, Math.min(ERROR_UNKNOWN, errorUs));
  view.setUint8(STEPS_AT, steps % STEPS_MODULUS);
  view.setBigUint64(HLC_AT, hlc);
  if (told) {
    view.setInt32(REFERENCE_AT, Math.floor(told.lowMs * US_PER_MS));
    view.setInt32(REFERENCE_AT + 4, Math.ceil(told.highMs * US_PER_MS));
  }
  return { type: CLOCK, bytes };
}

/** What a message says of its sender's clock; undefined: nothing. */
export function clockWordOf({ extensions }: Message): ClockWord | undefined {
  const bytes = extensions.find(({ type }) => type === CLOCK)?.bytes;
  if (!bytes || bytes.length < REFERENCE_AT) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const errorUs = view.getUint16(0);
  return {
    errorMs: errorUs === ERROR_UNKNOWN ? undefined : errorUs / US_PER_MS,
    steps: view.getUint8(STEPS_AT),
    hlc: view.getBigUint64(HLC_AT),
    reference: bytes.length < REFERENCE_AT + REFERENCE_BYTES ? undefined : referenceIn(view),
  };
}

function referenceIn(view: DataView): OffsetBounds | undefined {
  const lowMs = view.getInt32(REFERENCE_AT) / US_PER_MS;
  const highMs = view.getInt32(REFERENCE_AT + 4) / US_PER_MS;
  return lowMs <= highMs ? { lowMs, highMs } : undefined;
}

function isInRange({ lowMs, highMs }: OffsetBounds): boolean {
  return lowMs * US_PER_MS > -I32_MAX && highMs * US_PER_MS < I32_MAX && lowMs <= highMs;
}

/** `hashes`: those of members whose clocks are out; the first 32 are told. */
export function clockOutExtension(hashes: readonly string[]): Extension {
  const told = hashes.slice(0, CLOCK_OUT_MAX);
  const bytes = new Uint8Array(told.length * HASH_BYTES);
  const view = new DataView(bytes.buffer);
  told.forEach((hash, i) => view.setBigUint64(i * HASH_BYTES, BigInt(`0x${hash}`)));
  return { type: CLOCK_OUT, bytes };
}

/** `nameHash` of those whose clocks the sender holds out. */
export function clockOutIn({ extensions }: Message): string[] {
  const bytes = extensions.find(({ type }) => type === CLOCK_OUT)?.bytes;
  if (!bytes) return [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: Math.floor(bytes.length / HASH_BYTES) }, (_, i) =>
    view
      .getBigUint64(i * HASH_BYTES)
      .toString(16)
      .padStart(2 * HASH_BYTES, '0'),
  );
}
