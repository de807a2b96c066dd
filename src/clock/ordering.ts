/**
 * Which of two events was first, by clocks that are uncertain.
 *
 * Problem: last-write-wins compares two timestamps as if they were exact, and drops the later
 * write whenever the clocks differ by more than the events lie apart; nobody is told.
 * Idea: an event has an interval that holds its true time. Disjoint intervals are in order, for
 * certain; of overlapping ones nobody knows.
 *
 * How often is that? Two events are Δ apart, at nodes whose clocks are known within ±a and ±b.
 * Their intervals have half-widths a and b around readings that err by some α in ±a and β in ±b,
 * so they overlap exactly if |Δ + β − α| <= a + b. Let w = a + b: the *sum of the half-widths*,
 * or the mean of the two widths, or for equal clocks the width of one, latest − earliest. Events
 * that happen at random, `rate` a second over both nodes, follow each other after an exponential
 * time, whichever node has the next one. Hence, with clocks that happen to be right (α = β),
 *
 *     share unknown = P(Δ <= w) = 1 − e^(−rate · w).
 *
 * With clocks that err, it is 1 − e^(−rate · (w − (β − α))); over errors as likely to one side as
 * to the other that is never more on average, as the exponential is convex, and the same to the
 * first order. The formula is thus the upper end.
 *
 * Source: J. Corbett et al., "Spanner: Google's globally distributed database", 2012, section 3
 * (TrueTime); DDIA chapter 8, "Relying on synchronized clocks".
 */
import { argumentError } from '../errors.ts';
import type { OffsetBounds, TimeInterval } from './types.ts';

export type Order = 'before' | 'after' | 'unknown';

/**
 * Whether a was before b. An interval holds its ends, so two that touch are in no known order.
 *
 * @example compareIntervals({ earliest: 1, latest: 2 }, { earliest: 3, latest: 4 }) // 'before'
 */
export function compareIntervals(a: TimeInterval, b: TimeInterval): Order {
  if (a.latest < b.earliest) return 'before';
  return a.earliest > b.latest ? 'after' : 'unknown';
}

/**
 * Of neighbouring events at two nodes, the share whose order is unknown: 0 to 1.
 *
 * @param load.eventsPerS events of both nodes together that compete (writes of one key), a second;
 *   >= 0.
 * @param load.widthMs width of an interval, latest − earliest; of unequal clocks the mean; >= 0.
 *   Throws ERR_TARDY_ARGUMENT for anything else.
 * @example unknownOrderShare({ eventsPerS: 10, widthMs: 7 }) // 0.0676: Spanner's interval
 */
export function unknownOrderShare({
  eventsPerS,
  widthMs,
}: {
  readonly eventsPerS: number;
  readonly widthMs: number;
}): number {
  if (!(eventsPerS >= 0)) throw argumentError('eventsPerS', eventsPerS, 'a rate >= 0');
  if (!(widthMs >= 0)) throw argumentError('widthMs', widthMs, 'a number of milliseconds >= 0');
  if (eventsPerS === 0 || widthMs === 0) return 0; // also 0 · Infinity
  return -Math.expm1((-eventsPerS * widthMs) / 1000);
}

/**
 * The same for raw timestamps of two wall clocks, one ahead of the other by `bounds`: they tell
 * the order for certain if they differ by more than the clocks may. Events of both nodes are taken
 * for twice as many as ours, for want of the other's count. Undefined without events.
 */
export function orderUnknown(
  { lowMs, highMs }: OffsetBounds,
  eventsPerS: number,
): number | undefined {
  if (eventsPerS <= 0) return undefined;
  const widthMs = Math.max(Math.abs(lowMs), Math.abs(highMs));
  return unknownOrderShare({ eventsPerS: 2 * eventsPerS, widthMs });
}
