/**
 * A cumulative histogram with fixed boundaries, as metrics systems want it: it only ever grows.
 * The rolling histograms forget; a scraper needs to see every observation once.
 */
export class BucketHistogram {
  /** Upper bounds, rising, inclusive; one more bucket has none. */
  readonly boundaries: readonly number[];
  readonly counts: number[];
  count = 0;
  sum = 0;
  /** Told of each value, for whoever keeps a copy elsewhere. */
  onRecord: ((value: number) => void) | undefined;

  constructor(boundaries: readonly number[]) {
    this.boundaries = boundaries;
    this.counts = new Array<number>(boundaries.length + 1).fill(0);
  }

  record(value: number): void {
    let low = 0;
    let high = this.boundaries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (value <= (this.boundaries[middle] as number)) high = middle;
      else low = middle + 1;
    }
    this.counts[low] = (this.counts[low] as number) + 1;
    this.count++;
    this.sum += value;
    this.onRecord?.(value);
  }
}
