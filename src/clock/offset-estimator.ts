/**
 * How far the clock of a peer is ahead of ours: an interval that holds the truth, and a point.
 *
 * Problem: of the way there and back only the sum is known. Every point is wrong by half of what
 * the two ways differ; and a bound that is right now grows old, because clocks drift apart.
 * Idea: two answers from the same four timestamps.
 * - The interval is for safety. It rests on `maxDriftPpm` alone (`offset-bounds.ts`): the truth is
 *   inside for every history of rates within it, every asymmetry and every load. The rate that was
 *   seen does not narrow it: a clock that kept its rate for an hour is slewed the next second, by
 *   ntpd at up to 500 ppm, by chrony at up to 83,333 (maxslewrate). Where that happens,
 *   `maxDriftPpm` must allow it.
 * - The point is for people and charts. It comes from the likeliest line over the last minute
 *   (`rate-line.ts`), and so does the rate; it is kept inside the interval.
 *
 * An exchange that no history can reconcile with those before is a step of either clock, another
 * path or a liar: everything starts anew from it. Steps that fit between the bounds cannot be
 * told from delay: for them, listen to who steps the clock (`wall-base.ts`), and give T1 and T4
 * by a steady clock (monotonic + a constant). When our wall clock moves against our monotonic one
 * all starts anew, too. Shifting the old bounds instead would keep them only if it was a step:
 * after a suspended machine resumes, the same is seen and the offset is what it was.
 * Source: Marzullo & Owicki 1983 (intervals); Corbett et al. 2012 (TrueTime: 200 ppm); `bench/clock`.
 */
import { argumentError } from '../errors.ts';
import { ConeBounds } from './offset-bounds.ts';
import { type Exchange, isOwnStep, readExchange, type Reading } from './offset-exchange.ts';
import { RateWindow } from './rate-window.ts';
import type { Offset, OffsetBounds } from './types.ts';

export type { Exchange } from './offset-exchange.ts';

/** Google's assumption for every clock; quartz has 20 to 100. */
export const MAX_DRIFT_PPM = 200;
/** The largest that is taken: beyond, nothing is a clock. */
const MAX_DRIFT_LIMIT_PPM = 100_000;

export interface OffsetEstimatorOptions {
  /**
   * How fast the two clocks may drift apart at any time, in ppm, > 0 and ≤ 100,000; default 200.
   * Too low: the truth may lie outside while a clock is slewed. Too high: old exchanges help less;
   * the interval grows by this, on each side, between exchanges.
   */
  readonly maxDriftPpm?: number;
}

/**
 * What became of an exchange. `accepted`: it narrowed or confirmed what was known. `rejected`: it
 * cannot be true, and changed nothing. `step`: it contradicts what was known; all starts anew from it.
 */
export type ExchangeOutcome = 'accepted' | 'rejected' | 'step';

/** By how much the offset changed, and when that was noticed: byMs ± errorMs holds the truth. */
export interface OffsetStep {
  /** When the exchange ended that showed it, by our monotonic clock. */
  readonly atMs: number;
  readonly byMs: number;
  readonly errorMs: number;
}

export interface OffsetEstimator {
  /**
   * Takes an exchange; never throws. One that is older than the latest is taken as well.
   *
   * Rejected are: numbers that are not finite, t4 < t1 or t3 < t2; an answer that took longer by
   * the peer's clock than from here; wall and monotonic clock that disagree within the exchange by
   * more than 1 ms and drift; an unusable `remoteErrorMs`; and what comes late and may be about the
   * time before a step.
   */
  exchange(x: Exchange): ExchangeOutcome;
  /**
   * The peer's wall clock less ours at an instant of our monotonic clock, past or future; the
   * truth lies in [lowMs, highMs]. `driftPpm` is there once it is known within 15 ppm, 99 times in
   * 100, for a rate that is constant meanwhile. Undefined until there was an exchange.
   */
  at(monoMs: number): Offset | undefined;
  /** What the last `step` was; undefined until there was one. */
  readonly lastStep: OffsetStep | undefined;
}

