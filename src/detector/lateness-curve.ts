/**
 * How surprising a lateness is: phi(L) = −log10 S(L), S(L) the chance that a live sender's next
 * sign of life comes later than L after it was due.
 *
 * Problem: plain quantiles of what was seen are calibrated as far as there are data, and say
 * nothing beyond. There the tail decides everything: an exponential fitted to the body is too
 * short for a satellite, a power law far too long for a quiet link, and one outage of an hour
 * would teach that hours are usual.
 * Idea, in three ranges:
 * - up to phi = 3, what was seen: a histogram of (L − centre) / spread, so that a link whose delay
 *   changes keeps its shape, together with PRIOR_COUNT imagined latenesses of the prior tail (the
 *   posterior mean of a Dirichlet process: data override it as they come). Each of the three
 *   levels keeps an account of its promise and is corrected by it (`Account`).
 * - beyond, the longer of two tails, each straight in phi. The link's own goes on at the pace of
 *   what was seen, DECADE_MAX intervals a decade at most, so that a silence of many intervals is
 *   suspected whatever was seen. The prior, for links that have not shown their tail yet: two
 *   lost beats and a bit, PRIOR_TAIL intervals, once in 10^8.
 * - no level lies OUTAGE intervals beyond that of phi 1, and no lateness counts for more: what is
 *   later is an outage, which is to be suspected, not learned, however often it happens. Only where a quarter of
 *   the last beats are that late there is no such ceiling, and a lateness counts for up to twice
 *   what would have been suspected: a link that is always that late is learned nevertheless.
 * Source: Ferguson 1973 (Dirichlet process); Hayashibara et al. 2004 (phi accrual); Gibbs &
 * Candès 2021 (the accounts).
 */
import { Account } from '../timeout/calibration.ts';
import { LatenessHistogram } from './lateness-histogram.ts';

/** Levels that data decide, and the median. */
const LEVELS = [1, 2, 3] as const;
const MEDIAN_PHI = Math.log10(2);
const LAST = LEVELS.length - 1;

/** Imagined latenesses of the prior. */
const PRIOR_COUNT = 1;
/** Lateness that the prior takes for as rare as PRIOR_TAIL_PHI says, in intervals. */
const PRIOR_TAIL = 2.2;
const PRIOR_TAIL_PHI = 8;
const PRIOR_DECADE = PRIOR_TAIL / PRIOR_TAIL_PHI;
/** Decades of a link's own tail are no longer than this, in intervals. */
const DECADE_MAX = 0.25;
/** So many intervals later than nine of ten begins an outage: see above. */
const OUTAGE = 3;
/** What is suspected, unless told otherwise; and the share of beats from which on outages are none. */
const SUSPECTED_PHI = 8;
const USUAL_SHARE = 0.25;
/** Beats over which that share is averaged. */
const SHARE_MEMORY = 16;
/** A usual lateness counts for no more than so many times what would have been suspected. */
const USUAL_CAP = 2;

/** Beats over which centre and spread are averaged. */
const AVERAGED = 300;
/** Latenesses count for no more than so many spreads when these are averaged. */
const CLIP = 4;
const SPREAD_MIN_MS = 0.01;
/** The levels are read anew after so many beats at most: the shape changes slowly. */
const REFRESH_EVERY = 64;
/** Levels are at least so far apart, in intervals: phi rises with every instant of silence. */
const APART = 1e-6;

export class LatenessCurve {
  readonly #seen = new LatenessHistogram();
  readonly #accounts = LEVELS.map((phi) => new Account(10 ** -phi));
  /** x at the median and at LEVELS. */
  readonly #levelsX = new Float64Array(LEVELS.length + 1);
  /** The same in ms, and in order. */
  readonly #levelsMs = new Float64Array(LEVELS.length + 1);
  #unitMs: number;
  #centreMs = 0;
  #spreadMs: number;
  #beats = 0;
  #outageShare = 0;
  /** No level lies beyond. */
  #ceilingMs = Infinity;
  #refreshAt = 0;
  #decadeMs: number;

  /** `unitMs`: the interval that signs of life are expected at, the unit of the prior. */
  constructor(unitMs: number) {
    this.#unitMs = unitMs;
    this.#spreadMs = 0.1 * unitMs;
    this.#decadeMs = DECADE_MAX * unitMs;
    this.#refresh();
  }

