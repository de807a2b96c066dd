/**
 * Whether the residuals still have the shape that was counted.
 *
 * Problem: a long memory of residuals is worth having only while they stay alike; a new tail (a
 * cache that misses, a retry inside the service) must not be averaged with the old one for hours.
 * Idea: at two levels that are often exceeded, S = 0.1 and 0.01, compare how often replies exceed
 * them with how often they should. Five standard errors apart, the memory is halved.
 * Formula: rate by exponential average over MEMORY / p replies; standard error
 * √(p · v · (1 / n + 1 / total)), with v = (1 + r) / (1 − r) for exceedances that come in bursts,
 * r being how much likelier one is after another.
 */
import { inflationOf } from './burst-meter.ts';

/** Exceedances remembered. */
const MEMORY = 200;
const STANDARD_ERRORS = 5;
/** Replies within the level change little: looked at after so many. */
const LOOK_EVERY = 16;
/** Expected exceedances below which nothing is concluded. */
const EXPECTED_MIN = 5;
/** Exceedances from which on bursts are told. */
const BURSTS_FROM = 5;
const CORRELATION_MAX = 0.99;

export class ShapeMonitor {
  readonly p: number;
  /** The residual that a share p of replies should exceed; nothing is told while it is Infinity. */
  x = Infinity;
  readonly #gain: number;
  readonly #keep: number;
  #rate: number;
  #replies = 0;
  #exceeded = 0;
  #afterAnother = 0;
  #lastExceeded = false;

  constructor(p: number) {
    this.p = p;
    this.#rate = p;
    this.#gain = p / MEMORY;
    this.#keep = 1 - this.#gain;
  }

  /** `total`: replies that the level was read from. True where they do not fit it. */
  observe(exceeded: boolean, total: number): boolean {
    this.#replies++;
    const gain = Math.max(this.#gain, 1 / (this.#replies + 1));
    this.#rate += gain * ((exceeded ? 1 : 0) - this.#rate);
    const isAfterAnother = exceeded && this.#lastExceeded;
    this.#lastExceeded = exceeded;
    this.#exceeded *= this.#keep;
    this.#afterAnother *= this.#keep;
    if (exceeded) this.#exceeded++;
    if (isAfterAnother) this.#afterAnother++;
    const isDue = exceeded || this.#replies % LOOK_EVERY === 0;
    if (!isDue || this.#replies * this.p < EXPECTED_MIN || this.#fits(total)) return false;
    this.#replies = 0;
    this.#rate = this.p;
    return true;
  }

  #fits(total: number): boolean {
    const n = Math.min(this.#replies, 2 / this.#gain);
    const variance = this.p * this.#inflation() * (1 / n + 1 / Math.max(100, total));
    return (this.#rate - this.p) ** 2 <= STANDARD_ERRORS ** 2 * variance;
  }

  checkpoint(): () => void {
    const [x, rate, replies] = [this.x, this.#rate, this.#replies];
    const [exceeded, afterAnother, last] = [this.#exceeded, this.#afterAnother, this.#lastExceeded];
    return () => {
      this.x = x;
      this.#rate = rate;
      this.#replies = replies;
      this.#exceeded = exceeded;
      this.#afterAnother = afterAnother;
      this.#lastExceeded = last;
    };
  }

  #inflation(): number {
    if (this.#exceeded <= BURSTS_FROM) return 1;
    const excess = (this.#afterAnother / this.#exceeded - this.#rate) / (1 - this.#rate);
    return inflationOf(excess, CORRELATION_MAX);
  }
}
