/** What time it is and how sure that is, as pure rules: the clocks are yours. */
export {
  createOffsetEstimator,
  type Exchange,
  type ExchangeOutcome,
  type OffsetEstimator,
  type OffsetEstimatorOptions,
  type OffsetStep,
} from './offset-estimator.ts';
export { type FleetClock, fleetView, type FleetView } from './fleet.ts';
export { HLC_MAX_AHEAD_MS, hlcFromText, hlcParts, hlcText, HybridClock } from './hlc.ts';
export { intersect, type Intersection, type TimeSource } from './intersection.ts';
export { compareIntervals, type Order, unknownOrderShare } from './ordering.ts';
export type { Leap, Offset, OffsetBounds, TimeInterval, WallOffset } from './types.ts';
export { OFFSET_VERDICTS, type OffsetVerdict, offsetVerdict } from './verdict.ts';
export { WallBase, type WallReading, type WallStep } from './wall-base.ts';
