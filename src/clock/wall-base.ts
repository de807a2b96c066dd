/**
 * The wall base: wall time is monotonic time + base, and the base is known to a microsecond
 * although the wall clock is read in whole milliseconds.
 *
 * Problem: `Date.now()` says 1 ms at a time and may be set by anybody at any instant; the
 * monotonic clock is fine-grained and steady but does not say what time it is.
 * Idea: read monotonic, wall, monotonic again. If the wall clock says k between h1 and h2, it
 * showed k at some instant t in [h1, h2], so that k <= t + base < k + grain, and
 *
 *     k − h2 <= base < k + grain − h1.
 *
 * Every reading cuts the interval of possible bases. The best two are one just before and one
 * just after a tick of the wall clock: they leave no more than the time between them. Each bound
 * loosens with its age by the drift allowance, as the two clocks may run at different rates.
 *
 * A reading that leaves nothing is a change: somebody set the clock. With a base known within w
 * and a reading that took g, a change by s leaves nothing whenever |s| >= grain + w + g: every
 * such step is seen by the very next reading. A smaller one hides only from readings within
 * w + g of a tick that the change moved across them; a change by exactly 1 ms, with w + g at 3 µs,
 * from 3 readings in a thousand, and then seldom from two in a row. A reading can never make a
 * change of its own: a pause between h1 and h2 only makes it say less.
 *
 * The limit: a step below 1 ms shows only at a reading next to a tick, where one aims anyway to
 * keep the base narrow. Until then the base is off by that step, and its error does not tell.
 *
 * How large the change is, one reading tells within a millisecond only. So it is told once the
 * new base is narrow too, or after a while with the error it has then. A change that is no faster
 * than clocks are slewed is no step: it is followed, and from then on this clock gets twice the
 * allowance, half of which it loses again with each minute that shows no more such changes.
 *
 * Source: K. Marzullo, S. Owicki, "Maintaining the time in a distributed system", 1983, for
 * intervals in place of points; DDIA chapter 8, "Clock readings with a confidence interval".
 */
import { argumentError } from '../errors.ts';
import type { WallOffset } from './types.ts';

/**
 * What the clocks may differ in rate, in millionths: RFC 5905's PHI. Under Linux both are one
 * timekeeper in the kernel, slewed together, and differ by nothing at all; sandboxes that keep
 * time themselves differ by a few. Larger would be sound on more systems, and the base 7 times
 * wider between readings (at 100 ppm), where a step must be sized within 20 µs.
 */
export const WALL_DRIFT_PPM = 15;

/** Clocks are not slewed faster: twice what adjtime() and ntpd do. */
const SLEW_MAX_PPM = 1000;

/** And no change of so much is taken for slewing, however long ago the last good reading was. */
const SLEW_MAX_MS = 0.5;

/** A base so narrow makes a step known well within 20 µs. */
const NARROW_MS = 0.01;

/** A step is told after so long even if the new base is not narrow yet: all within 100 ms. */
const SIZING_MS = 60;

/** After so long, not even the doubt whether it is slewing keeps a change from being told. */
const SETTLING_MS = 200;

/** The drift allowance halves after so long without a change taken for slewing. */
const CALM_MS = 60_000;

/** The base is about 1.8e12 ms, where neighbouring doubles are 2^-12 ms apart. */
const ROUNDING_MS = 2 ** -13;

/** A reading of the wall clock between two readings of the monotonic clock. */
export interface WallReading {
  /** Monotonic, just before. */
  readonly beforeMs: number;
  /** What the wall clock said: whole ms since 1970. */
  readonly wallMs: number;
  /** Monotonic, just after. */
  readonly afterMs: number;
}

/** The wall clock was set. */
export interface WallStep {
  /** Monotonic instant of the reading that showed it. */
  readonly atMs: number;
  /** Forward is > 0. The truth lies within ±errorMs. */
  readonly byMs: number;
  readonly errorMs: number;
}

/** What was known of the base before it changed. */
interface Change {
  readonly atMs: number;
  readonly low: number;
  readonly high: number;
  /** What slewing may have done since the bounds were set. */
  readonly slewMs: number;
}

export class WallBase {
  readonly #grainMs: number;
  readonly #leastDriftRate: number;
  #driftRate: number;
  /** When the drift allowance was last changed. */
  #driftRateAtMs = 0;
  /** The base is counted from here: small numbers keep their nanoseconds. */
  #originMs: number | undefined;
  #low = -Infinity;
  #lowAtMs = 0;
  #high = Infinity;
  #highAtMs = 0;
  #change: Change | undefined;
  #changes = 0;

  /**
   * `driftPpm`: how much the rates of the two clocks may differ, 0 to 1000 (default 15).
   * `grainMs`: steps in which the wall clock tells time, > 0 (default 1, as `Date.now`).
   */
  constructor({
    driftPpm = WALL_DRIFT_PPM,
    grainMs = 1,
  }: { readonly driftPpm?: number; readonly grainMs?: number } = {}) {
    if (!(driftPpm >= 0 && driftPpm <= SLEW_MAX_PPM)) {
      throw argumentError('driftPpm', driftPpm, `a number from 0 to ${SLEW_MAX_PPM}`);
    }
    if (!(grainMs > 0 && grainMs < Infinity)) {
      throw argumentError('grainMs', grainMs, 'a number of milliseconds > 0');
    }
    this.#leastDriftRate = this.#driftRate = driftPpm / 1e6;
    this.#grainMs = grainMs;
  }

