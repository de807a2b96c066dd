/**
 * Hybrid logical clock: timestamps that follow causality and stay close to wall time.
 *
 * Problem: a wall clock may be behind that of the node whose message was just read, or be set
 * back, and then an effect is stamped earlier than its cause. A logical clock never errs so, but
 * says nothing of time.
 * Idea: wall milliseconds in the upper 48 bits, a counter in the lower 16; a timestamp is the wall
 * time if that is greater than all seen, else the greatest seen + 1:
 *
 *     send:     last = max(wall · 2^16, last + 1)
 *     receive:  last = max(wall · 2^16, last + 1, remote + 1)
 *
 * This is the paper's (l, c) with its four cases, as c is 0 exactly if the wall time wins. A
 * counter that is full carries into the milliseconds by itself: 65,536 events are then 1 ms ahead.
 * The wall part is ahead of our wall clock by no more than the greatest wall clock heard was, and
 * so never by more than `maxAheadMs`, unless ours is set back itself: order goes first.
 *
 * Source: S. Kulkarni, M. Demirbas, D. Madappa, B. Avva, M. Leone, "Logical physical clocks and
 * consistent snapshots in globally distributed databases", 2014.
 */
import { argumentError } from '../errors.ts';

/**
 * A clock of another that is a minute ahead is broken, not late. Larger lets one wild clock drag
 * all timestamps of the fleet ahead, for good; smaller refuses nodes that have just booted and
 * wait for NTP. (YugabyteDB stops at the same; MongoDB takes a year.)
 */
export const HLC_MAX_AHEAD_MS = 60_000;

const COUNTER_BITS = 16n;
const COUNTER_MASK = 0xffffn;
/** 48 bits of milliseconds last until the year 10889. */
const WALL_MAX_MS = 2 ** 48 - 1;
const TEXT = /^[0-9a-f]{16}$/;

export class HybridClock {
  /** Remote timestamps that were refused: with those, what was caused may be stamped earlier. */
  refused = 0;
  readonly #maxAheadMs: number;
  #last = 0n;

  /** `maxAheadMs`: a remote timestamp further ahead of our wall clock is refused; >= 0. */
  constructor({ maxAheadMs = HLC_MAX_AHEAD_MS }: { readonly maxAheadMs?: number } = {}) {
    if (!(maxAheadMs >= 0)) {
      throw argumentError('maxAheadMs', maxAheadMs, 'a number of milliseconds >= 0');
    }
    this.#maxAheadMs = maxAheadMs;
  }

  /** Timestamp of an event of our own, or of a message we send. `wallMs`: since 1970. */
  send(wallMs: number): bigint {
    return (this.#last = greatest(packed(wallMs), this.#last + 1n));
  }

  /**
   * Timestamp of having received a message with `remote` on it: later than both. Undefined if
   * that is no timestamp or too far ahead; then our clock is as it was.
   */
  receive(remote: bigint, wallMs: number): bigint | undefined {
    if (!this.#believes(remote, wallMs)) {
      this.refused++;
      return undefined;
    }
    const seen = greatest(this.#last, remote);
    return (this.#last = greatest(packed(wallMs), seen + 1n));
  }

  /** The latest timestamp given; 0n at the start. */
  get last(): bigint {
    return this.#last;
  }

  #believes(remote: bigint, wallMs: number): boolean {
    if (remote < 0n) return false;
    const remoteMs = Number(remote >> COUNTER_BITS);
    return remoteMs < WALL_MAX_MS && remoteMs - wholeMs(wallMs) <= this.#maxAheadMs;
  }
}

/** What a timestamp is made of. Timestamps compare as they are: `a < b`. */
export function hlcParts(hlc: bigint): { readonly wallMs: number; readonly counter: number } {
  return { wallMs: Number(hlc >> COUNTER_BITS), counter: Number(hlc & COUNTER_MASK) };
}

/** For a header: 16 hexadecimal digits, in the order of time also as text. */
export function hlcText(hlc: bigint): string {
  return hlc.toString(16).padStart(16, '0');
}

/** The timestamp behind such a text; undefined if it is none. */
export function hlcFromText(text: string): bigint | undefined {
  return TEXT.test(text) ? BigInt(`0x${text}`) : undefined;
}

function packed(wallMs: number): bigint {
  return BigInt(wholeMs(wallMs)) << COUNTER_BITS;
}

/** Within 48 bits, whatever a broken clock says. */
function wholeMs(wallMs: number): number {
  return wallMs > 0 ? Math.min(Math.floor(wallMs), WALL_MAX_MS) : 0;
}

function greatest(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
