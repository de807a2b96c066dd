/**
 * A clock that nobody sets and that runs on while the machine sleeps, as fine as the monotonic one.
 *
 * Problem: the monotonic clock stands still while the machine is suspended; the boot-time clock
 * runs on, but Linux tells it to Node in steps of 10 ms only.
 * Idea: the boot-time clock is ahead of the monotonic one by the time slept so far, which only
 * grows. Each pair of readings is a lower bound of it: a coarse clock is behind, never ahead. So
 * the highest bound seen is the best, and within one grain of the truth from the first on.
 * Formula: now = mono + max over readings of (boot − mono), from the first reading on.
 */
export interface ClockReading {
  /** Monotonic; read after the other one, so that their difference is never too high. */
  readonly monoMs: number;
  /** Since boot, sleep included. */
  readonly bootMs: number;
}

export class RunningClock {
  #firstMs: number | undefined;
  #aheadMs = -Infinity;

  /**
   * The time of this reading: that of the monotonic clock, plus what the machine slept since the
   * first reading. An elapsed time is too low by less than the grain of `bootMs`; one from a
   * reading of the bare monotonic clock is never lower than that.
   */
  nowMs({ monoMs, bootMs }: ClockReading): number {
    const aheadMs = bootMs - monoMs;
    this.#firstMs ??= aheadMs;
    if (aheadMs > this.#aheadMs) this.#aheadMs = aheadMs;
    return monoMs + this.#aheadMs - this.#firstMs;
  }
}
