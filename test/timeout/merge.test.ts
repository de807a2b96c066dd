import { describe, expect, it } from 'vitest';
import { Estimator } from '../../src/timeout/estimator.ts';
import { pooledAdvice } from '../../src/timeout/pooled.ts';
import { timeoutSettings } from '../../src/timeout/settings.ts';
import { fed, feed, shuffledSteps } from '../support/observations.ts';

describe('an estimator that took in the window of another', () => {
  it('advises as if it had seen all', () => {
    const ms = shuffledSteps(4000, 0.1);
    const first = fed({ count: 2000, ms });
    const second = fed({ count: 2000, ms: (i) => ms(2000 + i), fromMs: 20_000 });
    const both = fed({ count: 4000, ms });
    first.merge(second.slices());
    const { value, n, upperBoundMs, basis } = both.advice(40_000);
    const merged = first.advice(40_000);
    expect(merged).toMatchObject({ n, basis: 'measured' });
    expect(basis).toBe('measured');
    expect(merged.value! / value!).toBeGreaterThan(0.99);
    expect(merged.value! / value!).toBeLessThan(1.01);
    expect(merged.upperBoundMs! / upperBoundMs!).toBeGreaterThan(0.99);
    expect(merged.upperBoundMs! / upperBoundMs!).toBeLessThan(1.01);
  });

  it('arms by it at once', () => {
    const estimator = new Estimator({});
    expect(estimator.timeoutMs(0)).toBe(10_000);
    estimator.merge(fed({ count: 100, ms: 10 }).slices());
    expect(estimator.timeoutMs(1000)).toBeLessThan(20);
  });

  it('reads its survival at once', () => {
    const estimator = new Estimator({});
    estimator.merge(fed({ count: 100, ms: 10 }).slices());
    expect(estimator.survival(5)).toBe(1);
    expect(estimator.phi(20)).toBeGreaterThan(1);
  });

  it('of nothing stays as it is', () => {
    const estimator = fed({ count: 100, ms: 10 });
    const before = estimator.advice(1000);
    estimator.merge(new Estimator({}).slices());
    expect(estimator.advice(1000)).toEqual(before);
  });
});

describe('advice over several estimators', () => {
  const settings = timeoutSettings({});

  it('is pooled, over the replies of all', () => {
    const routes = [1, 2, 3].map((step) =>
      fed({ count: 1500, ms: shuffledSteps(1500, step / 10) }),
    );
    const advice = pooledAdvice(routes, 15_000, settings);
    expect(advice).toMatchObject({ basis: 'pooled', n: 4500 });
    // 4,500 replies, the slowest 500 of them evenly in 300 … 450 ms: p99.9 is 448.8.
    expect(advice.value).toBeGreaterThanOrEqual(448);
    expect(advice.value).toBeLessThanOrEqual(455);
  });

  it('of one is its own', () => {
    const one = fed({ count: 3000, ms: shuffledSteps(3000, 0.1) });
    expect(pooledAdvice([one], 30_000, settings)).toEqual(one.advice(30_000));
  });

  it('of none says that there is too little', () => {
    expect(pooledAdvice([], 0, settings)).toMatchObject({ basis: 'insufficient', n: 0 });
  });

  it('takes losses and pauses together', () => {
    const routes = [1, 2].map(() => fed({ count: 30, ms: 10 }));
    feed(routes[0]!, { count: 20, ms: 5, outcome: 'failed' });
    feed(routes[1]!, { count: 2, ms: 500, localPauseMs: 490 });
    const advice = pooledAdvice(routes, 1000, settings);
    expect(advice.lossRate).toBe(20 / 80);
    expect(advice.warnings).toContain('2 requests overlapped pauses of our own process');
  });

  it('takes the route with the longest bursts for all', () => {
    const bursty = new Estimator({});
    for (let i = 0; i < 10_000; i++) {
      bursty.timeoutMs(i * 10);
      const durationMs = i % 1000 < 20 ? 100 + (i % 17) : 10;
      bursty.observe({ atMs: i * 10, durationMs, outcome: 'completed' });
    }
    const steady = fed({ count: 10_000, ms: 10 });
    const { n, nEffective } = pooledAdvice([steady, bursty], 100_000, settings);
    expect(n).toBe(20_000);
    expect(nEffective).toBeLessThan(n / 5);
  });

  it('holds to the settings that it is given', () => {
    const routes = [1, 2].map(() => fed({ count: 3000, ms: 100 }));
    const advice = pooledAdvice(routes, 30_000, timeoutSettings({ maxMs: 50 }));
    expect(advice).toMatchObject({ value: 50, ceilingHit: true });
  });

  it('leaves the estimators as they are', () => {
    const one = fed({ count: 3000, ms: 10 });
    const other = fed({ count: 3000, ms: 100 });
    const before = one.advice(30_000);
    pooledAdvice([one, other], 30_000, settings);
    expect(one.advice(30_000)).toEqual(before);
  });
});
