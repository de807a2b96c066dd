/**
 * How many series are exported at most: they cost the operator's database far more than they cost
 * our memory.
 */
import { BucketHistogram } from '../histogram/bucket-histogram.ts';

/**
 * Upper bounds of the exported buckets in seconds: two per power of two from 250 µs to 65 s, so
 * that a quantile read from them is at most 41 % off, and mostly a few per cent.
 */
export const RTT_BOUNDARIES_S: readonly number[] = Array.from({ length: 37 }, (_, i) =>
  Number((0.00025 * 2 ** (i / 2)).toPrecision(3)),
);

/** One per power of two, for what is looked at but not read to a per cent. */
export const COARSE_BOUNDARIES_S: readonly number[] = RTT_BOUNDARIES_S.filter(
  (_, i) => i % 2 === 0,
);

/** Prometheus series of one histogram: its buckets, the last one, sum and count. */
export function seriesOf(boundaries: readonly number[]): number {
  return boundaries.length + 3;
}

export class SeriesBudget {
  readonly max: number;
  /** Told when a histogram is opened, for whoever keeps a copy elsewhere. */
  onOpen: (() => void) | undefined;
  #used = 0;

  constructor(max: number) {
    this.max = max;
  }

  get used(): number {
    return this.#used;
  }

  take(series: number): boolean {
    if (this.#used + series > this.max) return false;
    this.#used += series;
    return true;
  }

  giveBack(series: number): void {
    this.#used -= series;
  }

  /** A histogram for export; undefined if there is no room. */
  openHistogram(boundaries: readonly number[]): BucketHistogram | undefined {
    return this.take(seriesOf(boundaries)) ? this.openUnbudgeted(boundaries) : undefined;
  }

  /** A histogram that there must be, whatever room there is: of `_other`. */
  openUnbudgeted(boundaries: readonly number[]): BucketHistogram {
    this.onOpen?.();
    return new BucketHistogram(boundaries);
  }
}