  /** A sign of life came so late (negative: early), in ms: was that promised? */
  judge(latenessMs: number): void {
    for (const [i, account] of this.#accounts.entries()) {
      const levelMs = this.#levelsMs[i + 1]!;
      account.judge(latenessMs > levelMs, levelMs >= this.#ceilingMs);
    }
  }

  /** What is to be expected from now on: a sign of life can come so late. */
  learn(latenessMs: number, unitMs: number): void {
    this.#unitMs = unitMs;
    const bounded = this.#bounded(latenessMs);
    if (this.#beats > 0) this.#seen.add((bounded - this.#centreMs) / this.#spreadMs);
    this.#average(bounded);
    if (++this.#beats >= this.#refreshAt) this.#refresh();
    else this.#place();
  }

  /** How late a sign of life may be until phi is reached, in ms. */
  latenessMs(phi: number): number {
    const levels = this.#levelsMs;
    if (phi >= LEVELS[LAST]!) return levels[LAST + 1]! + (phi - LEVELS[LAST]!) * this.#decadeMs;
    const above = LEVELS.findIndex((level) => phi < level);
    const fromPhi = above === 0 ? MEDIAN_PHI : LEVELS[above - 1]!;
    const perPhi = (levels[above + 1]! - levels[above]!) / (LEVELS[above]! - fromPhi);
    return levels[above]! + (phi - fromPhi) * perPhi;
  }

  /** The other way round: finite, >= 0, and never falling with lateness. */
  phi(latenessMs: number): number {
    const levels = this.#levelsMs;
    if (latenessMs >= levels[LAST + 1]!) {
      return LEVELS[LAST]! + (latenessMs - levels[LAST + 1]!) / this.#decadeMs;
    }
    let above = 0;
    while (latenessMs >= levels[above + 1]!) above++;
    const fromPhi = above === 0 ? MEDIAN_PHI : LEVELS[above - 1]!;
    const perMs = (LEVELS[above]! - fromPhi) / (levels[above + 1]! - levels[above]!);
    return Math.max(0, fromPhi + (latenessMs - levels[above]!) * perMs);
  }

  #bounded(latenessMs: number): number {
    const outageMs = OUTAGE * this.#unitMs + Math.max(0, this.#levelsMs[1]!);
    this.#outageShare += (Number(latenessMs > outageMs) - this.#outageShare) / SHARE_MEMORY;
    const isUsual = this.#outageShare >= USUAL_SHARE;
    this.#ceilingMs = isUsual ? Infinity : outageMs;
    const mostMs = isUsual ? USUAL_CAP * this.latenessMs(SUSPECTED_PHI) : outageMs;
    return Math.min(latenessMs, mostMs);
  }

  /** Robust averages of L and of |L − centre|; the first beats have all the weight. */
  #average(latenessMs: number): void {
    const share = Math.max(1 / (this.#beats + 1), 1 / AVERAGED);
    const clip = CLIP * this.#spreadMs;
    const off = Math.min(clip, Math.max(-clip, latenessMs - this.#centreMs));
    this.#centreMs += share * (this.#beats === 0 ? latenessMs : off);
    const spreadShare = Math.max(1 / (this.#beats + 4), 1 / AVERAGED);
    this.#spreadMs += spreadShare * (Math.abs(off) - this.#spreadMs);
    this.#spreadMs = Math.max(SPREAD_MIN_MS, this.#spreadMs);
  }

  #refresh(): void {
    const scale = (-Math.LN10 * this.#spreadMs) / (PRIOR_DECADE * this.#unitMs);
    const shift = (-Math.LN10 * this.#centreMs) / (PRIOR_DECADE * this.#unitMs);
    const prior = (x: number): number => PRIOR_COUNT * Math.min(1, Math.exp(shift + scale * x));
    this.#levelsX[0] = this.#seen.quantile(0.5, PRIOR_COUNT, prior);
    for (const [i, account] of this.#accounts.entries()) {
      this.#levelsX[i + 1] = this.#seen.quantile(
        10 ** -(LEVELS[i]! + account.theta),
        PRIOR_COUNT,
        prior,
      );
    }
    this.#refreshAt = this.#beats + Math.min(REFRESH_EVERY, 1 + this.#beats / 8);
    this.#place();
  }

  #place(): void {
    let leastMs = -Infinity;
    for (let i = 0; i <= LEVELS.length; i++) {
      const levelMs = this.#centreMs + this.#spreadMs * this.#levelsX[i]!;
      leastMs = Math.max(leastMs, Math.min(levelMs, this.#ceilingMs));
      this.#levelsMs[i] = leastMs;
      leastMs += APART * this.#unitMs;
    }
    const seenMs = (this.#levelsMs[LAST + 1]! - this.#levelsMs[1]!) / (LEVELS[LAST]! - LEVELS[0]);
    const tailMs = PRIOR_TAIL * this.#unitMs - this.#levelsMs[LAST + 1]!;
    this.#decadeMs = Math.max(
      Math.min(DECADE_MAX * this.#unitMs, seenMs),
      tailMs / (PRIOR_TAIL_PHI - LEVELS[LAST]!),
    );
  }
}
