/**
 * The line over the last minute or so, and what to do when the rate has changed.
 *
 * Problem: the longer the line, the finer; but after a change of rate (somebody began to slew the
 * clock) a line over both rates is wrong by milliseconds, and stays inside the bounds of a slow
 * link all the while.
 * Idea: several lines that began one after the other, all fed; the oldest speaks. When it is of
 * age it goes, so that nothing need be taken out of a hull. When a younger one contradicts it, it
 * goes at once: at the old rate, the corridor of the young one lies aside by more than
 *  - chance: the ends of a corridor of n exchanges are off by an exponential of mean s / n;
 *  - queues: delays that have grown by q, all of it one way, move the corridor by q / 2.
 * A line without any feasible rate goes too.
 * Source: Lepski 1991 (the longest window that agrees with the shorter ones).
 */
import { type Corridor, RateLine } from './rate-line.ts';

/** Lines at a time: the window is between LINES − 1 and LINES ages long. */
const LINES = 6;
/** Another line begins after so long and so many exchanges ... */
const AGE_MS = 10_000;
const AGE_EXCHANGES = 12;
/** ... or after so long: clocks wander too far for less frequent exchanges to help one another. */
const AGE_MAX_MS = 120_000;
/** A line of fewer exchanges contradicts nobody. */
const JUDGE_EXCHANGES = 8;
/** So many s / n are not chance: e^−8 a check. */
const CHANCE = 8;
/** Rounding and reading of clocks, in ms. */
const GRAIN_MS = 2e-3;
/** A rate is told when it is known within this. */
const RATE_ERROR_MAX = 15e-6;

interface Fit extends Corridor {
  readonly atMs: number;
  readonly rate: number;
  readonly rateError: number;
}

export class RateWindow {
  readonly #maxRate: number;
  readonly #lines: RateLine[] = [];
  #fit: Fit | undefined;

  /** `maxRate`: rates beyond ± this are none. */
  constructor(maxRate: number) {
    this.#maxRate = maxRate;
  }

  /** The offset lay between `lowMs` and `highMs` at an instant; older than the latest: ignored. */
  add(atMs: number, lowMs: number, highMs: number): void {
    const youngest = this.#lines.at(-1);
    if (youngest && atMs < youngest.latestMs) return;
    if (!youngest || isOfAge(youngest, atMs)) this.#begin(atMs);
    for (const line of this.#lines) line.add(atMs, lowMs, highMs);
    this.#fit = undefined;
    while (this.#isRefuted(this.#leading())) this.#drop(atMs, lowMs, highMs);
  }

  /** The likeliest offset at an instant, and the rate once that is known. */
  at(monoMs: number): { readonly offsetMs: number; readonly rate?: number } | undefined {
    if (this.#lines.length === 0) return undefined;
    const { middleMs, atMs, rate, rateError } = this.#leading();
    const offsetMs = middleMs + rate * (monoMs - atMs);
    return rateError <= RATE_ERROR_MAX ? { offsetMs, rate } : { offsetMs };
  }

  #begin(atMs: number): void {
    if (this.#lines.length === LINES) this.#lines.shift();
    this.#lines.push(new RateLine(this.#maxRate, atMs));
  }

  /** Without the oldest line; the last one begins anew. */
  #drop(atMs: number, lowMs: number, highMs: number): void {
    this.#lines.shift();
    this.#fit = undefined;
    if (this.#lines.length > 0) return;
    this.#begin(atMs);
    this.#lines[0]!.add(atMs, lowMs, highMs);
  }

  #leading(): Fit {
    this.#fit ??= fitOf(this.#lines[0]!);
    return this.#fit;
  }

  #isRefuted(fit: Fit): boolean {
    const [oldest, ...younger] = this.#lines as [RateLine, ...RateLine[]];
    if (fit.widthMs < 0) return oldest.count > 1;
    return younger.some((line) => contradicts(line, fit, oldest.leastDelayMs));
  }
}

function isOfAge(line: RateLine, atMs: number): boolean {
  const ageMs = atMs - line.sinceMs;
  return ageMs >= AGE_MAX_MS || (ageMs >= AGE_MS && line.count >= AGE_EXCHANGES);
}

function fitOf(line: RateLine): Fit {
  const rate = line.rate();
  const corridor = line.corridor(rate);
  return { ...corridor, rate, atMs: line.latestMs, rateError: line.rateError(corridor) };
}

function contradicts(line: RateLine, fit: Fit, leastDelayMs: number): boolean {
  if (line.count < JUDGE_EXCHANGES) return false;
  const corridor = line.corridor(fit.rate);
  const queuesMs = Math.max(0, corridor.widthMs - leastDelayMs) / 2;
  const chanceMs = (CHANCE * line.noiseMs(corridor)) / line.count;
  return Math.abs(corridor.middleMs - fit.middleMs) > queuesMs + chanceMs + GRAIN_MS;
}
