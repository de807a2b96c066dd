/**
 * `Tardy-Clock`: the time at our end, in the headers of a response. With the caller's own times of
 * request and response it is an exchange of four timestamps, at no extra packet.
 *
 *     Tardy-Clock: 1780000000123.456;2.345;3;0;9f3c
 *
 * Wall time when the response went out, in ms since 1970; how long after the request had come, in
 * ms; how far our wall clock may be off what it says, in µs; how often it was set, modulo 256; four
 * hex digits for the life of the process. 58 bytes with its name.
 *
 * A cache would repeat an old one: a response with `Age` tells nothing, nor does one that is not
 * later than the last.
 */

/** In lower case, as it is looked for. */
export const CLOCK_HEADER = 'tardy-clock';
/** The hybrid logical clock, of requests and responses, where that is asked for. */
export const HLC_HEADER = 'tardy-hlc';

/** What a server says of its clock. */
export interface ServerClock {
  /** Wall time when the response went out. */
  readonly sentAtWallMs: number;
  /** From the request to the response, in ms. */
  readonly heldMs: number;
  readonly errorMs: number;
  /** How often its wall clock was set, modulo 256. */
  readonly steps: number;
  /** Four hex digits: another process begins anew. */
  readonly life: string;
}

export function clockHeader(clock: ServerClock): string {
  const { sentAtWallMs, heldMs, errorMs, steps, life } = clock;
  const times = `${sentAtWallMs.toFixed(3)};${heldMs.toFixed(3)};${Math.ceil(errorMs * 1000)}`;
  return `${times};${steps % STEPS_MODULUS};${life}`;
}

/** What such a header says; undefined if it is none. */
export function clockFromHeader(value: string): ServerClock | undefined {
  const [, sent, held, errorUs, steps, life] = FORM.exec(value) ?? [];
  if (life === undefined) return undefined;
  // Both times are rounded to the microsecond.
  const errorMs = (Number(errorUs) + ROUNDING_US) / 1000;
  const times = { sentAtWallMs: Number(sent), heldMs: Number(held), errorMs };
  return { ...times, steps: Number(steps), life };
}

const FORM = /^(\d{1,15}\.\d{3});(\d{1,9}\.\d{3});(\d{1,9});(\d{1,3});([0-9a-f]{4})$/;
const STEPS_MODULUS = 256;
const ROUNDING_US = 1;
