import { describe, expect, it } from 'vitest';
import { survivalCurve } from '../../src/histogram/survival.ts';
import { whatIf } from '../../src/timeout/what-if.ts';
import { countsOf } from '../support/histograms.ts';

const hundred = survivalCurve(countsOf(Array.from({ length: 100 }, (_, i) => i + 1)))!;

function asked(timeoutMs: number, requestsPerDay?: number) {
  return whatIf({ timeoutMs, curve: hundred, nEffective: 100, requestsPerDay });
}

describe('what another timeout would do', () => {
  it('is the share of replies that take longer, with its interval', () => {
    const { falseTimeoutRate, falseTimeoutRateLow, falseTimeoutRateHigh } = asked(90.9);
    expect(falseTimeoutRate).toBeCloseTo(0.1, 2);
    // Wilson for 10 of 100: 0.0552 … 0.1744.
    expect(falseTimeoutRateLow).toBeCloseTo(0.0552, 3);
    expect(falseTimeoutRateHigh).toBeCloseTo(0.1744, 3);
  });

  it('beyond the slowest is nothing seen, which is not never', () => {
    const { falseTimeoutRate, falseTimeoutRateLow, falseTimeoutRateHigh } = asked(500);
    expect([falseTimeoutRate, falseTimeoutRateLow]).toEqual([0, 0]);
    expect(falseTimeoutRateHigh).toBeCloseTo(0.037, 2);
  });

  it('costs a number of replies a day, and keeps the first caller so long', () => {
    expect(asked(50.5, 1000)).toMatchObject({ timeoutMs: 50.5, detectionMs: 50.5 });
    expect(asked(50.5, 1000).falseTimeoutsPerDay).toBeCloseTo(500, -1);
    expect(asked(50.5).falseTimeoutsPerDay).toBeUndefined();
  });

  it('cuts off all when it is shorter than the fastest', () => {
    expect(asked(0.5)).toMatchObject({ falseTimeoutRate: 1, falseTimeoutRateHigh: 1 });
  });
});
