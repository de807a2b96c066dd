/**
 * How late signs of life have been, in units of how late they usually are.
 *
 * A lateness x = (L − centre) / spread falls into buckets that are fine near the centre and 6 %
 * wide in the tail (equal steps of asinh), so one layout serves a rack and a satellite. Old ones
 * count less and less: weights grow by 1 / (1 − 1 / MEMORY) with each one added, which is the same
 * as to shrink all the others, and cheaper.
 */

/** Beats over which the past is forgotten: ten exceed phi = 3 within them. */
const MEMORY = 10_000;
const GROWTH = 1 / (1 - 1 / MEMORY);
/** Weights are made small again before they lose precision. */
const WEIGHT_MAX = 1e30;
/** Buckets a unit of asinh: each is 1 / 16 wider than the one before, far from the centre. */
const PER_UNIT = 16;
const LOWEST = -80;
const HIGHEST = 240;
const BUCKETS = HIGHEST - LOWEST + 1;
const BISECTIONS = 16;
/** Below this the layout is linear. */
const LINEAR = 0.5;

export class LatenessHistogram {
  readonly #weights = new Float64Array(BUCKETS);
  #weight = 1;
  #total = 0;

  add(x: number): void {
    const at = Math.round(Math.asinh(x / LINEAR) * PER_UNIT);
    this.#weights[Math.min(HIGHEST, Math.max(LOWEST, at)) - LOWEST]! += this.#weight;
    this.#total += this.#weight;
    this.#weight *= GROWTH;
    if (this.#weight > WEIGHT_MAX) this.#rescale();
  }

  /** How many there are, the old ones for less than one each. */
  get count(): number {
    return this.#total / this.#weight;
  }

  /**
   * The x above which there is the share `p`, if `prior(x)` more lie above x than were counted,
   * of `priorCount` more in all. The prior is asked only where it can matter: it is not cheap.
   */
  quantile(p: number, priorCount: number, prior: (x: number) => number): number {
    const allowed = p * (this.count + priorCount);
    let above = 0;
    for (let i = HIGHEST; i >= LOWEST; i--) {
      const inBucket = this.#weights[i - LOWEST]! / this.#weight;
      const isNear = above + inBucket + priorCount > allowed;
      if (isNear && above + inBucket + prior(edge(i)) > allowed) {
        const [low, high] = [edge(i), edge(i + 1)];
        const aboveX = (x: number) => above + (inBucket * (high - x)) / (high - low) + prior(x);
        return bisected(aboveX, allowed, low, high);
      }
      above += inBucket;
    }
    return edge(LOWEST);
  }

  #rescale(): void {
    for (let i = 0; i < BUCKETS; i++) this.#weights[i]! /= this.#weight;
    this.#total /= this.#weight;
    this.#weight = 1;
  }
}

const EDGES = Float64Array.from(
  { length: BUCKETS + 1 },
  (_, i) => LINEAR * Math.sinh((i + LOWEST - 0.5) / PER_UNIT),
);

/** The lower edge of a bucket. */
function edge(bucket: number): number {
  return EDGES[bucket - LOWEST]!;
}

/** Where a falling function passes a value between two bounds. */
function bisected(f: (x: number) => number, value: number, low: number, high: number): number {
  for (let i = 0; i < BISECTIONS; i++) {
    const middle = (low + high) / 2;
    if (f(middle) > value) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
