/**
 * The survival function of residuals, read both ways: phi of a residual, and the residual at a phi.
 *
 * Kaplan–Meier over the buckets, as in histogram/survival.ts, with one request more at risk
 * everywhere: of n replies the j-th largest is exceeded by the next one with probability
 * j / (n + 1), and that, not (j − 1) / n, is what a timeout is held to. Kept as the residual at
 * every 0.05 of phi, half a kilobyte in all, and straight in between.
 *
 * Beyond the slowest reply the tail is Pareto's, ln t growing by a constant for each phi (the
 * heavy-tailed case of the generalised Pareto), with the slope of the top replies; plus a
 * doubling for the first phi beyond, fourfold that for the second: where requests are cut off the
 * tail is unknown, and only a timeout that grows ever faster finds the next mode. Eight times as
 * long as anybody has waited is as far as it goes.
 */
import { RESIDUAL_BUCKETS, residualAt, type ResidualHistogram } from './residual-histogram.ts';

/** Distance of two knots, in phi. */
const STEP = 0.05;
/** Knots, up to phi = 7: ten million replies. */
const KNOTS_MAX = 141;
/** The fast side, −log10 F: only for telling a speed-up, so coarser. */
const LOW_STEP = 0.25;
const LOW_KNOTS = 13;
/** Replies below which the slope of the tail is not trusted: it is read before the last ten. */
const TAIL_REPLIES = 10;
/** Width of the stretch that the slope is read from, in phi: half of those replies. */
const TAIL_WIDTH = 0.3;
/** Steepest and flattest slope believed: ln t per phi. 2.3 is a Pareto tail without a mean. */
const SLOPE_MAX = 2.3;
/** How fast an unknown tail is searched: ln t = ln 2 · d² at d beyond the slowest reply. */
const SEARCH = Math.LN2;
/** How far beyond the longest wait the tail is continued, in ln t. */
const FAR = Math.log(8);

/** Of a curve of nothing: most routes never jump. */
const NONE = new Float32Array(0);

export class ResidualCurve {
  /** Residual at phi = STEP · i, rising. */
  #upper = NONE;
  /** Residual at −log10 F = LOW_STEP · i, falling. */
  #lower = NONE;
  #knots = 0;
  /** Where the curve ends: residual and phi of the slowest reply. */
  #endX = 0;
  #endPhi = 0;
  /** Residual per phi at the end, and how fast it grows beyond. */
  #slope = 0;
  #search = 0;
  /** The farthest residual that the tail is continued to. */
  #farX = 0;
  /** Replies that it is made of. */
  replies = 0;

  /** Phi of the slowest reply: beyond it, the tail is a guess. */
  get endPhi(): number {
    return this.#endPhi;
  }

