/**
 * Whether the curve keeps its promise, and the correction until it does.
 *
 * Problem: a curve learned from the past is wrong by some factor in the present, and requests that
 * are cut off at the timeout hide by how much.
 * Idea: each request tells one thing for sure, whether it exceeded its timeout. The account
 * E = Σ (exceeded − p) says by how many false timeouts the promise has been broken so far, and the
 * curve is read at phi + θ(E): the more it was broken, the further out.
 * Formula: θ = η E (1 + (E / E0)²), with η = max(STEP, 1 / (p n + 10)) over n judged
 * requests.
 * - Guarantee: as long as θ can move the timeout, |E| stays bounded whatever the replies do, so
 *   the achieved rate differs from p by |E| / n → 0: adaptive conformal inference, with the
 *   saturating integrator of conformal PID control.
 * - Step: for independent replies E then wanders with variance 1 / (ln 10 · 2 η), θ by
 *   √(η / 4.6) = 0.018 of phi (4 % of the rate) at STEP = 0.0015. Larger repays sooner and
 *   trembles more. The cubic term takes over at E0: 25 false timeouts too many are repaid twice
 *   as fast, 100 seventeen times.
 * - Bursts: false timeouts that come in runs tell less each. With r how likely one follows
 *   another and v = (1 + r) / (1 − r), STEP becomes STEP / √v, the first steps 1 / v of what they
 *   were, and E0 25 √v; the guarantee does not depend on it.
 * - Units of phi suit every shape: where the tail is flat a step moves the timeout far, where it
 *   is steep, hardly. A step in ln t would have to be tuned to the spread.
 * Source: Gibbs & Candès 2021, Adaptive conformal inference under distribution shift;
 * Angelopoulos, Candès & Tibshirani 2023, Conformal PID control for time series prediction.
 */
import { inflationOf } from './burst-meter.ts';

const STEP = 0.0015;
const FIRST_STEPS = 10;
/** False timeouts too many, or too few, from which on the cubic term leads. */
const ACCOUNT_SCALE = 25;
/** False timeouts over which the runs are remembered, and a guess before there are any. */
const RUNS_MEMORY = 100;
const RUNS_PRIOR = 3;
const CORRELATION_MAX = 0.6;
/** A request within its timeout moves the account by p: theta follows after so many. */
const CORRECT_EVERY = 16;
/** What is left of a correction after one request that could not be judged. */
const RELAXED = 0.999;
/** The curve is never read nearer than this to S = 1, nor further out than this beyond p. */
const PHI_MIN = 0.3;
const THETA_MAX = 4;

export class Account {
  /** Share of requests that may exceed. */
  readonly p: number;
  readonly phi: number;
  /** Correction of phi: > 0 where the curve promises too much. */
  theta = 0;
  /** Requests that were judged, and those that exceeded. */
  judged = 0;
  exceeded = 0;
  /** E of the formula. */
  #excess = 0;
  #inRuns = 0;
  #ofRuns = 0;
  #lastExceeded = false;

  constructor(p: number) {
    this.p = p;
    this.phi = -Math.log10(p);
  }

  /** `isHeld`: a floor or ceiling held the timeout, which no correction would have moved. */
  judge(exceeded: boolean, isHeld = false): void {
    this.judged++;
    if (exceeded) this.exceeded++;
    if (isHeld) return; // anti-windup
    if (exceeded) this.#countRun();
    this.#lastExceeded = exceeded;
    this.#excess += exceeded ? 1 - this.p : -this.p;
    if (exceeded || this.judged % CORRECT_EVERY === 0) this.#correct();
  }

  #correct(): void {
    const excess = this.#excess;
    const inRuns = this.#inRuns / (this.#ofRuns + RUNS_PRIOR);
    const inflation = inflationOf(inRuns, CORRELATION_MAX);
    const root = Math.sqrt(inflation);
    const first = 1 / (this.p * this.judged + FIRST_STEPS) / inflation;
    const scale = ACCOUNT_SCALE * root;
    const theta = Math.max(STEP / root, first) * excess * (1 + (excess / scale) ** 2);
    this.theta = Math.min(THETA_MAX, Math.max(PHI_MIN - this.phi, theta));
  }

  /** Nothing could be told of one more request: what is owed is forgotten by and by. */
  relax(): void {
    if (this.#excess === 0) return;
    this.#excess *= RELAXED;
    this.theta *= RELAXED;
  }

  #countRun(): void {
    this.#ofRuns++;
    if (this.#lastExceeded) this.#inRuns++;
    if (this.#ofRuns < RUNS_MEMORY) return;
    this.#ofRuns /= 2;
    this.#inRuns /= 2;
  }

  checkpoint(): () => void {
    const { theta, judged, exceeded } = this;
    const [excess, last] = [this.#excess, this.#lastExceeded];
    const [inRuns, ofRuns] = [this.#inRuns, this.#ofRuns];
    return () => {
      Object.assign(this, { theta, judged, exceeded });
      this.#excess = excess;
      this.#inRuns = inRuns;
      this.#ofRuns = ofRuns;
      this.#lastExceeded = last;
    };
  }
}
