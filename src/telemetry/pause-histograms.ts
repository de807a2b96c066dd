import { BucketHistogram } from '../histogram/bucket-histogram.ts';
import { RTT_BOUNDARIES_S } from '../peers/series-budget.ts';
import type { PauseCause } from '../pause/cause.ts';

/** How long our own pauses were, by cause. */
export class PauseHistograms {
  readonly #histograms = new Map<PauseCause, BucketHistogram>();

  record(cause: PauseCause, durationMs: number): void {
    let histogram = this.#histograms.get(cause);
    if (!histogram) {
      this.#histograms.set(cause, (histogram = new BucketHistogram(RTT_BOUNDARIES_S)));
    }
    histogram.record(durationMs / 1000);
  }

  all(): IterableIterator<[PauseCause, BucketHistogram]> {
    return this.#histograms.entries();
  }
}
