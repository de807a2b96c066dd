import type { Counts } from '../histogram/counts.ts';
import { BUCKET_COUNT, bucketLow } from '../histogram/layout.ts';
import { logOf, logOfBucket } from './location.ts';
import type { ResidualHistogram } from './residual-histogram.ts';

/** Counts are taken over in proportion, the largest no more than this. */
const COUNT_MAX = 30_000;

/** Residuals of everything that was counted, instead of what they held. */
export function fillResiduals(
  residuals: ResidualHistogram,
  counts: Counts,
  residualOf: (logMs: number) => number,
): void {
  residuals.clear();
  const scale = Math.min(1, COUNT_MAX / Math.max(1, largest(counts)));
  let [carryReplies, carryCensored] = [0, 0];
  for (let i = 0; i < BUCKET_COUNT; i++) {
    const replies = (counts.completed[i] as number) * scale + carryReplies;
    const censored = (counts.censored[i] as number) * scale + carryCensored;
    [carryReplies, carryCensored] = [replies % 1, censored % 1];
    if (replies >= 1) residuals.add(residualOf(logOfBucket(i)), false, Math.floor(replies));
    if (censored < 1) continue;
    residuals.add(residualOf(logOf(bucketLow(i) / 1000)), true, Math.floor(censored));
  }
}

function largest({ all }: Counts): number {
  let most = 0;
  for (let i = 0; i < all.length; i++) most = Math.max(most, all[i] as number);
  return most;
}
