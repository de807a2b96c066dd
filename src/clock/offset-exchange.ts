/**
 * What four timestamps bound: how far another clock is ahead of ours, from both sides.
 *
 * A request leaves at T1 by our clock and is read at T2 by theirs; the reply leaves at T3 by
 * theirs and is read at T4 by ours. Write P(τ) and L(τ) for what their clock and ours show at an
 * instant τ; neither runs backwards between steps. For every τ between departure τ1 and arrival τ2
 *
 *     P(τ) − L(τ) ≤ P(τ2) − L(τ1) = T2 − T1,
 *
 * whatever their rates and however long the way. Of [τ1, τ2] we know only the beginning, so the
 * upper bound is dated at t1. Likewise T3 − T4 = P(τ3) − L(τ4) ≤ P(τ) − L(τ) for τ in [τ3, τ4],
 * of which we know only the end: the lower bound is dated at t4. Both are loosened by what the
 * answerer says it may be off, and by the rounding of numbers near 10^12.
 * Source: RFC 5905, section 8 (on-wire protocol); Marzullo & Owicki 1983 (intervals).
 */

/** Four timestamps, and when that was by our monotonic clock; in ms. */
export interface Exchange {
  /** Request written, by our wall clock. */
  readonly t1WallMs: number;
  /** Request read, by theirs. */
  readonly t2WallMs: number;
  /** Reply written, by theirs. */
  readonly t3WallMs: number;
  /** Reply read, by our wall clock. */
  readonly t4WallMs: number;
  /** Request written, by our monotonic clock. */
  readonly t1MonoMs: number;
  /** Reply read, by our monotonic clock. */
  readonly t4MonoMs: number;
  /**
   * How far T2 and T3 may be from what is to be compared with, 0 to 16,000 ms (default 0): the
   * answerer's own bound, such as the root distance of an NTP server. If either side reads a clock
   * that shows whole milliseconds (`Date.now`), 1 belongs here: it makes good for both sides.
   */
  readonly remoteErrorMs?: number;
}

/** The offset lay below `highMs` at t1 and above `lowMs` at t4. */
export interface Reading {
  readonly t1Ms: number;
  readonly t4Ms: number;
  readonly lowMs: number;
  readonly highMs: number;
  /** Our wall clock less our monotonic clock. */
  readonly baseMs: number;
}

/** An answerer that is off by more says nothing: MAXDISP of RFC 5905. */
const REMOTE_ERROR_MAX_MS = 16_000;
/** Wall time ends here: the range of `Date`. */
const WALL_MAX_MS = 8.64e15;
/** Our own wall clock may show whole milliseconds, and be rounded: steps of less are not seen. */
const OWN_GRAIN_MS = 1.001;

/** What an exchange says; undefined if it cannot be true of clocks whose rates differ by `maxRate`. */
export function readExchange(x: Exchange, maxRate: number): Reading | undefined {
  const { t1WallMs, t2WallMs, t3WallMs, t4WallMs, t1MonoMs, t4MonoMs, remoteErrorMs = 0 } = x;
  if (!(remoteErrorMs >= 0 && remoteErrorMs <= REMOTE_ERROR_MAX_MS)) return undefined;
  if (!isInstant(t1MonoMs, t4MonoMs) || !isInstant(t1WallMs, t4WallMs)) return undefined;
  if (!isInstant(t2WallMs, t3WallMs)) return undefined;
  const baseMs = t4WallMs - t4MonoMs;
  const flightMs = t4MonoMs - t1MonoMs;
  if (isOwnStep(baseMs - (t1WallMs - t1MonoMs), flightMs, maxRate)) return undefined;
  const errorMs = remoteErrorMs + roundingMs(t1WallMs, t2WallMs, t3WallMs, t4WallMs);
  const highMs = t2WallMs - t1WallMs + errorMs;
  const lowMs = t3WallMs - t4WallMs - errorMs;
  // δ < 0: an answer quicker than its own work is a lie, or a step in between.
  if (highMs - lowMs < -maxRate * flightMs) return undefined;
  return { t1Ms: t1MonoMs, t4Ms: t4MonoMs, lowMs, highMs, baseMs };
}

/** Whether our wall clock was moved against our monotonic clock: neither drift nor grain. */
export function isOwnStep(byMs: number, elapsedMs: number, maxRate: number): boolean {
  return Math.abs(byMs) > OWN_GRAIN_MS + maxRate * Math.abs(elapsedMs);
}

/** Two readings of one clock, in order. */
function isInstant(earlierMs: number, laterMs: number): boolean {
  return earlierMs <= laterMs && Math.abs(earlierMs) + Math.abs(laterMs) <= 2 * WALL_MAX_MS;
}

/** Four numbers, each rounded to half of its last place, and their differences. */
function roundingMs(...wallMs: readonly number[]): number {
  return 2 * Number.EPSILON * Math.max(...wallMs.map(Math.abs));
}
