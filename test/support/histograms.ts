/** Small helpers around counts, for tests that know the raw durations. */
import { bucketIndex, Counts } from '../../src/histogram.ts';
import { toMicros } from '../../src/histogram/layout.ts';
import type { RollingHistogram } from '../../src/histogram/rolling-histogram.ts';

/** The counts of these durations in ms. */
export function countsOf(
  completedMs: readonly number[],
  censoredMs: readonly number[] = [],
): Counts {
  const counts = new Counts();
  for (const ms of completedMs) counts.completed[bucketIndex(toMicros(ms))]! += 1;
  for (const ms of censoredMs) counts.censored[bucketIndex(toMicros(ms))]! += 1;
  return counts;
}

/** What a rolling histogram holds now. */
export function contentsOf(histogram: RollingHistogram): Counts {
  const counts = new Counts();
  histogram.addTo(counts);
  return counts;
}

/** The q-quantile by its definition: the ceil(q n)-th smallest, the smallest for q = 0. */
export function exactQuantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil(q * sorted.length)) - 1]!;
}
