/**
 * How many questions beyond the regular ones a peer may cost: a token bucket. Its size lets one
 * doubt be pursued to its end; what flows back keeps the mean within a quarter of the regular
 * questions, whatever the network does.
 */

const SIZE = 16;
const PER_INTERVAL = 0.25;
/** Sums of fractions miss a whole token by less than this. */
const ROUNDING = 1e-6;

export class ProbeBudget {
  readonly #intervalMs: number;
  #tokens = SIZE;
  #atMs: number | undefined;

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  /** Whether one more may be sent; if so, it is counted. */
  take(nowMs: number): boolean {
    this.#refill(nowMs);
    if (this.#tokens < 1 - ROUNDING) return false;
    this.#tokens = Math.max(0, this.#tokens - 1);
    return true;
  }

  /** When one more may be sent. */
  readyMs(nowMs: number): number {
    this.#refill(nowMs);
    const missing = Math.max(0, 1 - ROUNDING / 2 - this.#tokens);
    return nowMs + (missing / PER_INTERVAL) * this.#intervalMs;
  }

  #refill(nowMs: number): void {
    const sinceMs = Math.max(0, nowMs - (this.#atMs ?? nowMs));
    this.#atMs = Math.max(nowMs, this.#atMs ?? nowMs);
    this.#tokens = Math.min(SIZE, this.#tokens + (sinceMs / this.#intervalMs) * PER_INTERVAL);
  }
}
