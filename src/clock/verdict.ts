/**
 * Is that clock off by more than we can bear?
 *
 * Problem: an offset is known as an interval; a verdict on its middle accuses clocks for the
 * network's jitter, or excuses them for it.
 * Idea: three answers. Only what is certain is said to be so, as an interval that straddles the
 * budget tells nothing: CockroachDB's rule counts it as healthy, ours shows it for what it is.
 */
import { argumentError } from '../errors.ts';
import type { OffsetBounds } from './types.ts';

/**
 * `within`: wherever the truth lies in its bounds, it is inside the budget. `out`: wherever it
 * lies, it is beyond. `ambiguous`: it depends on where.
 */
export const OFFSET_VERDICTS = ['within', 'ambiguous', 'out'] as const;
export type OffsetVerdict = (typeof OFFSET_VERDICTS)[number];

/**
 * Whether an offset is within ±maxOffsetMs, the ends included.
 *
 * @param maxOffsetMs >= 0; else throws ERR_TARDY_ARGUMENT.
 * @example offsetVerdict({ lowMs: 90, highMs: 110 }, 100) // 'ambiguous'
 */
export function offsetVerdict({ lowMs, highMs }: OffsetBounds, maxOffsetMs: number): OffsetVerdict {
  if (!(maxOffsetMs >= 0)) {
    throw argumentError('maxOffsetMs', maxOffsetMs, 'a number of milliseconds >= 0');
  }
  if (lowMs >= -maxOffsetMs && highMs <= maxOffsetMs) return 'within';
  return lowMs > maxOffsetMs || highMs < -maxOffsetMs ? 'out' : 'ambiguous';
}
