/**
 * Until when a lease may be acted on.
 *
 * Problem: who holds a lease learns of its end only by its own clock, and that clock may run slow,
 * stand still, or be set by somebody. The issuer counts from when it read the request, which the
 * holder does not know.
 * Idea: count from before the request was *sent*, which is earlier for sure, by a clock that
 * nobody sets and that runs on while the machine sleeps; take off what the two clocks may drift
 * apart, what such a clock is read too low by, and a margin for what still has to travel when the
 * lease is looked at.
 * Formula: held until = sent at + ttl − 2 · drift · ttl − grain − margin. An issuer that is fast by
 * d lets ttl pass in ttl / (1 + d); a holder that is slow by d counts (1 − d) / (1 + d) · ttl of
 * it, and (1 − d) / (1 + d) ≥ 1 − 2d.
 * Source: Gray & Cheriton 1989 (leases); Kleppmann, Designing Data-Intensive Applications, ch. 8.
 */
import { argumentError } from '../errors.ts';

/**
 * How far the rate of each of the two clocks may be off, in millionths: what Google assumes of its
 * servers (6 ms in 30 s). Lower: the holder acts longer, and too long on a bad crystal. Higher:
 * costs 2 µs of each second of the lease for each millionth. A clock that is slewed by its time
 * daemon is off by more: chrony's default limit is 83,333.
 */
export const DRIFT_PPM = 200;

/** Leases longer than a year are a mistake in the unit. */
const TTL_MS_MAX = 366 * 86_400_000;

export interface LeaseRule {
  /** What the holder stops before the end, in ms, >= 0. */
  readonly marginMs: number;
  /** How far the rate of each of the two clocks may be off, in millionths. */
  readonly maxDriftPpm: number;
  /** How far an elapsed time is read too low at most, in ms. */
  readonly grainMs: number;
}

export interface LeaseSpan {
  /** Before the request for it was sent. */
  readonly sentAtMs: number;
  /** What the issuer granted. */
  readonly ttlMs: number;
}

/** The first instant, by the holder's clock, at which the lease may not be acted on any more. */
export function heldUntilMs({ sentAtMs, ttlMs }: LeaseSpan, rule: LeaseRule): number {
  const driftMs = (2 * rule.maxDriftPpm * ttlMs) / 1e6;
  return sentAtMs + ttlMs - driftMs - rule.grainMs - rule.marginMs;
}

/** Throws ERR_TARDY_ARGUMENT unless it is a time to live in ms: > 0, at most a year. */
export function checkTtl(ttlMs: number): void {
  if (ttlMs > 0 && ttlMs <= TTL_MS_MAX) return;
  throw argumentError('ttlMs', ttlMs, 'a number of milliseconds > 0, at most a year');
}

/** Throws ERR_TARDY_ARGUMENT for a rule that leaves nothing of a lease of `ttlMs`. */
export function checkRule(ttlMs: number, rule: LeaseRule): void {
  checkTtl(ttlMs);
  const { marginMs, maxDriftPpm } = rule;
  if (!(maxDriftPpm >= 0 && maxDriftPpm < 500_000)) {
    throw argumentError('maxDriftPpm', maxDriftPpm, 'a number >= 0, less than 500000');
  }
  const usableMs = heldUntilMs({ sentAtMs: 0, ttlMs }, { ...rule, marginMs: 0 });
  if (marginMs >= 0 && marginMs < usableMs) return;
  const most = `less than the ${usableMs.toFixed(1)} ms that are left of ${ttlMs} ms`;
  throw argumentError('marginMs', marginMs, `a number of milliseconds >= 0, ${most}`);
}
