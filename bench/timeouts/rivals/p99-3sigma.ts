/**
 * p99 + 3 standard deviations of the last 200 round trips, replies only; 20 s before there are 20.
 * Source: ethereum/py-evm pull request 1553, trinity's PerformanceTracker (windows of 200).
 */
import type { Observation } from '../../../src/timeout/types.ts';
import type { Rule, RuleMaker } from '../rule.ts';
import { Ring } from '../window.ts';

const SAMPLES = 200;
const MIN_SAMPLES = 20;
const QUANTILE = 0.99;
const SIGMAS = 3;
const INITIAL_MS = 20_000;
/** Replies between two sorts: a twentieth of the window. */
const REFRESH_EVERY = 10;

/** Of these values: their 99th percentile and three standard deviations (of a sample) more. */
export function p99And3Sigma(values: Float64Array): number {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
  const p99 = values.slice().sort()[Math.ceil(QUANTILE * n) - 1] as number;
  return p99 + SIGMAS * Math.sqrt(variance);
}

export class P99And3Sigma implements Rule {
  readonly name = 'p99 + 3 sigma';
  readonly #ring = new Ring(SAMPLES);
  #timeoutMs = INITIAL_MS;
  #new = 0;

  timeoutMs(): number {
    if (this.#new >= REFRESH_EVERY && this.#ring.count >= MIN_SAMPLES) {
      this.#new = 0;
      this.#timeoutMs = p99And3Sigma(this.#ring.filled());
    }
    return this.#timeoutMs;
  }

  observe({ outcome, durationMs }: Observation): void {
    if (outcome !== 'completed') return;
    this.#ring.push(durationMs);
    this.#new++;
  }
}

export const p99And3SigmaRule: RuleMaker = {
  name: 'p99 + 3 sigma',
  make: () => new P99And3Sigma(),
};
