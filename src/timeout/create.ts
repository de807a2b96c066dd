import { Estimator } from './estimator.ts';
import type { TimeoutEstimator, TimeoutEstimatorOptions } from './types.ts';

/**
 * An estimator of the timeout of one destination. Throws ERR_TARDY_ARGUMENT for options out of
 * range; observations that make no sense (negative or NaN durations) are left out.
 */
export function createTimeoutEstimator(options?: TimeoutEstimatorOptions): TimeoutEstimator {
  return new Estimator(options);
}
