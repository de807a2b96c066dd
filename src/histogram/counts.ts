import { BUCKET_COUNT, bucketEndMs, bucketIndex, toMicros } from './layout.ts';

/**
 * How many requests ended in each bucket: `completed` got their reply there, `censored` were
 * given up or are still waiting there, so that their reply takes longer than the bucket says.
 */
export class Counts {
  /** Both halves in one array: completed first, then censored. */
  readonly all: Uint32Array = new Uint32Array(2 * BUCKET_COUNT);
  readonly completed: Uint32Array = this.all.subarray(0, BUCKET_COUNT);
  readonly censored: Uint32Array = this.all.subarray(BUCKET_COUNT);

  clear(): this {
    this.all.fill(0);
    return this;
  }
}

/** Sum of an array of counts. */
export function sum(counts: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < counts.length; i++) total += counts[i] as number;
  return total;
}

/** Upper edge of the bucket of the reply at a rank > 0; undefined without replies. */
export function replyAtRankMs(completed: Uint32Array, rank: number): number | undefined {
  let seen = 0;
  for (let i = 0; i < completed.length; i++) {
    seen += completed[i] as number;
    if (seen > 0 && seen >= rank) return bucketEndMs(i);
  }
  return undefined;
}

/** Counts one more request that has waited so long without a reply. */
export function censor(counts: Counts, waitedMs: number): void {
  const index = bucketIndex(toMicros(waitedMs));
  counts.censored[index] = (counts.censored[index] as number) + 1;
}
