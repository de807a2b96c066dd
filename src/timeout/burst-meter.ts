/**
 * How much less than n independent replies n replies are worth.
 *
 * Problem: slow replies come in bursts (a full queue, a collection of garbage), and a bound that
 * takes them for independent is missed in most windows.
 * Formula: with r the chance that the reply after a slow one is slow too, in excess of the share
 * q of slow ones, the variance of a count of slow replies is inflated by (1 + r) / (1 − r), the
 * value for a first-order Markov chain; nEffective = n / inflation.
 */

/** Slow replies remembered: older ones lose half their weight whenever so many have come. */
const MEMORY = 200;
/** Fewer slow replies than this say nothing about bursts. */
const SLOW_MIN = 10;
/** One or two slow replies that follow another are chance. */
const PAIRS_MIN = 3;
/** Highest r believed: bursts of 200 on the mean. */
const CORRELATION_MAX = 0.995;

/**
 * Variance inflation of a count whose events follow each other with correlation r, held to
 * [0, most]: that of a first-order Markov chain.
 */
export function inflationOf(correlation: number, most: number): number {
  const r = Math.min(most, Math.max(0, correlation));
  return (1 + r) / (1 - r);
}

export class BurstMeter {
  #replies = 0;
  #slow = 0;
  #slowAfterSlow = 0;
  #lastWasSlow = false;

  observe(slow: boolean): void {
    this.#replies++;
    if (slow) {
      this.#slow++;
      if (this.#lastWasSlow) this.#slowAfterSlow++;
      if (this.#slow >= MEMORY) this.#fade();
    }
    this.#lastWasSlow = slow;
  }

  /** ≥ 1; 1 while there is no evidence of bursts. */
  varianceInflation(): number {
    if (this.#slow < SLOW_MIN || this.#slowAfterSlow < PAIRS_MIN) return 1;
    const share = this.#slow / this.#replies;
    if (share === 1) return 1; // all are slow: there is nothing to tell bursts from
    const excess = (this.#slowAfterSlow / this.#slow - share) / (1 - share);
    return inflationOf(excess, CORRELATION_MAX);
  }

  checkpoint(): () => void {
    const [replies, slow] = [this.#replies, this.#slow];
    const [slowAfterSlow, last] = [this.#slowAfterSlow, this.#lastWasSlow];
    return () => {
      this.#replies = replies;
      this.#slow = slow;
      this.#slowAfterSlow = slowAfterSlow;
      this.#lastWasSlow = last;
    };
  }

  #fade(): void {
    this.#replies /= 2;
    this.#slow /= 2;
    this.#slowAfterSlow /= 2;
  }
}
