/**
 * Finagle's BackupRequestFilter: when to send a second request, taken here as a timeout.
 *
 * T = the (1 − maxExtraLoad) percentile of the last three closed slices of 10 s, refreshed every
 * 3 s, at least 1 ms; none before there are data, nor while the percentile reaches the largest
 * value it can count, 2 s. What timed out is recorded at what was waited.
 * Source: twitter/finagle BackupRequestFilter.scala, WindowedPercentileHistogram.scala.
 */
import type { Observation } from '../../../src/timeout/types.ts';
import type { Rule, RuleMaker } from '../rule.ts';
import { SlicedWindow } from '../window.ts';

const SLICE_MS = 10_000;
const SLICES = 3;
const REFRESH_MS = 3000;
const MIN_MS = 1;
const HIGHEST_MS = 2000;

export class Finagle implements Rule {
  readonly name = 'Finagle backup percentile';
  readonly #quantile: number;
  readonly #window = new SlicedWindow({ sliceMs: SLICE_MS, slices: SLICES, readsNewest: false });
  #timeoutMs = Infinity;
  #freshUntilMs = -Infinity;

  constructor(maxExtraLoad: number) {
    this.#quantile = 1 - maxExtraLoad;
  }

  timeoutMs(nowMs: number): number {
    if (nowMs < this.#freshUntilMs) return this.#timeoutMs;
    this.#freshUntilMs = nowMs + REFRESH_MS;
    this.#window.advance(nowMs);
    if (this.#window.count > 0) {
      const ms = this.#window.quantileMs(this.#quantile);
      this.#timeoutMs = ms >= HIGHEST_MS ? Infinity : Math.max(MIN_MS, ms);
    }
    return this.#timeoutMs;
  }

  observe({ atMs, durationMs }: Observation): void {
    this.#window.record(atMs, Math.min(durationMs, HIGHEST_MS));
  }
}

export const finagle: RuleMaker = {
  name: 'Finagle backup percentile',
  make: ({ targetRate }) => new Finagle(targetRate),
};
