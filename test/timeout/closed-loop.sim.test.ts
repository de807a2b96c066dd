import { describe, expect, it } from 'vitest';
import { createTimeoutEstimator } from '../../src/timeout/index.ts';
import { fcRuns, seed } from '../support/capabilities.ts';
import { type Call, closedLoop, cutOffShare } from '../support/closed-loop.ts';
import { type Random, randomFrom } from '../support/random.ts';

const MINUTE_MS = 60_000;
/** z(0.999): the true p99.9 of lognormal replies is median · exp(z σ). */
const Z_999 = 3.0902323;
const SIGMA = 0.4;
const BASE_MS = 50;
const RATES = fcRuns(1, 3) === 1 ? [50] : [20, 50, 200];

interface Phase {
  readonly minutes: number;
  /** Every reply takes so many times as long. */
  readonly slowdown: number;
}

/** One simulated caller that goes through phases. */
class Caller {
  readonly estimator = createTimeoutEstimator();
  readonly #random: Random = randomFrom(seed());
  readonly #perSecond: number;
  nowMs = 0;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  run({ minutes, slowdown }: Phase): Call[] {
    const fromMs = this.nowMs;
    this.nowMs += minutes * MINUTE_MS;
    return closedLoop({
      estimator: this.estimator,
      random: this.#random,
      perSecond: this.#perSecond,
      fromMs,
      toMs: this.nowMs,
      rttMs: () => this.#random.lognormal(slowdown * BASE_MS, SIGMA),
    });
  }

  advice() {
    return this.estimator.advice(this.nowMs);
  }
}

function trueQuantileMs(slowdown: number): number {
  return slowdown * BASE_MS * Math.exp(Z_999 * SIGMA);
}

describe.each(RATES)('a caller that arms the advice, %i requests a second', (perSecond) => {
  it('cuts off about as many replies as it was told to', () => {
    const caller = new Caller(perSecond);
    caller.run({ minutes: 5, slowdown: 1 });
    const share = cutOffShare(caller.run({ minutes: 30, slowdown: 1 }));
    expect(share).toBeLessThan(0.002);
    expect(share).toBeGreaterThan(0.0003);
    expect(caller.advice().value).toBeLessThan(2.5 * trueQuantileMs(1));
    expect(caller.advice().value).toBeGreaterThan(0.7 * trueQuantileMs(1));
  });

  it('claims no upper bound while it cuts everything above the quantile', () => {
    const caller = new Caller(perSecond);
    caller.run({ minutes: 20, slowdown: 1 });
    const { basis, upperBoundMs } = caller.advice();
    expect(upperBoundMs === undefined).toBe(basis !== 'measured');
  });

  it.each([3, 10])('recovers when every reply takes %i times as long', (slowdown) => {
    const caller = new Caller(perSecond);
    caller.run({ minutes: 8, slowdown: 1 });
    const firstMinute = caller.run({ minutes: 1, slowdown });
    expect(caller.advice().value).toBeGreaterThan(1.3 * trueQuantileMs(1));
    expect(cutOffShare(firstMinute)).toBeLessThan(0.1);
    caller.run({ minutes: 9, slowdown });
    expect(cutOffShare(caller.run({ minutes: 10, slowdown }))).toBeLessThan(0.0025);
    const after = caller.advice();
    expect(after.value).toBeGreaterThan(0.7 * trueQuantileMs(slowdown));
    expect(after.value).toBeLessThan(2.5 * trueQuantileMs(slowdown));
    expect(['censored', 'measured']).toContain(after.basis);
  });

  it('waits for the slow replies within seconds of a slowdown, and says that it jumped', () => {
    const caller = new Caller(perSecond);
    caller.run({ minutes: 8, slowdown: 1 });
    caller.run({ minutes: 5 / 60, slowdown: 10 });
    expect(caller.advice().value).toBeGreaterThan(0.9 * trueQuantileMs(10));
    expect(caller.advice().warnings.join()).toContain('replies jumped to another level');
    const { upperBoundMs, lowerBoundMs } = caller.advice();
    expect({ upperBoundMs, lowerBoundMs }).toEqual({});
    expect(cutOffShare(caller.run({ minutes: 10 / 60, slowdown: 10 }))).toBeLessThan(0.02);
  });

  it('comes down again when the slowdown is over and the window has passed', () => {
    const caller = new Caller(perSecond);
    caller.run({ minutes: 8, slowdown: 1 });
    caller.run({ minutes: 10, slowdown: 3 });
    caller.run({ minutes: 7, slowdown: 1 });
    expect(caller.advice().value).toBeLessThan(2.5 * trueQuantileMs(1));
  });

  it('comes down again after nobody answered for a while', () => {
    const caller = new Caller(perSecond);
    caller.run({ minutes: 8, slowdown: 1 });
    caller.run({ minutes: 2, slowdown: 1e9 });
    caller.run({ minutes: 8, slowdown: 1 });
    expect(caller.advice().value).toBeLessThan(2.5 * trueQuantileMs(1));
  });
});
