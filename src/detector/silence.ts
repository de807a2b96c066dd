/**
 * How long nothing was heard while we could have heard something.
 *
 * A silence is measured from the instant at which the next sign of life was due. Whatever of it
 * falls into a pause of our own is not the sender's and does not count.
 */

/** Pauses remembered within one silence; of more, the oldest are joined. */
const PAUSES_MAX = 8;

interface Span {
  fromMs: number;
  toMs: number;
}

export class Silence {
  #sinceMs = 0;
  #pauses: Span[] = [];

  /** The next sign of life is due at this instant. Pauses that were over before are forgotten. */
  expect(sinceMs: number): void {
    this.#sinceMs = sinceMs;
    if (this.#pauses.length > 0) this.#pauses = this.#pauses.filter((p) => p.toMs > sinceMs);
  }

  /** We stood still. Spans may overlap, and may be told more than once as they grow. */
  paused(fromMs: number, toMs: number): void {
    if (!(toMs > fromMs) || toMs <= this.#sinceMs) return;
    const apart = this.#pauses.filter((p) => p.toMs < fromMs || p.fromMs > toMs);
    const joined = this.#pauses.filter((p) => !apart.includes(p));
    apart.push({
      fromMs: Math.min(fromMs, ...joined.map((p) => p.fromMs)),
      toMs: Math.max(toMs, ...joined.map((p) => p.toMs)),
    });
    this.#pauses = apart.sort((a, b) => a.fromMs - b.fromMs);
    if (this.#pauses.length > PAUSES_MAX) {
      const [oldest, next] = this.#pauses as [Span, Span];
      next.fromMs = oldest.fromMs;
      this.#pauses.shift();
    }
  }

  get sinceMs(): number {
    return this.#sinceMs;
  }

  /** How long the silence has lasted; < 0 before the next sign of life is due. */
  lastedMs(nowMs: number): number {
    if (this.#pauses.length === 0) return nowMs - this.#sinceMs;
    return nowMs - this.#sinceMs - this.pausedMs(nowMs);
  }

  /** How much of it was our own. */
  pausedMs(nowMs: number): number {
    let paused = 0;
    for (const { fromMs, toMs } of this.#pauses) {
      paused += Math.max(0, Math.min(toMs, nowMs) - Math.max(fromMs, this.#sinceMs));
    }
    return paused;
  }

  /** When it will have lasted so long if nothing is heard. */
  instantMs(lastedMs: number): number {
    let atMs = this.#sinceMs + lastedMs;
    for (const { fromMs, toMs } of this.#pauses) {
      const startMs = Math.max(fromMs, this.#sinceMs);
      if (startMs >= atMs) break;
      atMs += Math.max(0, toMs - startMs);
    }
    return atMs;
  }
}
