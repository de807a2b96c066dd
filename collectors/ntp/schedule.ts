/**
 * When a server is asked again. Public servers are given to all for nothing, so whoever uses them
 * asks seldom, stops asking what does not answer, and does what it is told.
 *
 * Source: RFC 5905, sections 7.4 (kiss codes) and 13 (poll process); RFC 8633, section 3.
 */
import { argumentError } from '../../src/errors.ts';

/** How a poll ended. */
export type PollEnd =
  | 'answered'
  /** A server of others said what was known: it need not be asked as often. */
  | 'confirmed'
  /** No usable answer, or none at all. */
  | 'silent'
  /** It asked us to ask less. */
  | 'rate'
  /** It will not have us. */
  | 'deny';

export const POLL_MS = 64_000;
/** More often than this, servers may take us for an attack. */
export const POLL_MIN_MS = 16_000;
/** So often at least, as ntpd and chrony do: the silent may come back, and all clocks drift. */
const SELDOM_MS = 1_024_000;
/** Longest poll interval of NTP, 36 hours. */
const POLL_MAX_MS = 2 ** 17 * 1000;
/** So that processes that started together do not ask together. */
const JITTER = 0.1;

export class PollSchedule {
  /** Between two polls while answers are news. */
  #pollMs: number;
  /** Between two polls as things are; at least #pollMs. */
  #waitMs: number;
  #isOver = false;

  /** `pollMs`: time between two polls, 16 s to 36 h. Default 64 s. */
  constructor(pollMs = POLL_MS) {
    if (!(pollMs >= POLL_MIN_MS && pollMs <= POLL_MAX_MS)) {
      throw argumentError('pollMs', pollMs, `a number of ms from ${POLL_MIN_MS} to ${POLL_MAX_MS}`);
    }
    this.#pollMs = pollMs;
    this.#waitMs = pollMs;
  }

  ended(end: PollEnd): void {
    if (end === 'deny') this.#isOver = true;
    // What a server has once complained of is too often for good.
    if (end === 'rate') this.#pollMs = Math.min(2 * this.#pollMs, POLL_MAX_MS);
    const isSlower = end === 'silent' || end === 'confirmed';
    if (isSlower) this.#waitMs = Math.min(2 * this.#waitMs, SELDOM_MS);
    this.#waitMs = end === 'answered' ? this.#pollMs : Math.max(this.#pollMs, this.#waitMs);
  }

  /** Time to the next poll in ms; undefined: never again. `random`: from 0 to 1. */
  nextMs(random: number): number | undefined {
    // Only ever later than it should be: an interval that was asked for is kept.
    return this.#isOver ? undefined : this.#waitMs * (1 + JITTER * random);
  }
}
