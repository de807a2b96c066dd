/**
 * The offset of another clock as a line over time: offset and rate, by set membership.
 *
 * Problem: an exchange bounds the offset from both sides, but by milliseconds where microseconds
 * are wanted, and each at another instant, while the clocks drift apart.
 * Idea: a line that is below all upper and above all lower bounds is feasible. Of the feasible
 * ones take the middle of the widest corridor: the rate b that maximises
 *
 *     W(b) = min(uᵢ + (b + w) ageᵢ) − max(lᵢ + (b − w) ageᵢ),
 *
 * the offset halfway between the two. For delays with exponential tails, the same smallest delay
 * both ways, that is the line of greatest likelihood; the sum of the delays is the same for every
 * line, so nothing but the smallest delay decides. Where many rates are as wide (all is bounded
 * by one exchange) the middle of them is taken. Clocks wander: bounds loosen by w a millisecond of
 * age, or the past would outweigh the present. W is concave and made of straight pieces between
 * the slopes of two convex hulls, which are walked from both ends.
 * In simulations of such links, its error was 1.4 times as large for one hull edge on each side
 * (Moon, Skelly & Towsley), up to 6 times for the middle of all feasible lines, and 20 times for
 * the best exchange alone. The mean of all lines by their likelihood was better by a seventh at the
 * median and by nothing at p99, and has to know the noise.
 * Source: Moon, Skelly & Towsley 1999; Geng et al. 2018 (Huygens: the widest margin); Milanese &
 * Vicino 1991 (set membership).
 */
import { Hull } from './hull.ts';

/** Clocks are taken to wander so much within the window, in ppm: quartz in a warming case does. */
const WANDER = 1e-6;
/** Delays count as at least so long where their logarithm is taken, in ms. */
const DELAY_MIN_MS = 1e-3;
/** The rate is off by less than so many s / (n T), 99 times in 100: see `rateError`. */
const RATE_ERROR_FACTOR = 14;

/** What two hulls leave free at an instant, at a rate. */
export interface Corridor {
  readonly middleMs: number;
  readonly widthMs: number;
}

export class RateLine {
  readonly #upper = new Hull();
  readonly #lower = new Hull();
  readonly #maxRate: number;
  readonly #sinceMs: number;
  #latestMs: number;
  #count = 0;
  #logDelays = 0;
  #leastDelayMs = Infinity;

  /** `maxRate`: rates beyond ± this are none. `sinceMs`: of the first exchange. */
  constructor(maxRate: number, sinceMs: number) {
    this.#maxRate = maxRate;
    this.#sinceMs = sinceMs;
    this.#latestMs = sinceMs;
  }

  /** An exchange, in order of time: the offset lay between `lowMs` and `highMs` at an instant. */
  add(atMs: number, lowMs: number, highMs: number): void {
    this.#upper.push(atMs, highMs);
    this.#lower.push(atMs, -lowMs);
    this.#latestMs = atMs;
    this.#count++;
    this.#logDelays += Math.log(Math.max(highMs - lowMs, DELAY_MIN_MS));
    this.#leastDelayMs = Math.min(this.#leastDelayMs, highMs - lowMs);
  }

  get sinceMs(): number {
    return this.#sinceMs;
  }

  get latestMs(): number {
    return this.#latestMs;
  }

  get count(): number {
    return this.#count;
  }

  /** The least of `highMs − lowMs`. */
  get leastDelayMs(): number {
    return this.#leastDelayMs;
  }

  /** What is free at the latest exchange, at a rate. */
  corridor(rate: number): Corridor {
    const high = this.#upper.least(WANDER + rate, this.#latestMs);
    const low = -this.#lower.least(WANDER - rate, this.#latestMs);
    return { middleMs: (high + low) / 2, widthMs: high - low };
  }

  /** The rate of the widest corridor; the middle of them if there are many. */
  rate(): number {
    const max = this.#maxRate;
    let i = this.#upper.support(WANDER - max);
    let j = this.#lower.support(WANDER + max);
    let rate = -max;
    let widestFrom: number | undefined;
    // The corridor widens with the rate as long as its lower side rests on a later exchange.
    while (j >= 0 && i < this.#upper.size) {
      const gain = this.#lower.time(j) - this.#upper.time(i);
      if (gain <= 0) widestFrom ??= rate;
      if (gain < 0) break;
      const nextUpper = this.#upper.slopeAfter(i) - WANDER;
      const nextLower = WANDER - this.#lower.slopeBefore(j);
      const next = Math.min(nextUpper, nextLower);
      if (next >= max) {
        rate = max;
        break;
      }
      rate = Math.max(rate, next);
      if (nextUpper <= nextLower) i++;
      else j--;
    }
    return ((widestFrom ?? rate) + rate) / 2;
  }

  /**
   * The scale s of the delays above the least, in ms: of two exponential ones, delays less the
   * corridor are 2 s on average. By the geometric mean, which a stall of a second does not move.
   */
  noiseMs({ widthMs }: Corridor): number {
    const usualMs = Math.exp(this.#logDelays / this.#count);
    return Math.max(DELAY_MIN_MS, (usualMs - widthMs) / 2);
  }

  /** How far the rate may be off: n delays over a time T pin the ends to s / n. */
  rateError(corridor: Corridor): number {
    const spanMs = this.#latestMs - this.#sinceMs;
    return (RATE_ERROR_FACTOR * this.noiseMs(corridor)) / (this.#count * spanMs);
  }
}
