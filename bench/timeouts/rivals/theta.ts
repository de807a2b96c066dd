/**
 * Theta alone: log T += η (exceeded − p), and no histogram.
 *
 * Each cut-off raises log T by η (1 − p), each reply lowers it by η p, so that in the long run the
 * share p is cut off whatever the distribution: the quantile tracker of conformal prediction. It
 * knows nothing of the shape, so it is wrong at each single moment.
 * Source: Angelopoulos, Candès & Tibshirani, Conformal PID Control, 2023, section 2.1.
 */
import type { Observation } from '../../../src/timeout/types.ts';
import type { Rule, RuleMaker } from '../rule.ts';

const ETA = 0.1;
const INITIAL_MS = 10_000;
/** It starts at twice the slowest of the first replies: from 10 s it would take very long. */
const FIRST_REPLIES = 20;

export class Theta implements Rule {
  readonly name = 'theta alone';
  readonly #p: number;
  #logMs = Math.log(INITIAL_MS);
  #replies = 0;
  #slowestMs = 0;

  constructor(targetRate: number) {
    this.#p = targetRate;
  }

  timeoutMs(): number {
    return Math.exp(this.#logMs);
  }

  observe({ outcome, durationMs }: Observation): void {
    if (this.#replies < FIRST_REPLIES) return this.#start(durationMs);
    this.#logMs += ETA * ((outcome === 'timed-out' ? 1 : 0) - this.#p);
  }

  #start(durationMs: number): void {
    this.#slowestMs = Math.max(this.#slowestMs, durationMs);
    if (++this.#replies === FIRST_REPLIES) this.#logMs = Math.log(2 * this.#slowestMs);
  }
}

export const theta: RuleMaker = {
  name: 'theta alone',
  make: ({ targetRate }) => new Theta(targetRate),
};
