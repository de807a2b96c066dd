/**
 * npm adaptive-timeout: a moving average and a moving deviation in whole milliseconds.
 *
 * First reply: avg = R, var = R >> 1. Then var += (|avg − R| − var) >> 2 and avg += (R − avg) >> 3.
 * T = (avg + 2 var) × attempt + a random integer in [0, 256), held within 300 … 4,000 ms; before
 * the first reply 250 ms and the random part. It is told only of replies.
 * Source: adaptive-timeout 1.0.1, index.js.
 */
import { type Random, randomFrom } from '../../../test/support/random.ts';
import type { Observation } from '../../../src/timeout/types.ts';
import type { Rule, RuleMaker } from '../rule.ts';

const MIN_MS = 300;
const MAX_MS = 4000;
const JITTER_MS = 256;
const FALLBACK_MS = 250;

export class NpmAdaptiveTimeout implements Rule {
  readonly name = 'npm adaptive-timeout';
  readonly #random: Pick<Random, 'integer'>;
  #avgMs: number | undefined;
  #varMs = 0;

  constructor(random: Pick<Random, 'integer'>) {
    this.#random = random;
  }

  timeoutMs(): number {
    const jitterMs = this.#random.integer(JITTER_MS);
    if (this.#avgMs === undefined) return FALLBACK_MS + jitterMs;
    return Math.min(Math.max(this.#avgMs + 2 * this.#varMs + jitterMs, MIN_MS), MAX_MS);
  }

  observe({ outcome, durationMs }: Observation): void {
    if (outcome !== 'completed') return;
    if (this.#avgMs === undefined) {
      this.#avgMs = durationMs;
      this.#varMs = durationMs >> 1;
    } else {
      this.#varMs += (Math.abs(this.#avgMs - durationMs) - this.#varMs) >> 2;
      this.#avgMs += (durationMs - this.#avgMs) >> 3;
    }
  }
}

export const npmAdaptiveTimeout: RuleMaker = {
  name: 'npm adaptive-timeout',
  make: ({ seed }) => new NpmAdaptiveTimeout(randomFrom(seed)),
};
