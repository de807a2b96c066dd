/** Observations in bulk, for tests that need thousands. */
import { Estimator } from '../../src/timeout/estimator.ts';
import type {
  Outcome,
  TimeoutEstimator,
  TimeoutEstimatorOptions,
} from '../../src/timeout/index.ts';
import { randomFrom } from './random.ts';

export interface Bulk {
  readonly count: number;
  /** Duration of the i-th, or of all. */
  readonly ms: number | ((i: number) => number);
  readonly outcome?: Outcome;
  readonly fromMs?: number;
  /** Time from one to the next. Default 10. */
  readonly everyMs?: number;
  readonly localPauseMs?: number;
}

/** Feeds them; the time after the last. */
export function feed(estimator: TimeoutEstimator, bulk: Bulk): number {
  const { count, ms, outcome = 'completed', fromMs = 0, everyMs = 10, localPauseMs } = bulk;
  for (let i = 0; i < count; i++) {
    estimator.observe({
      atMs: fromMs + i * everyMs,
      durationMs: typeof ms === 'number' ? ms : ms(i),
      outcome,
      ...(localPauseMs === undefined ? {} : { localPauseMs }),
    });
  }
  return fromMs + count * everyMs;
}

/** An estimator that has seen them. */
export function fed(bulk: Bulk, options?: TimeoutEstimatorOptions): Estimator {
  const estimator = new Estimator(options);
  feed(estimator, bulk);
  return estimator;
}

/** 1 … count in steps of `step`, in an order without a pattern, always the same; then again. */
export function shuffledSteps(count: number, step: number): (i: number) => number {
  const random = randomFrom(count + 1);
  const steps = Float64Array.from({ length: count }, (_, i) => (i + 1) * step);
  for (let i = count - 1; i > 0; i--) {
    const other = random.integer(i + 1);
    [steps[i], steps[other]] = [steps[other]!, steps[i]!];
  }
  return (i) => steps[i % count]!;
}
