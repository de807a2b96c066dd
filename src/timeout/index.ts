/** Timeouts from measured replies: the pure core, usable alone. */
export { createTimeoutEstimator } from './create.ts';
export { samplesNeeded } from './order-statistic.ts';
export {
  createRetryBudget,
  mayRetry,
  type RetryAnswer,
  type RetryBudget,
  type RetryBudgetOptions,
  type RetryQuestion,
} from './retry.ts';
export type {
  Advice,
  Basis,
  InFlight,
  Observation,
  Outcome,
  TimeoutEstimator,
  TimeoutEstimatorOptions,
} from './types.ts';
