import { describe, expect, it } from 'vitest';
import { pooledAdvice } from '../../src/timeout/pooled.ts';
import { duration, percent } from '../../src/timeout/reason.ts';
import { timeoutSettings } from '../../src/timeout/settings.ts';
import { fed, feed, shuffledSteps } from '../support/observations.ts';

describe('the reason', () => {
  it('for too few replies', () => {
    expect(fed({ count: 0, ms: 0 }).advice(0).reason).toBe('only 0 replies so far: too few to say');
    expect(fed({ count: 1, ms: 5 }).advice(0).reason).toBe('only 1 reply so far: too few to say');
  });

  it('for fewer replies than the quantile needs', () => {
    // 20 ms: the bucket of 19,968 to 20,095 µs.
    expect(fed({ count: 40, ms: shuffledSteps(40, 0.5) }).advice(400)).toMatchObject({
      reason:
        '40 replies in the last 400 ms are too few for 99.9 %; beyond the slowest, 20.1 ms, the tail is a guess',
      warnings: ['a bound at 95 % needs 2,995 independent replies; these are worth 40'],
    });
  });

  it('for a measured quantile', () => {
    const { reason, value, warnings } = fed({ count: 3000, ms: shuffledSteps(3000, 0.1) }).advice(
      30_000,
    );
    expect(reason).toBe(
      `99.9 % of the replies come within ${duration(value!)}, by 3,000 replies in the last 30 s`,
    );
    expect(warnings).toEqual([]);
  });

  it('names no longer time than the window', () => {
    const estimator = fed({ count: 30_000, ms: 10, everyMs: 100 });
    expect(estimator.advice(3_000_000).reason).toMatch(
      /^99\.9 % of the replies come within 10(\.\d)? ms, by 3,\d{3} replies in the last 5 min$/,
    );
  });

  it('for replies over all routes', () => {
    const routes = [1, 2].map(() => fed({ count: 2000, ms: 42 }));
    expect(pooledAdvice(routes, 20_000, timeoutSettings({})).reason).toBe(
      '99.9 % of the replies come within 42.2 ms, by 4,000 replies over all routes in the last 20 s',
    );
  });

  it('for requests that are cut off before the quantile', () => {
    const estimator = fed({ count: 3000, ms: 10 });
    feed(estimator, { count: 1000, ms: 20, outcome: 'timed-out', fromMs: 30_000 });
    const { value, reason, warnings } = estimator.advice(40_000);
    expect(reason).toBe(
      `99.9 % of the replies come within ${duration(value!)}, by 3,000 replies in the last 40 s; ` +
        'requests cut off hide the bound',
    );
    expect(warnings).toContain('1,000 requests were cut off, or still wait');
    expect(warnings.join()).toMatch(/replies jumped to another level 9\.\d+ s ago: no bounds/);
  });

  it('is the same where a few are cut off above the quantile, far from each other', () => {
    const estimator = fed({ count: 6000, ms: shuffledSteps(6000, 0.05) });
    for (let i = 0; i < 5; i++) {
      const fromMs = 60_000 + i * 1000;
      feed(estimator, { count: 1, ms: 299.5, outcome: 'timed-out', fromMs });
      feed(estimator, { count: 99, ms: shuffledSteps(99, 3), fromMs: fromMs + 10 });
    }
    const { value, reason } = estimator.advice(65_000);
    expect(value).toBeGreaterThan(295);
    expect(value).toBeLessThanOrEqual(2 * 300);
    expect(reason).toMatch(/^99\.9 % of the replies come within .* 6,495 replies in the last 65 s/);
  });

  it('does not claim that replies came within a ceiling that they did not', () => {
    const advice = fed({ count: 3000, ms: 100 }, { maxMs: 50 }).advice(30_000);
    expect(advice).toMatchObject({ value: 50, ceilingHit: true });
    expect(advice.reason).not.toContain('came within 50 ms');
  });
});

describe('a warning', () => {
  it('is given for losses, pauses, the ceiling and too few independent replies', () => {
    const estimator = fed({ count: 99, ms: 700 }, { maxMs: 500 });
    feed(estimator, { count: 1, ms: 1, outcome: 'failed', fromMs: 990 });
    feed(estimator, { count: 1, ms: 900, localPauseMs: 200, fromMs: 990 });
    expect(estimator.advice(1000).warnings).toEqual([
      'a bound at 95 % needs 2,995 independent replies; these are worth 99',
      '1 % of the requests failed and never get a reply',
      '1 request overlapped pauses of our own process',
      'the ceiling of 500 ms holds it down',
    ]);
  });

  it('is not given for the few that are cut off at the target rate', () => {
    const estimator = fed({ count: 5000, ms: 10 });
    feed(estimator, { count: 50, ms: 9, outcome: 'cancelled', fromMs: 50_000 });
    expect(estimator.advice(50_500).warnings).toEqual([]);
  });
});

describe('words for numbers', () => {
  it.each([
    [0.999, '99.9 %'],
    [0.9999, '99.99 %'],
    [0.99999, '99.999 %'],
    [0.95, '95 %'],
    [0.5, '50 %'],
    [0.0125, '1.3 %'],
    [0.0005, '0.05 %'],
    [0, '0 %'],
    [1, '100 %'],
  ])('the share %d is %s', (share, text) => expect(percent(share)).toBe(text));

  it.each([
    [0.2111, '0.21 ms'],
    [1, '1 ms'],
    [84.04, '84 ms'],
    [999, '999 ms'],
    [1000, '1 s'],
    [1346, '1.35 s'],
    [60_000, '60 s'],
    [119_000, '119 s'],
    [120_000, '2 min'],
    [300_000, '5 min'],
    [0, '0 ms'],
  ])('%d ms are %s', (ms, text) => expect(duration(ms)).toBe(text));
});
