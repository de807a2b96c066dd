/**
 * How far replies lay from what was expected of them, over hundreds of thousands of replies.
 *
 * Problem: a p99.9 from the replies of five minutes varies by a quarter from window to window, and
 * a longer window mixes times of day, deployments and overloads that have nothing in common.
 * Idea: what a service changes is mostly its pace; the shape of its tail stays. So every reply is
 * counted by its residual x = (ln RTT − centre) / spread against the centre and spread of its own
 * time (location.ts), and the counts are kept across changes of pace.
 * Buckets: round(64 · asinh x), 1.6 % of the distance from the centre far out and 1.6 % of the
 * spread near it, so that a reply of 20.0 ± 0.1 ms is resolved as finely as a Pareto tail.
 */

/** Buckets per unit of asinh x. */
const STEPS = 64;
/** asinh of the residuals that still have a bucket of their own: x from −74 to 11,013. */
const LOW = 5 * STEPS;
const HIGH = 10 * STEPS;
export const RESIDUAL_BUCKETS = LOW + HIGH + 1;
const COUNT_MAX = 0xffff;

/** Upper edge of a bucket, as a residual. */
export function residualAt(index: number): number {
  return UPPER_EDGES[index] as number;
}

const UPPER_EDGES = Float64Array.from({ length: RESIDUAL_BUCKETS }, (_, i) =>
  Math.sinh((i + 0.5 - LOW) / STEPS),
);

/** Buckets of residuals near the centre, which most are, by steps of 1/256: asinh is slow. */
const NEAR = 4;
const NEAR_STEPS = 256;
const NEAR_BUCKETS = Uint16Array.from({ length: 2 * NEAR * NEAR_STEPS }, (_, i) =>
  farBucketOf((i + 0.5) / NEAR_STEPS - NEAR),
);

function bucketOf(x: number): number {
  const near = (x + NEAR) * NEAR_STEPS;
  if (near >= 0 && near < NEAR_BUCKETS.length) return NEAR_BUCKETS[near | 0] as number;
  return farBucketOf(x);
}

function farBucketOf(x: number): number {
  const index = LOW + Math.round(STEPS * Math.asinh(x));
  return Math.min(RESIDUAL_BUCKETS - 1, Math.max(0, index));
}

/** Counts that nobody has counted yet: most routes never jump, and many cut nothing off. */
const NONE = new Uint16Array(RESIDUAL_BUCKETS);

/** One kind of count, with room for it only while there is any. */
class BucketCounts {
  counts: Uint16Array = NONE;
  total = 0;

  add(index: number, added: number): void {
    if (this.counts === NONE) this.counts = new Uint16Array(RESIDUAL_BUCKETS);
    this.counts[index] = (this.counts[index] as number) + added;
    this.total += added;
  }

  remove(index: number): void {
    if (this.counts[index] === 0) return;
    this.counts[index] = (this.counts[index] as number) - 1;
    this.total--;
    if (this.total === 0) this.counts = NONE;
  }

  fade(share: number): void {
    if (this.total > 0) this.total = fadeCounts(this.counts, share);
  }

  clear(): void {
    this.counts = NONE;
    this.total = 0;
  }
}

export class ResidualHistogram {
  readonly #completed = new BucketCounts();
  readonly #censored = new BucketCounts();

  /** Replies in each bucket; to be read only. */
  get completed(): Uint16Array {
    return this.#completed.counts;
  }

  /** Requests that were cut off in each bucket; to be read only. */
  get censored(): Uint16Array {
    return this.#censored.counts;
  }

  /** What the counts add up to. */
  get total(): number {
    return this.#completed.total + this.#censored.total;
  }

  /** `weight`: how many requests ended so. */
  add(x: number, censored: boolean, weight = 1): void {
    const kind = censored ? this.#censored : this.#completed;
    const index = bucketOf(x);
    if (weight > COUNT_MAX - (kind.counts[index] as number)) this.fade(0.5);
    kind.add(index, Math.min(weight, COUNT_MAX - (kind.counts[index] as number)));
  }

  /** Takes back what `add` counted, as far as it has not faded. */
  remove(x: number, censored: boolean): void {
    (censored ? this.#censored : this.#completed).remove(bucketOf(x));
  }

  /** Keeps a share of every count; what rounding takes from one bucket it gives to the next. */
  fade(share: number): void {
    this.#completed.fade(share);
    this.#censored.fade(share);
  }

  clear(): void {
    this.#completed.clear();
    this.#censored.clear();
  }
}

function fadeCounts(counts: Uint16Array, share: number): number {
  let carry = 0;
  let total = 0;
  for (let i = 0; i < counts.length; i++) {
    const exact = (counts[i] as number) * share + carry;
    const kept = Math.floor(exact);
    carry = exact - kept;
    counts[i] = kept;
    total += kept;
  }
  return total;
}
