/**
 * A peer that is suspected and trusted in turns is not called alive at once.
 *
 * Each mistake weighs 1 and halves every minute; from the second within reach on, the peer is
 * called slow for a while after it was heard again, twice as long for each further one. Only what
 * we call it waits: the vote falls at once, or damping would help to declare a live peer dead.
 * Source: the penalties of BGP route flap damping (RFC 2439).
 */

const HALF_LIFE_MS = 60_000;
const FREE = 1.5;
const HOLD_INTERVALS = 2;
const HOLD_INTERVALS_MAX = 30;

export class FlapDamping {
  #penalty = 0;
  #atMs = 0;
  #holdUntilMs = -Infinity;

  mistake(atMs: number, intervalMs: number): void {
    this.#penalty = this.#penalty * 2 ** (-(atMs - this.#atMs) / HALF_LIFE_MS) + 1;
    this.#atMs = atMs;
    if (this.#penalty < FREE) return;
    const intervals = Math.min(HOLD_INTERVALS_MAX, HOLD_INTERVALS ** (this.#penalty + 1 - FREE));
    this.#holdUntilMs = atMs + intervals * intervalMs;
  }

  get holdUntilMs(): number {
    return this.#holdUntilMs;
  }
}
