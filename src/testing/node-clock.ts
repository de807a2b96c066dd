/**
 * The two clocks of a simulated node: a monotonic one with an arbitrary zero and a drift, and a
 * wall clock that runs off the same oscillator and may be stepped. Neither is true time: two
 * nodes never share a clock, and what a node is told is what its own clocks say.
 *
 *   mono(t) = mono(t₀) + (t − t₀) · (1 + driftPpm / 10⁶)        since the last change at t₀
 */
import type { Instant } from '../membership/types.ts';

export interface NodeClockOptions {
  /** What the monotonic clock shows at true time 0, in ms. */
  readonly zeroMs: number;
  /** How much it gains, in millionths; crystals: within ±100. */
  readonly driftPpm: number;
  /** Wall clock minus true wall clock at true time 0, in ms. */
  readonly wallOffsetMs: number;
}

/** The true wall time at true time 0: some day in 2026. */
export const WALL_ZERO_MS = 1_780_000_000_000;

export class NodeClock {
  #sinceMs = 0;
  #monoMs: number;
  #rate: number;
  #wallMinusMonoMs: number;
  /** True time at which somebody last set the wall clock. */
  steppedAtMs = -Infinity;

  constructor(options: NodeClockOptions) {
    this.#monoMs = options.zeroMs;
    this.#rate = 1 + options.driftPpm / 1e6;
    this.#wallMinusMonoMs = WALL_ZERO_MS + options.wallOffsetMs - options.zeroMs;
  }

  monoMs(trueMs: number): number {
    return this.#monoMs + (trueMs - this.#sinceMs) * this.#rate;
  }

  instant(trueMs: number): Instant {
    const monoMs = this.monoMs(trueMs);
    return { monoMs, wallMs: monoMs + this.#wallMinusMonoMs };
  }

  /** The true time at which the monotonic clock shows that. */
  trueMs(monoMs: number): number {
    return this.#sinceMs + (monoMs - this.#monoMs) / this.#rate;
  }

  /** From then on it gains so much; it does not jump. */
  setDrift(driftPpm: number, atTrueMs: number): void {
    this.#monoMs = this.monoMs(atTrueMs);
    this.#sinceMs = atTrueMs;
    this.#rate = 1 + driftPpm / 1e6;
  }

  /** Somebody set the wall clock; the monotonic one does not notice. */
  stepWall(byMs: number, atTrueMs: number): void {
    this.steppedAtMs = atTrueMs;
    this.#wallMinusMonoMs += byMs;
  }
}
