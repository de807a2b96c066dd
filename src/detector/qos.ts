/**
 * Settings of a failure detector from what its user wants of it.
 *
 * Problem: nobody knows which interval and which deadline they want. They know how soon a crash
 * must be seen, and how often a false alarm may come.
 * Idea: a heartbeat every η ms, and suspicion once none has come `deadline` ms after one was due.
 * A sender that crashes right after a beat is suspected within T = mean delay + η + deadline. A
 * live one is suspected if, at that instant, the beat that was due is missing, and the next, which
 * had η less, and so on: with independent beats the mean time between two mistakes is at least
 *
 *   f(η) = η ∏ⱼ 1 / (p + (1 − p) S(W − jη)),   j = 1 … ⌈W / η⌉ − 1,   W = T − mean delay
 *
 * (p: share of beats that are lost, S(x): share of the others later than x). A mistake lasts at
 * most η / ((1 − p)(1 − S(W))) on average. Of all intervals that keep the promise, the longest is
 * planned: the least traffic. If only the variance V of the delays is known, whatever their
 * distribution, S(x) = V / (V + x²) (Cantelli's one-sided inequality).
 * The beats must be independent: in a burst of losses, or in a pause of the sender, they are not,
 * and mistakes are more frequent than planned. So intervals are not let sink arbitrarily.
 * Source: Chen, Toueg & Aguilera, On the quality of service of failure detectors, 2002, 4 and 5.
 */
import { argumentError } from '../errors.ts';

/** Closer beats share their fate: there is no telling that they are independent. */
const MIN_INTERVAL_MS = 100;
/** Beats within one detection time that count: more would not be independent either. */
const BEATS_MAX = 100;
/** Intervals are planned with so many digits, in whole ms. */
const DIGITS = 3;
const RUNGS = 9 * 10 ** (DIGITS - 1);

export interface QosRequest {
  /** A crash is suspected within this time, the mean delay of heartbeats included, in ms, > 0. */
  readonly detectWithinMs: number;
  /** A live peer is wrongly suspected at most once in this time on average, in ms, > detectWithinMs. */
  readonly mistakeEveryMs: number;
  /** A wrong suspicion lasts no longer than this on average, in ms, > 0. Default: no limit. */
  readonly mistakeLastsMs?: number | undefined;
  /**
   * Share of heartbeats that never arrive, in [0, 1]. With `survival`: of those that it does not
   * count as late for ever, default 0. Without: required.
   */
  readonly lossRate?: number | undefined;
  /** Variance of the delay of those that arrive, in ms², finite and >= 0. Required without `survival`. */
  readonly delayVarianceMs2?: number | undefined;
  /**
   * Mean delay from sent to arrived, in ms, finite and >= 0. Default 0: a crash is then suspected
   * within `detectWithinMs` and the mean delay.
   */
  readonly delayMeanMs?: number | undefined;
  /**
   * Share of heartbeats that come later than so many ms after they were due (sent + mean delay),
   * in [0, 1], never rising; instead of the variance.
   */
  readonly survival?: ((latenessMs: number) => number) | undefined;
  /** No interval is shorter, in ms, finite and >= 1. Default 100. */
  readonly minIntervalMs?: number | undefined;
}

export interface QosPlan {
  readonly feasible: true;
  /** Between two heartbeats, in whole ms and three digits: the longest that does. */
  readonly intervalMs: number;
  /**
   * How long after the next heartbeat was due (last one sent + interval + mean delay) the peer is
   * suspected, in ms, >= 0.
   */
  readonly deadlineMs: number;
  /**
   * The phi at which a calibrated detector of heartbeats so far apart errs once in
   * `mistakeEveryMs`. By what was assumed it is reached before the deadline, or then.
   */
  readonly phi: number;
  readonly heartbeatsPerSecond: number;
  /** At least; Infinity where a mistake is impossible by what was assumed. */
  readonly expectedMistakeEveryMs: number;
}

export interface QosImpossible {
  readonly feasible: false;
  /** Each can be had if all else stays as asked; undefined: not by changing this alone. */
  readonly best: {
    /** The shortest. */
    readonly detectWithinMs: number | undefined;
    /** The longest. */
    readonly mistakeEveryMs: number | undefined;
  };
  readonly reason: string;
}

