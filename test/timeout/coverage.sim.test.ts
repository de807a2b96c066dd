import { describe, expect, it } from 'vitest';
import { fcRuns, seed } from '../support/capabilities.ts';
import { Estimator } from '../../src/timeout/estimator.ts';
import { randomFrom } from '../support/random.ts';

/** Windows of lognormal replies, some just long enough for a bound, some longer. */
const WINDOWS = fcRuns(1200, 20_000);
const MEDIAN_MS = 50;
const SIGMA = 0.7;
/** The true p99 of the replies: z(0.99) = 2.3263479. */
const TRUE_P99_MS = MEDIAN_MS * Math.exp(2.3263479 * SIGMA);

interface Misses {
  upper: number;
  lower: number;
  value: number;
}

/** How often a bound was on the wrong side of the true quantile, over many windows. */
function misses(sizeOf: (window: number) => number): Misses {
  const random = randomFrom(seed());
  const missed = { upper: 0, lower: 0, value: 0 };
  for (let window = 0; window < WINDOWS; window++) {
    const estimator = new Estimator({ targetRate: 0.01 });
    const n = sizeOf(window);
    for (let i = 0; i < n; i++) {
      const durationMs = random.lognormal(MEDIAN_MS, SIGMA);
      estimator.observe({ atMs: i, durationMs, outcome: 'completed' });
    }
    const { value, lowerBoundMs, upperBoundMs } = estimator.advice(n);
    if (upperBoundMs! < TRUE_P99_MS) missed.upper++;
    if (lowerBoundMs! > TRUE_P99_MS) missed.lower++;
    if (value! < TRUE_P99_MS) missed.value++;
  }
  return missed;
}

describe(`the bounds at 95 %, over ${WINDOWS} windows`, () => {
  // Five in a hundred are allowed; 7 % is more than three standard deviations above that.
  it('miss the true quantile in no more than 7 %', () => {
    const { upper, lower } = misses((window) => 299 + (window % 700));
    expect(upper / WINDOWS).toBeLessThan(0.07);
    expect(lower / WINDOWS).toBeLessThan(0.07);
  });

  it('miss it where they should: a bound that is never missed says nothing', () => {
    // With 473 samples the second largest is missed in 4.98 % of the windows.
    const { upper } = misses(() => 473);
    expect(upper / WINDOWS).toBeGreaterThan(0.025);
    expect(upper / WINDOWS).toBeLessThan(0.08);
  });

  it('are needed: the sample quantile alone is missed in a third of the windows or more', () => {
    const { value } = misses((window) => 299 + (window % 700));
    expect(value / WINDOWS).toBeGreaterThan(0.3);
  });
});
