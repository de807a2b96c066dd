/**
 * Bounds of an offset over time, when all that is known of the rate is how large it may be.
 *
 * Problem: old bounds are worth keeping (the quickest exchange may be minutes old), but clocks
 * drift apart meanwhile, at a rate that may change at any time.
 * Idea: o(t) is Lipschitz: |o(t) − o(s)| ≤ ρ |t − s|. So a bound uᵢ at tᵢ is a cone,
 *
 *     o(t) ≤ uᵢ + ρ |t − tᵢ|        o(t) ≥ lⱼ − ρ |t − tⱼ|,
 *
 * and all of them hold at once. After the latest, the lowest upper cone is the one with the least
 * uᵢ − ρ tᵢ, whenever it is asked: one of each side is all that has to be kept. For instants
 * before, another might have been tighter; the one kept holds nevertheless.
 * Source: Marzullo & Owicki 1983; Corbett et al. 2012 (TrueTime: the sawtooth of uncertainty).
 */
import type { Reading } from './offset-exchange.ts';
import type { OffsetBounds } from './types.ts';

interface Cone {
  readonly atMs: number;
  readonly ms: number;
}

export class ConeBounds {
  readonly #maxRate: number;
  #upper: Cone;
  #lower: Cone;

  /** `maxRate`: ρ, in ms per ms. */
  constructor(maxRate: number, { t1Ms, t4Ms, lowMs, highMs }: Reading) {
    this.#maxRate = maxRate;
    this.#upper = { atMs: t1Ms, ms: highMs };
    this.#lower = { atMs: t4Ms, ms: lowMs };
  }

  /** Whether there is an offset over time that agrees with all before and with this. */
  allows({ t1Ms, t4Ms, lowMs, highMs }: Reading): boolean {
    return highMs >= this.at(t1Ms).lowMs && lowMs <= this.at(t4Ms).highMs;
  }

  add({ t1Ms, t4Ms, lowMs, highMs }: Reading): void {
    const rho = this.#maxRate;
    if (highMs - rho * t1Ms <= this.#upper.ms - rho * this.#upper.atMs) {
      this.#upper = { atMs: t1Ms, ms: highMs };
    }
    if (lowMs + rho * t4Ms >= this.#lower.ms + rho * this.#lower.atMs) {
      this.#lower = { atMs: t4Ms, ms: lowMs };
    }
  }

  at(monoMs: number): OffsetBounds {
    return {
      lowMs: this.#lower.ms - this.#maxRate * Math.abs(monoMs - this.#lower.atMs),
      highMs: this.#upper.ms + this.#maxRate * Math.abs(monoMs - this.#upper.atMs),
    };
  }
}
