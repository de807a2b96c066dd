/**
 * Medians of paired runs with bootstrap intervals.
 *
 * A shared machine slows down for seconds at a time, so two long runs tell more of the neighbours
 * than of the code. Short blocks side by side share their weather: what is left is the difference,
 * its median shrugs off the blocks that were hit, and the bootstrap says how sure the median is.
 * Rounds of one set of processes resemble one another, so it draws sets first and rounds then.
 * Source: Efron & Tibshirani, An Introduction to the Bootstrap, 13.3 (percentile intervals);
 * Davison & Hinkley, Bootstrap Methods and their Application, 3.8 (hierarchical data).
 */
import type { Random } from '../../test/support/random.ts';

/** Resamples of one bootstrap: the 2.5 % ends then rest on 25 of them. */
const RESAMPLES = 1000;
const CONFIDENCE = 0.95;

/** A median, and how far it may be off. */
export interface Interval {
  readonly median: number;
  readonly low: number;
  readonly high: number;
  /** Values that it rests on. */
  readonly n: number;
}

/** Values in groups that belong together, such as the rounds of one set of processes. */
type Groups = readonly (readonly number[])[];

/** The middle value; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

/** The median of all values with its 95 % confidence interval. */
export function clusteredInterval(groups: Groups, random: Random): Interval {
  const all = groups.flat();
  return intervalOf(median(all), all.length, () => median(resampled(groups, random)));
}

/**
 * How many times the median of `a` is that of `b`, whose groups are of the same sets; Infinity
 * where that of b is not above 0.
 */
export function ratioInterval(a: Groups, b: Groups, random: Random): Interval {
  const ratio = (x: readonly number[], y: readonly number[]) => {
    const below = median(y);
    return below > 0 ? median(x) / below : Infinity;
  };
  const n = a.flat().length;
  return intervalOf(ratio(a.flat(), b.flat()), n, () => {
    const picks = picksOf(a, random);
    return ratio(pick(a, picks), pick(b, picks));
  });
}

/** Few values, such as one of each process: the median, the smallest and the largest. */
export function medianRange(values: readonly number[]): Interval {
  const n = values.length;
  return { median: median(values), low: Math.min(...values), high: Math.max(...values), n };
}

function intervalOf(middle: number, n: number, draw: () => number): Interval {
  const draws = Float64Array.from({ length: RESAMPLES }, draw).sort();
  const tail = (1 - CONFIDENCE) / 2;
  const at = (share: number) => draws[Math.round(share * (RESAMPLES - 1))] as number;
  return { median: middle, low: at(tail), high: at(1 - tail), n };
}

function resampled(groups: Groups, random: Random): number[] {
  return pick(groups, picksOf(groups, random));
}

/** Pairs of group and index within it. */
type Picks = readonly (readonly [number, number])[];

function picksOf(groups: Groups, random: Random): Picks {
  return groups.flatMap(() => {
    const group = random.integer(groups.length);
    const length = groups[group]?.length ?? 0;
    return Array.from({ length }, () => [group, random.integer(length)] as const);
  });
}

function pick(groups: Groups, picks: Picks): number[] {
  return picks.map(([group, i]) => groups[group]?.[i] as number);
}