/**
 * Estimates how far the clock of one peer is ahead of ours.
 *
 * @throws TardyError `ERR_TARDY_ARGUMENT` if `maxDriftPpm` is out of range
 * @example
 * const offset = createOffsetEstimator();
 * offset.exchange({ t1WallMs: 1000, t2WallMs: 1509, t3WallMs: 1510, t4WallMs: 1021, t1MonoMs: 0, t4MonoMs: 21 });
 * offset.at(21); // { offsetMs: 499, lowMs: 488.9…, highMs: 509.0… }
 */
export function createOffsetEstimator(options: OffsetEstimatorOptions = {}): OffsetEstimator {
  const { maxDriftPpm = MAX_DRIFT_PPM } = options;
  if (!(maxDriftPpm > 0 && maxDriftPpm <= MAX_DRIFT_LIMIT_PPM)) {
    const wanted = `a number of ppm > 0 and <= ${MAX_DRIFT_LIMIT_PPM}`;
    throw argumentError('maxDriftPpm', maxDriftPpm, wanted);
  }
  return new BoundsAndLine(maxDriftPpm * 1e-6);
}

class BoundsAndLine implements OffsetEstimator {
  readonly #maxRate: number;
  #bounds: ConeBounds | undefined;
  #window: RateWindow;
  #latest: Reading | undefined;
  #lastStep: OffsetStep | undefined;

  constructor(maxRate: number) {
    this.#maxRate = maxRate;
    this.#window = new RateWindow(maxRate);
  }

  get lastStep(): OffsetStep | undefined {
    return this.#lastStep;
  }

  exchange(x: Exchange): ExchangeOutcome {
    const reading = readExchange(x, this.#maxRate);
    if (!reading) return 'rejected';
    // What began before a step was noticed may be about the time before it.
    if (this.#lastStep && reading.t1Ms < this.#lastStep.atMs) return 'rejected';
    const isLate = this.#latest !== undefined && reading.t4Ms < this.#latest.t4Ms;
    const isStep = this.#contradicts(reading);
    if (isStep && isLate) return 'rejected';
    if (isStep) this.#startAnew(reading);
    if (this.#bounds) this.#bounds.add(reading);
    else this.#bounds = new ConeBounds(this.#maxRate, reading);
    // One instant for both sides, or a single exchange would seem to tell a rate.
    this.#window.add((reading.t1Ms + reading.t4Ms) / 2, reading.lowMs, reading.highMs);
    if (!isLate) this.#latest = reading;
    return isStep ? 'step' : 'accepted';
  }

  at(monoMs: number): Offset | undefined {
    if (!this.#bounds || !Number.isFinite(monoMs)) return undefined;
    const { lowMs, highMs } = this.#bounds.at(monoMs);
    const likeliest = this.#window.at(monoMs) ?? { offsetMs: (lowMs + highMs) / 2 };
    const offsetMs = Math.min(highMs, Math.max(lowMs, likeliest.offsetMs));
    if (likeliest.rate === undefined) return { offsetMs, lowMs, highMs };
    return { offsetMs, lowMs, highMs, driftPpm: likeliest.rate * 1e6 };
  }

  #contradicts(reading: Reading): boolean {
    if (!this.#bounds || !this.#latest) return false;
    const elapsedMs = reading.t4Ms - this.#latest.t4Ms;
    const isOwn = isOwnStep(reading.baseMs - this.#latest.baseMs, elapsedMs, this.#maxRate);
    return isOwn || !this.#bounds.allows(reading);
  }

  #startAnew(reading: Reading): void {
    const { t4Ms } = reading;
    const before = this.#bounds!.at(t4Ms);
    const after = new ConeBounds(this.#maxRate, reading);
    this.#lastStep = { atMs: t4Ms, ...difference(after.at(t4Ms), before) };
    this.#bounds = after;
    this.#window = new RateWindow(this.#maxRate);
  }
}

/** One offset less another, each somewhere in its bounds. */
function difference(after: OffsetBounds, before: OffsetBounds): Omit<OffsetStep, 'atMs'> {
  const leastMs = after.lowMs - before.highMs;
  const mostMs = after.highMs - before.lowMs;
  return { byMs: (leastMs + mostMs) / 2, errorMs: (mostMs - leastMs) / 2 };
}
