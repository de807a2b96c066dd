/**
 * Tor's circuit build timeout.
 *
 * The last 1,000 times in bins of 10 ms. Xm is the mean of the ten fullest bins, weighted by their
 * counts (of the fullest alone before there are 1,000). With m the largest time seen,
 *   α = replies / (Σ ln max(x, Xm) + abandoned × ln m − n ln Xm), T = Xm (1 − q)^(−1/α),
 * once there are 100, at least 10 ms, never above m. Tor's q is 80 %; here it is the target's. When
 * 18 of the last 20 timed out, all is forgotten and T is 60 s, twice as much if it happens again.
 * Source: tor src/core/or/circuitstats.c, circuitstats.h; path-spec, "learning timeouts".
 * The older form: newer versions leave the abandoned out of α, which without listening on would
 * be worse. Left out: that Tor goes on measuring circuits it gave up, for no rule here may.
 */
import type { Observation } from '../../../src/timeout/types.ts';
import type { Rule, RuleMaker } from '../rule.ts';
import { Ring } from '../window.ts';

const TIMES = 1000;
const BIN_MS = 10;
const MIN_TIMES = 100;
const MODES = 10;
const INITIAL_MS = 60_000;
const MIN_MS = 10;
const RECENT = 20;
const RECENT_TIMEOUTS_MAX = 18;
/** Times between two estimates: as many as Tor collects between two saves. */
const REFRESH_EVERY = 10;
/** A circuit that was given up, among the times. */
export const ABANDONED = Infinity;

/** Where the Pareto curve begins, from the fullest bins. */
export function paretoStartMs(times: Float64Array, modes: number): number {
  const bins = new Map<number, number>();
  for (const ms of times) {
    if (ms === ABANDONED) continue;
    const bin = Math.floor(ms / BIN_MS);
    bins.set(bin, (bins.get(bin) ?? 0) + 1);
  }
  const fullest = [...bins].sort((a, b) => b[1] - a[1] || b[0] - a[0]).slice(0, modes);
  const total = fullest.reduce((sum, [, count]) => sum + count, 0);
  const middleMs = (bin: number) => bin * BIN_MS + BIN_MS / 2;
  return Math.floor(fullest.reduce((sum, [bin, count]) => sum + middleMs(bin) * count, 0) / total);
}

/** Exponent of the Pareto curve, of right-censored times; NaN if no time is above its start. */
export function paretoAlpha(times: Float64Array, startMs: number): number {
  let logs = 0;
  let abandoned = 0;
  let longestMs = 0;
  for (const ms of times) {
    if (ms === ABANDONED) abandoned++;
    else if (ms < startMs) logs += Math.log(startMs);
    else {
      logs += Math.log(ms);
      longestMs = Math.max(longestMs, ms);
    }
  }
  if (longestMs === 0) return NaN;
  const spread = logs + abandoned * Math.log(longestMs) - times.length * Math.log(startMs);
  return (times.length - abandoned) / spread;
}

export class TorCbt implements Rule {
  readonly name = 'Tor CBT';
  readonly #p: number;
  readonly #times = new Ring(TIMES);
  readonly #recent = new Ring(RECENT);
  #timeoutMs = INITIAL_MS;
  #new = 0;

  constructor(targetRate: number) {
    this.#p = targetRate;
  }

  timeoutMs(): number {
    if (this.#new >= REFRESH_EVERY && this.#times.count >= MIN_TIMES) this.#estimate();
    return this.#timeoutMs;
  }

  observe({ outcome, durationMs }: Observation): void {
    const timedOut = outcome === 'timed-out';
    this.#times.push(timedOut ? ABANDONED : durationMs);
    this.#recent.push(timedOut ? 1 : 0);
    this.#new++;
    const timeouts = this.#recent.filled().reduce((sum, one) => sum + one, 0);
    if (timeouts >= RECENT_TIMEOUTS_MAX) this.#startAgain();
  }

  #startAgain(): void {
    this.#times.clear();
    this.#recent.clear();
    this.#new = 0;
    this.#timeoutMs = this.#timeoutMs >= INITIAL_MS ? 2 * this.#timeoutMs : INITIAL_MS;
  }

  #estimate(): void {
    this.#new = 0;
    const times = this.#times.filled();
    const startMs = paretoStartMs(times, times.length < TIMES ? 1 : MODES);
    const alpha = paretoAlpha(times, startMs);
    if (!(alpha > 0)) return;
    const longestMs = times.reduce((most, ms) => (ms === ABANDONED ? most : Math.max(most, ms)), 0);
    const ms = startMs * this.#p ** (-1 / alpha);
    this.#timeoutMs = Math.max(MIN_MS, Math.min(ms, longestMs));
  }
}

export const torCbt: RuleMaker = {
  name: 'Tor CBT',
  make: ({ targetRate }) => new TorCbt(targetRate),
};