  /** Made anew from the counts. `spread`: what a residual of 1 is in ln t. */
  read(histogram: ResidualHistogram, spread: number): void {
    const { completed, censored } = histogram;
    let atRisk = histogram.total;
    this.replies = sum(completed);
    this.#knots = this.#endPhi = 0;
    if (this.replies > 0 && this.#upper.length === 0) {
      this.#upper = new Float32Array(KNOTS_MAX);
      this.#lower = new Float32Array(LOW_KNOTS);
    }
    this.#lower.fill(-Infinity);
    let survival = 1;
    let phi = 0;
    let x = 0;
    for (let i = 0; i < RESIDUAL_BUCKETS && atRisk > 0; i++) {
      const replies = completed[i] as number;
      const after = atRisk - replies - (censored[i] as number);
      if (replies > 0) {
        survival *= 1 - replies / atRisk;
        const before = { x: this.#knots === 0 ? residualAt(Math.max(0, i - 1)) : x, phi };
        x = residualAt(i);
        const share = Math.max(survival * (1 + 1 / (after + 1)), 1 / (this.replies + 1));
        phi = Math.max(phi, -Math.log10(share));
        this.#fill(before, x, phi);
        this.#fillLow(x, 1 - Math.min(survival, 1 - 1 / (this.replies + 1)));
      }
      atRisk = after;
    }
    this.#endX = x;
    this.#endPhi = phi;
    this.#farX = Math.max(x, farthest(censored)) + FAR / spread;
    this.#fitTail(spread);
  }

  /** The residual that a reply exceeds with probability 10^−phi. */
  xAt(phi: number): number {
    if (phi >= this.#endPhi) {
      const beyond = phi - this.#endPhi;
      return Math.min(this.#farX, this.#endX + beyond * (this.#slope + beyond * this.#search));
    }
    const at = Math.max(0, phi / STEP);
    const knot = Math.min(Math.floor(at), this.#knots - 1);
    const from = this.#upper[knot] as number;
    const to = knot + 1 < this.#knots ? (this.#upper[knot + 1] as number) : this.#endX;
    const width = knot + 1 < this.#knots ? 1 : (this.#endPhi - STEP * knot) / STEP;
    return from + Math.min(1, (at - knot) / Math.max(width, 1e-9)) * (to - from);
  }

  /** The inverse of `xAt`, ≥ 0. */
  phiAt(x: number): number {
    if (x >= this.#endX) {
      const [b, c] = [this.#slope, this.#search];
      const beyond = x - this.#endX;
      return this.#endPhi + (2 * beyond) / (b + Math.sqrt(b * b + 4 * c * beyond));
    }
    let low = 0;
    let high = this.#knots; // the first knot above x, or the end
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#upper[middle] as number) > x) high = middle;
      else low = middle + 1;
    }
    if (low === 0) return 0;
    const from = this.#upper[low - 1] as number;
    const to = low < this.#knots ? (this.#upper[low] as number) : this.#endX;
    const toPhi = low < this.#knots ? STEP * low : this.#endPhi;
    const fromPhi = STEP * (low - 1);
    return fromPhi + ((x - from) / Math.max(to - from, 1e-12)) * (toPhi - fromPhi);
  }

  /** −log10 of the share of replies that are as fast as x, in steps: for telling a speed-up. */
  fastPhiAt(x: number): number {
    let knot = 0;
    while (knot + 1 < LOW_KNOTS && x <= (this.#lower[knot + 1] as number)) knot++;
    return LOW_STEP * knot;
  }

  /** The residual that a share 10^−phi of replies is faster than, phi rounded up to a knot. */
  fastXAt(phi: number): number {
    return this.#lower[Math.min(LOW_KNOTS - 1, Math.ceil(phi / LOW_STEP))] as number;
  }

  /** A way back to how it is now. */
  checkpoint(): () => void {
    const [upper, lower] = [this.#upper.slice(), this.#lower.slice()];
    const [knots, endX, endPhi] = [this.#knots, this.#endX, this.#endPhi];
    const [slope, search, farX, { replies }] = [this.#slope, this.#search, this.#farX, this];
    return () => {
      this.#upper = upper;
      this.#lower = lower;
      this.#knots = knots;
      this.#endX = endX;
      this.#endPhi = endPhi;
      this.#slope = slope;
      this.#search = search;
      this.#farX = farX;
      this.replies = replies;
    };
  }

  #fill(before: { x: number; phi: number }, x: number, phi: number): void {
    const width = phi - before.phi;
    while (this.#knots < KNOTS_MAX && STEP * this.#knots <= phi) {
      const part = width > 0 ? (STEP * this.#knots - before.phi) / width : 1;
      this.#upper[this.#knots++] = before.x + Math.max(0, part) * (x - before.x);
    }
  }

  /** `below`: the share of replies up to x. The last bucket that is rare enough counts. */
  #fillLow(x: number, below: number): void {
    const rare = -Math.log10(below) / LOW_STEP;
    for (let i = 1; i < LOW_KNOTS && i <= rare; i++) this.#lower[i] = x;
  }

  #fitTail(spread: number): void {
    const top = Math.min(this.#endPhi, -Math.log10(Math.min(0.3, TAIL_REPLIES / this.replies)));
    const width = Math.min(TAIL_WIDTH, top / 2);
    const slope = width > 0 ? (this.xAt(top) - this.xAt(top - width)) / width : 0;
    this.#slope = Math.min(SLOPE_MAX / spread, Math.max(0.02, slope));
    this.#search = SEARCH / spread;
  }
}

/** Residual of the longest wait that was cut off. */
function farthest(censored: Uint16Array): number {
  let i = censored.length - 1;
  while (i > 0 && censored[i] === 0) i--;
  return residualAt(i);
}

function sum(counts: Uint16Array): number {
  let total = 0;
  for (let i = 0; i < counts.length; i++) total += counts[i] as number;
  return total;
}
