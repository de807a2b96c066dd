/**
 * How long before its end a lease is better let go.
 *
 * Problem: between a look at the lease and the effect of what it allows lie a request's way to the
 * resource and, now and then, a pause of our own. No look can rule these out; a margin makes them
 * rarer.
 * Idea: let both be as long as they rarely are: the 99.9th percentile of the round trip plus that
 * of our own pauses. More than a third of the lease is not given away: then the lease is too short
 * for this process, and the answer says which would do.
 * Formula: margin = min(ttl / 3, max(floor, p99.9 RTT + p99.9 pauses)).
 */
import { checkTtl } from './lease-rule.ts';

/** Without a measurement, in shares of the lease. Lower: more late writes; higher: less work. */
const UNKNOWN_SHARE = 0.1;
/** The margin takes no more than this share of the lease. */
const SHARE_MAX = 1 / 3;
/** A timer of Node may be so late on an idle machine, in ms. */
const FLOOR_MS = 2;

export interface MarginOptions {
  readonly ttlMs: number;
  /** 99.9th percentile of the round trip to the resource, in ms. */
  readonly rttMs?: number | undefined;
  /** 99.9th percentile of our own pauses, in ms. */
  readonly pauseMs?: number | undefined;
}

export interface Margin {
  readonly marginMs: number;
  /** In words, with the figures it is made of. */
  readonly reason: string;
  /** The shortest lease that has room for the margin that the figures ask for, in ms. */
  readonly ttlNeededMs: number;
}

/**
 * A margin for leases of `ttlMs`, and why. What is not given or no number >= 0 is not known; if
 * neither is, a tenth of the lease. Throws ERR_TARDY_ARGUMENT for a `ttlMs` that is not > 0.
 *
 * @example
 * proposeMargin({ ttlMs: 10_000, rttMs: 40, pauseMs: 120 }).marginMs; // 160
 */
export function proposeMargin({ ttlMs, rttMs, pauseMs }: MarginOptions): Margin {
  checkTtl(ttlMs);
  const known = [part('round trip', rttMs), part('own pauses', pauseMs)].filter(
    (p) => p !== undefined,
  );
  const mostMs = ttlMs * SHARE_MAX;
  if (known.length === 0) {
    const marginMs = Math.min(mostMs, Math.max(FLOOR_MS, ttlMs * UNKNOWN_SHARE));
    return {
      marginMs,
      reason: 'nothing is measured yet: a tenth of the lease',
      ttlNeededMs: ttlMs,
    };
  }
  const wantedMs = Math.max(FLOOR_MS, ...[known.reduce((sum, { ms }) => sum + ms, 0)]);
  const marginMs = Math.min(mostMs, wantedMs);
  const sum = known.map(({ text }) => text).join(' + ');
  const ttlNeededMs = Math.max(ttlMs, Math.ceil(wantedMs / SHARE_MAX));
  const cut = `, cut to a third of the lease: ${ttlNeededMs} ms would have room for it`;
  return { marginMs, reason: wantedMs > mostMs ? sum + cut : sum, ttlNeededMs };
}

function part(name: string, ms: number | undefined) {
  if (ms === undefined || !(ms >= 0 && ms < Infinity)) return undefined;
  return { ms, text: `p99.9 of ${name} ${ms.toFixed(1)} ms` };
}
