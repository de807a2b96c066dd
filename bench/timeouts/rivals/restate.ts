/**
 * Restate's adaptive-timeout for Rust, after Facebook's LogDevice.
 *
 * T = 2 × p99.99 × 2^(attempt − 1) of the last 60 s (ten slices of 6 s), held within 250 ms … 60 s;
 * 250 ms until there are three samples. Replies and timeouts are recorded alike.
 * Source: docs.rs adaptive-timeout 0.0.1-alpha.4 (TimeoutConfig, TrackerConfig).
 */
import type { Observation } from '../../../src/timeout/types.ts';
import type { Rule, RuleMaker } from '../rule.ts';
import { SlicedWindow } from '../window.ts';

const QUANTILE = 0.9999;
const SAFETY_FACTOR = 2;
const MIN_SAMPLES = 3;
const MIN_MS = 250;
const MAX_MS = 60_000;

export class Restate implements Rule {
  readonly name = 'restate adaptive-timeout';
  readonly #window = new SlicedWindow({ sliceMs: 6000, slices: 10, readsNewest: true });

  timeoutMs(nowMs: number): number {
    this.#window.advance(nowMs);
    if (this.#window.count < MIN_SAMPLES) return MIN_MS;
    const ms = SAFETY_FACTOR * this.#window.quantileMs(QUANTILE);
    return Math.min(Math.max(ms, MIN_MS), MAX_MS);
  }

  observe({ atMs, durationMs }: Observation): void {
    this.#window.record(atMs, durationMs);
  }
}

export const restate: RuleMaker = { name: 'restate adaptive-timeout', make: () => new Restate() };
