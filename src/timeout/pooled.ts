import { Counts, sum } from '../histogram/counts.ts';
import { survivalCurve } from '../histogram/survival.ts';
import { adviseFrom } from './advise.ts';
import type { Evidence } from './evidence.ts';
import type { Estimator } from './estimator.ts';
import type { TimeoutSettings } from './settings.ts';
import type { Advice } from './types.ts';

/** Shared: nothing here waits, so no two use it at once. */
const scratch = new Counts();

/** One advice over several estimators of the same destination, such as the routes of a peer. */
export function pooledAdvice(
  estimators: readonly Estimator[],
  nowMs: number,
  settings: TimeoutSettings,
): Advice {
  const [only] = estimators;
  if (only && estimators.length === 1) return only.advice(nowMs);
  scratch.clear();
  const contexts = estimators.map((estimator) => {
    estimator.addTo(scratch, nowMs);
    return estimator.context(nowMs);
  });
  const evidence: Evidence = {
    counts: scratch,
    curve: survivalCurve(scratch),
    pooled: true,
    lost: sum(contexts.map((context) => context.lost)),
    paused: sum(contexts.map((context) => context.paused)),
    givenUp: sum(contexts.map((context) => context.givenUp)),
    spanMs: Math.max(0, ...contexts.map((context) => context.spanMs)),
    varianceInflation: Math.max(1, ...contexts.map((context) => context.varianceInflation)),
  };
  return adviseFrom(evidence, settings);
}
