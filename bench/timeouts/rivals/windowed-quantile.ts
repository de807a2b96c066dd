/**
 * What an operator does by hand: a quantile of the replies of the last five minutes, times a
 * factor. Timeouts enter at what was waited, as if the reply had come then.
 */
import type { Observation } from '../../../src/timeout/types.ts';
import type { Rule, RuleMaker } from '../rule.ts';
import { SlicedWindow } from '../window.ts';

const SLICES = 10;
const SLICE_MS = 30_000;
const REFRESH_MS = 1000;
const INITIAL_MS = 10_000;
const MIN_MS = 1;

export class WindowedQuantile implements Rule {
  readonly name: string;
  readonly #quantile: number;
  readonly #factor: number;
  readonly #window = new SlicedWindow({ sliceMs: SLICE_MS, slices: SLICES, readsNewest: true });
  #timeoutMs = INITIAL_MS;
  #freshUntilMs = -Infinity;

  constructor(name: string, quantile: number, factor: number) {
    this.name = name;
    this.#quantile = quantile;
    this.#factor = factor;
  }

  timeoutMs(nowMs: number): number {
    if (nowMs < this.#freshUntilMs) return this.#timeoutMs;
    this.#freshUntilMs = nowMs + REFRESH_MS;
    this.#window.advance(nowMs);
    if (this.#window.count > 0) {
      const ms = this.#factor * this.#window.quantileMs(this.#quantile);
      this.#timeoutMs = Math.max(MIN_MS, ms);
    }
    return this.#timeoutMs;
  }

  observe({ atMs, durationMs }: Observation): void {
    this.#window.record(atMs, durationMs);
  }
}

/** p99.9 for a target of 0.1 %, p99 for 1 %. */
export const plainQuantile: RuleMaker = {
  name: 'plain quantile',
  make: ({ targetRate }) => new WindowedQuantile('plain quantile', 1 - targetRate, 1),
};

export const twiceP9999: RuleMaker = {
  name: '2 x p99.99',
  make: () => new WindowedQuantile('2 x p99.99', 0.9999, 2),
};
