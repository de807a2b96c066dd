import { type Counts, sum } from './counts.ts';
import { BUCKET_COUNT, bucketEndMs } from './layout.ts';

/**
 * The k-th smallest of all requests as its bucket's upper edge in milliseconds, the cut-off ones
 * ranked above every reply because nobody knows how long they would have taken. Undefined when
 * rank k (1 … n) is one of those, or beyond.
 */
export function orderStatisticMs(counts: Counts, k: number): number | undefined {
  let rank = 0;
  for (let i = 0; i < BUCKET_COUNT; i++) {
    rank += counts.completed[i] as number;
    if (rank >= k && rank > 0) return bucketEndMs(i);
  }
  return undefined;
}

/** The q-quantile of the replies alone (q in [0, 1]), in milliseconds; undefined without any. */
export function quantileMs(counts: Counts, q: number): number | undefined {
  const n = sum(counts.completed);
  return n === 0 ? undefined : orderStatisticMs(counts, Math.max(1, Math.ceil(q * n)));
}