  /**
   * Takes a reading; readings come in order. A step, once its size is known: a reading or some
   * later. One that is no reading (not a number, after before before) is left out.
   */
  read({ beforeMs, wallMs, afterMs }: WallReading): WallStep | undefined {
    if (!(afterMs - beforeMs >= 0) || !Number.isFinite(wallMs)) return undefined;
    this.#originMs ??= wallMs - Math.floor(afterMs);
    const low = wallMs - this.#originMs - afterMs;
    // Holds at h1; at h2, where both bounds are to hold, the clocks may have drifted.
    const high =
      wallMs - this.#originMs + this.#grainMs - beforeMs + this.#driftRate * (afterMs - beforeMs);
    const knownLow = this.#lowAt(afterMs);
    const knownHigh = this.#highAt(afterMs);
    if (low > knownHigh || high < knownLow) {
      this.#changed(afterMs, knownLow, knownHigh);
      this.#setLow(low, afterMs);
      this.#setHigh(high, afterMs);
    } else {
      if (low > knownLow) this.#setLow(low, afterMs);
      if (high < knownHigh) this.#setHigh(high, afterMs);
    }
    this.#calm(afterMs);
    return this.#change && this.#settle(this.#change, afterMs);
  }

  /** The base at an instant; undefined before the first reading. */
  at(monoMs: number): WallOffset | undefined {
    if (this.#originMs === undefined) return undefined;
    const low = this.#lowAt(monoMs);
    const high = this.#highAt(monoMs);
    return {
      baseMs: this.#originMs + (low + high) / 2,
      errorMs: (high - low) / 2 + ROUNDING_MS,
    };
  }

  /** True while the clock was set and by how much is not known yet: read well-aimed, and soon. */
  get isChanging(): boolean {
    return this.#change !== undefined;
  }

  /**
   * How many readings showed a change, be it a step or slewing: counted at once, before it is
   * sized. What was read at different counts was read of different clocks.
   */
  get changes(): number {
    return this.#changes;
  }

  /** How wide the interval of possible bases is at an instant. */
  widthMs(monoMs: number): number {
    return this.#highAt(monoMs) - this.#lowAt(monoMs);
  }

  /**
   * Between which monotonic instants the wall clock is to tick next. Readings in this span narrow
   * the base, all others cannot.
   */
  nextTick(monoMs: number): { readonly fromMs: number; readonly toMs: number } {
    const low = this.#lowAt(monoMs);
    const tick = Math.floor(monoMs + low) + 1;
    return { fromMs: tick - this.#highAt(monoMs), toMs: tick - low };
  }

  /** Two changes before the first is sized are one. */
  #changed(atMs: number, low: number, high: number): void {
    const ageMs = atMs - Math.min(this.#lowAtMs, this.#highAtMs);
    const slewMs = Math.min(SLEW_MAX_MS, (SLEW_MAX_PPM / 1e6) * ageMs);
    this.#changes++;
    this.#change ??= { atMs, low, high, slewMs };
  }

  /** Step or slewing? As soon as that is known, or must be. */
  #settle(change: Change, nowMs: number): WallStep | undefined {
    const least = this.#lowAt(nowMs) - change.high;
    const most = this.#highAt(nowMs) - change.low;
    const byMs = (least + most) / 2;
    const isNarrow = this.widthMs(nowMs) <= NARROW_MS;
    const isStep = least > change.slewMs || most < -change.slewMs;
    const isSlewing = isNarrow
      ? Math.abs(byMs) <= change.slewMs
      : Math.max(-least, most) <= change.slewMs;
    const ageMs = nowMs - change.atMs;
    if (!isNarrow && ageMs < (isStep ? SIZING_MS : SETTLING_MS)) return undefined;
    this.#change = undefined;
    if (!isSlewing) return { atMs: change.atMs, byMs, errorMs: (most - least) / 2 };
    this.#allow(Math.min(2 * this.#driftRate, SLEW_MAX_PPM / 1e6), nowMs);
    return undefined;
  }

  #calm(nowMs: number): void {
    if (this.#driftRate === this.#leastDriftRate || nowMs - this.#driftRateAtMs < CALM_MS) return;
    this.#allow(Math.max(this.#driftRate / 2, this.#leastDriftRate), nowMs);
  }

  /** From now on; until now the bounds have loosened as they were allowed to. */
  #allow(driftRate: number, nowMs: number): void {
    this.#setLow(this.#lowAt(nowMs), nowMs);
    this.#setHigh(this.#highAt(nowMs), nowMs);
    this.#driftRate = driftRate;
    this.#driftRateAtMs = nowMs;
  }

  #setLow(low: number, atMs: number): void {
    this.#low = low;
    this.#lowAtMs = atMs;
  }

  #setHigh(high: number, atMs: number): void {
    this.#high = high;
    this.#highAtMs = atMs;
  }

  #lowAt(monoMs: number): number {
    return this.#low - this.#driftRate * Math.abs(monoMs - this.#lowAtMs);
  }

  #highAt(monoMs: number): number {
    return this.#high + this.#driftRate * Math.abs(monoMs - this.#highAtMs);
  }
}