/** All that is known of the heartbeats, and of what is wanted what stays. */
interface Terms {
  /** Share of beats that are lost, or later than so many ms. */
  readonly missing: (latenessMs: number) => number;
  readonly delayMeanMs: number;
  readonly mistakeLastsMs: number | undefined;
  readonly minIntervalMs: number;
}

/**
 * Interval and deadline for heartbeats that keep a promise, or the best promise there is.
 * Throws ERR_TARDY_ARGUMENT.
 *
 * @example
 * planQos({ detectWithinMs: 30_000, mistakeEveryMs: 30 * 86_400_000, mistakeLastsMs: 60_000,
 *   lossRate: 0.01, delayVarianceMs2: 20_000 }) // an interval of 9,710 ms
 */
export function planQos(request: QosRequest): QosPlan | QosImpossible {
  const { detectWithinMs, mistakeEveryMs } = request;
  const terms = termsOf(request);
  const waitMs = detectWithinMs - terms.delayMeanMs;
  const intervalMs = longestIntervalMs(terms, waitMs, mistakeEveryMs);
  if (intervalMs === undefined) {
    const best = {
      detectWithinMs: leastDetectMs(terms, detectWithinMs, mistakeEveryMs),
      mistakeEveryMs: rarestMistakeMs(terms, waitMs, detectWithinMs),
    };
    return { feasible: false, best, reason: reasonOf(terms, waitMs) };
  }
  return {
    feasible: true,
    intervalMs,
    deadlineMs: waitMs - intervalMs,
    phi: Math.log10(mistakeEveryMs / intervalMs),
    heartbeatsPerSecond: 1000 / intervalMs,
    expectedMistakeEveryMs: meanTimeToMistakeMs(terms, waitMs, intervalMs),
  };
}

/** f of the head of this file. Counts on no more than is enough. */
function meanTimeToMistakeMs(
  { missing }: Terms,
  waitMs: number,
  intervalMs: number,
  enoughMs = Infinity,
): number {
  const beats = Math.min(BEATS_MAX, Math.ceil(waitMs / intervalMs) - 1);
  let allMissing = 1;
  for (let j = 1; j <= beats && intervalMs / allMissing < enoughMs; j++) {
    allMissing *= missing(waitMs - j * intervalMs);
  }
  return intervalMs / allMissing;
}

function longestIntervalMs(terms: Terms, waitMs: number, everyMs: number): number | undefined {
  // Where no beat comes in time, none comes in less.
  if (terms.missing(waitMs) === 1) return undefined;
  for (const ms of intervals(terms, waitMs)) {
    if (meanTimeToMistakeMs(terms, waitMs, ms, everyMs) >= everyMs) return ms;
  }
  return undefined;
}

/** Longest that any interval gives, if that is longer than the detection takes. */
function rarestMistakeMs(terms: Terms, waitMs: number, detectMs: number): number | undefined {
  let rarestMs = 0;
  for (const ms of intervals(terms, waitMs)) {
    rarestMs = Math.max(rarestMs, meanTimeToMistakeMs(terms, waitMs, ms));
  }
  return rarestMs > detectMs ? rarestMs : undefined;
}

/** Who has more time has all the intervals of who has less, and rarer mistakes with each. */
function leastDetectMs(terms: Terms, fromMs: number, everyMs: number): number | undefined {
  const suffices = (i: number): boolean =>
    longestIntervalMs(terms, rung(i) - terms.delayMeanMs, everyMs) !== undefined;
  const end = rung(rungBelow(everyMs)) < everyMs ? rungBelow(everyMs) : rungBelow(everyMs) - 1;
  let low = rungBelow(fromMs);
  if (low >= end) return undefined;
  // In growing steps: the answer is near as a rule, and long times cost most to try.
  let high = low + 1;
  for (let step = 1; !suffices(high); step *= 2) {
    if (high === end) return undefined;
    low = high;
    high = Math.min(end, high + step);
  }
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (suffices(middle)) high = middle;
    else low = middle;
  }
  return rung(high);
}

/** Those that may be planned, the longest first. */
function* intervals(terms: Terms, waitMs: number): Generator<number, undefined> {
  const longest = rungBelow(longestAllowedMs(terms, waitMs));
  for (let i = longest; i > 0 && rung(i) >= terms.minIntervalMs; i--) yield rung(i);
}

/** By the detection time, and by how long a mistake may last. */
function longestAllowedMs({ missing, mistakeLastsMs }: Terms, waitMs: number): number {
  if (mistakeLastsMs === undefined) return waitMs;
  return Math.min(waitMs, mistakeLastsMs * (1 - missing(waitMs)));
}

