/** Keys remembered; the one that was let through longest ago goes first. */
const KEYS_MAX = 1000;

/**
 * Lets one event of a kind through in so long: a caller that tries again and again must not push
 * all else out of the log. Whoever counts them counts all.
 */
export class EventSpacing {
  readonly #everyMs: number;
  readonly #lastMs = new Map<string, number>();

  constructor(everyMs: number) {
    this.#everyMs = everyMs;
  }

  isDue(key: string, nowMs: number): boolean {
    if (nowMs - (this.#lastMs.get(key) ?? -Infinity) < this.#everyMs) return false;
    this.#lastMs.delete(key);
    this.#lastMs.set(key, nowMs);
    const [oldest] = this.#lastMs.keys();
    if (this.#lastMs.size > KEYS_MAX && oldest !== undefined) this.#lastMs.delete(oldest);
    return true;
  }
}
