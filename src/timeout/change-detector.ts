/**
 * When replies have jumped to another level.
 *
 * Problem: one slow reply in a thousand is nothing, and three in a row are a slowdown, whatever
 * the shape of the tail.
 * Formula: CUSUM (Page 1954) on the surprise of each reply, −ln S(x) on the slow side and
 * −ln F(x) on the fast side: exponential with mean 1 while nothing has changed, whatever the
 * distribution. g := max(0, g + min(surprise, SURPRISE_MAX) − DRIFT); alarm at g > threshold.
 * With both constants the root of E e^(θ (surprise − 2)) = 1 is θ = 0.96, and a threshold h is
 * passed by chance once in about 5 e^(0.96 h) replies: a million on the slow side, 10^11 on the
 * fast side, where haste is dangerous. A tenfold slowdown is seen after three or four replies.
 * The new level is the mean since g was last 0, plus its standard error: cautious at first.
 */

const SURPRISE_MAX = 7;
export const DRIFT = 2;
const SLOWER_THRESHOLD = 13;
const FASTER_THRESHOLD = 25;

/** One side of the test. */
class Cusum {
  #score = 0;
  #replies = 0;
  #sum = 0;
  readonly #threshold: number;

  constructor(threshold: number) {
    this.#threshold = threshold;
  }

  /** True for an alarm. */
  add(surprise: number, logMs: number): boolean {
    this.#score += Math.min(SURPRISE_MAX, surprise) - DRIFT;
    this.#replies++;
    this.#sum += logMs;
    if (this.#score <= 0) this.reset();
    return this.#score > this.#threshold;
  }

  get isIdle(): boolean {
    return this.#score === 0;
  }

  get replies(): number {
    return this.#replies;
  }

  get mean(): number {
    return this.#sum / this.#replies;
  }

  reset(): void {
    this.#score = this.#replies = this.#sum = 0;
  }

  checkpoint(): () => void {
    const [score, replies, sum] = [this.#score, this.#replies, this.#sum];
    return () => {
      this.#score = score;
      this.#replies = replies;
      this.#sum = sum;
    };
  }
}

/** The level that replies jumped to: ln RTT, and how many replies said so. */
export interface Jump {
  readonly centre: number;
  readonly replies: number;
}

export class ChangeDetector {
  readonly #slower = new Cusum(SLOWER_THRESHOLD);
  readonly #faster = new Cusum(FASTER_THRESHOLD);

  /**
   * One reply, with its surprise on either side in nats and the spread of ln RTT; the new level
   * if it has jumped.
   */
  observe(
    logMs: number,
    surprise: { readonly slow: number; readonly fast: number },
    spread: number,
  ): Jump | undefined {
    const slower = this.#slower.add(surprise.slow, logMs);
    const faster = this.#faster.add(surprise.fast, logMs);
    if (!slower && !faster) return undefined;
    const { mean, replies } = slower ? this.#slower : this.#faster;
    this.reset();
    return { centre: mean + spread / Math.sqrt(replies), replies };
  }

  /** True where neither side has begun to count: surprises up to `DRIFT` change nothing. */
  get isIdle(): boolean {
    return this.#slower.isIdle && this.#faster.isIdle;
  }

  reset(): void {
    this.#slower.reset();
    this.#faster.reset();
  }

  checkpoint(): () => void {
    const restore = [this.#slower.checkpoint(), this.#faster.checkpoint()];
    return () => restore.forEach((each) => each());
  }
}
