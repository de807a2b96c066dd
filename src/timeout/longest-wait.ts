/** The longest wait of the present window and the one before it. */
export class LongestWait {
  readonly #windowMs: number;
  #ms = 0;
  #beforeMs = 0;
  #untilMs = -Infinity;

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  keep(atMs: number, waitedMs: number): void {
    if (atMs >= this.#untilMs) {
      this.#untilMs = atMs + this.#windowMs;
      this.#beforeMs = this.#ms;
      this.#ms = 0;
    }
    if (waitedMs > this.#ms) this.#ms = waitedMs;
  }

  get ms(): number {
    return Math.max(this.#ms, this.#beforeMs);
  }

  checkpoint(): () => void {
    const [ms, beforeMs, untilMs] = [this.#ms, this.#beforeMs, this.#untilMs];
    return () => {
      this.#ms = ms;
      this.#beforeMs = beforeMs;
      this.#untilMs = untilMs;
    };
  }
}
