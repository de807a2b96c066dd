/**
 * Which clocks of a fleet do not go with the others: the outlier by name, never a mean, which one
 * bad clock shifts for all.
 *
 * Two clocks go together if their offsets may differ by no more than the budget. Widened by half
 * of it to either side, their intervals then meet, so a majority that shares a point is a majority
 * whose clocks go together (`intersection.ts`).
 */
import { intersect } from './intersection.ts';
import type { OffsetBounds } from './types.ts';

export interface FleetClock {
  readonly name: string;
  /** How far it is ahead of ours; our own: [0, 0]. */
  readonly bounds: OffsetBounds;
}

export interface FleetView {
  /** Certainly further off the majority than the budget allows. */
  readonly outliers: readonly string[];
  /** False: no majority goes together, so nobody can say who is off. */
  readonly agrees: boolean;
}

/** `maxOffsetMs`: what two clocks may differ by. */
export function fleetView(clocks: readonly FleetClock[], maxOffsetMs: number): FleetView {
  const widened = clocks.map(({ name, bounds: { lowMs, highMs } }) => ({
    name,
    bounds: { lowMs: lowMs - maxOffsetMs / 2, highMs: highMs + maxOffsetMs / 2 },
  }));
  const { bounds, falsetickers } = intersect(widened);
  return { outliers: falsetickers, agrees: bounds !== undefined };
}