function reasonOf(terms: Terms, waitMs: number): string {
  const { minIntervalMs, delayMeanMs, mistakeLastsMs } = terms;
  const apart = `heartbeats are at least ${short(minIntervalMs)} ms apart`;
  if (waitMs < minIntervalMs) {
    const left = `detectWithinMs leaves ${short(Math.max(0, waitMs))} ms`;
    return `${left} beyond the mean delay of ${short(delayMeanMs)} ms, and ${apart}`;
  }
  if (terms.missing(waitMs) === 1) return 'no heartbeat arrives in time';
  const allowedMs = longestAllowedMs(terms, waitMs);
  if (allowedMs < minIntervalMs) {
    const needed = `mistakes of ${short(mistakeLastsMs ?? 0)} ms need a heartbeat every ${short(allowedMs)} ms`;
    return `${needed}, and ${apart}`;
  }
  const rarest = short(rarestMistakeMs(terms, waitMs, 0) ?? 0);
  return `too many heartbeats are lost or late: with the best interval there is a mistake every ${rarest} ms`;
}

function short(ms: number): string {
  return String(Number(ms.toPrecision(DIGITS)));
}

/** Numbers of three digits at most, in order: 0, 1, … 999, 1000, 1010, … 9990, 10,000, … */
function rung(i: number): number {
  const first = RUNGS / 9;
  if (i < first) return i;
  const decade = Math.floor((i - first) / RUNGS);
  return (first + ((i - first) % RUNGS)) * 10 ** decade;
}

/** The last of them that is no larger than `ms`. */
function rungBelow(ms: number): number {
  const first = RUNGS / 9;
  if (ms < first) return Math.floor(Math.max(0, ms));
  const decade = Math.max(0, Math.floor(Math.log10(ms / first)) - 1);
  let i = first + decade * RUNGS;
  while (rung(i + RUNGS) <= ms) i += RUNGS;
  while (rung(i + 1) <= ms) i++;
  return i;
}

function termsOf(request: QosRequest): Terms {
  const { detectWithinMs, mistakeEveryMs, mistakeLastsMs } = request;
  const { delayMeanMs = 0, minIntervalMs = MIN_INTERVAL_MS } = request;
  demand('detectWithinMs', detectWithinMs, 'finite and > 0', (x) => x > 0);
  demand(
    'mistakeEveryMs',
    mistakeEveryMs,
    'finite and > detectWithinMs',
    (x) => x > detectWithinMs,
  );
  if (mistakeLastsMs !== undefined) {
    demand('mistakeLastsMs', mistakeLastsMs, 'finite and > 0', (x) => x > 0);
  }
  demand('delayMeanMs', delayMeanMs, 'finite and >= 0', (x) => x >= 0);
  demand('minIntervalMs', minIntervalMs, 'finite and >= 1', (x) => x >= 1);
  return { missing: missingOf(request), delayMeanMs, mistakeLastsMs, minIntervalMs };
}

function missingOf({ survival, lossRate, delayVarianceMs2 }: QosRequest): Terms['missing'] {
  const late = survival ? checked(survival) : oneSided(delayVarianceMs2);
  const lost = survival ? (lossRate ?? 0) : lossRate;
  demand('lossRate', lost, 'in [0, 1], and given unless survival is', (x) => x >= 0 && x <= 1);
  return (latenessMs) => lost + (1 - lost) * late(latenessMs);
}

function oneSided(varianceMs2: number | undefined): (latenessMs: number) => number {
  const wanted = 'finite and >= 0, and given unless survival is';
  demand('delayVarianceMs2', varianceMs2, wanted, (x) => x >= 0);
  return (latenessMs) => (latenessMs > 0 ? varianceMs2 / (varianceMs2 + latenessMs ** 2) : 1);
}

function checked(survival: (latenessMs: number) => number): (latenessMs: number) => number {
  return (latenessMs) => {
    const share = survival(latenessMs);
    if (share >= 0 && share <= 1) return share;
    throw argumentError(`survival(${latenessMs})`, share, 'in [0, 1]');
  };
}

function demand(
  name: string,
  value: number | undefined,
  wanted: string,
  holds: (value: number) => boolean,
): asserts value is number {
  if (!Number.isFinite(value) || !holds(value as number)) throw argumentError(name, value, wanted);
}
