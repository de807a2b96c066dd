import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LatenessHistogram } from '../../src/detector/lateness-histogram.ts';
import { runs } from '../support/properties.ts';
import { randomFrom } from '../support/random.ts';
import { seed } from '../support/capabilities.ts';

const nothing = () => 0;

function histogramOf(values: readonly number[]): LatenessHistogram {
  const histogram = new LatenessHistogram();
  for (const value of values) histogram.add(value);
  return histogram;
}

/** How far apart two numbers may be that fall into neighbouring buckets: 1/16 of asinh(2 x). */
function bucketsApart(a: number, b: number): number {
  return Math.abs(Math.asinh(2 * a) - Math.asinh(2 * b)) * 16;
}

describe('a quantile', () => {
  it('is within a bucket of the value that the data have it at', () => {
    const random = randomFrom(seed());
    for (const draw of [
      () => random.normal(),
      () => random.exponential(3),
      () => random.lognormal(1, 1.5),
      () => -random.exponential(0.2),
    ]) {
      const values = Array.from({ length: 999 }, draw);
      const histogram = histogramOf(values);
      values.sort((a, b) => b - a);
      for (const p of [0.5, 0.1, 0.01]) {
        const exact = values[Math.floor(p * 999)]!;
        const next = values[Math.floor(p * 999) + 1]!;
        const found = histogram.quantile(p, 0, nothing);
        const off = Math.min(bucketsApart(found, exact), bucketsApart(found, next));
        // The oldest weigh a tenth less than the newest: a few ranks off, where values are dense.
        expect(off).toBeLessThan(3);
      }
    }
  });

  it('never rises with p', () =>
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -50, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 60 }),
        fc.double({ min: 0, max: 5, noNaN: true }),
        (values, priorCount) => {
          const histogram = histogramOf(values);
          const prior = (x: number) => priorCount * Math.min(1, Math.exp(-x));
          let last = Infinity;
          for (const p of [0.0001, 0.001, 0.01, 0.1, 0.5, 0.9]) {
            const x = histogram.quantile(p, priorCount, prior);
            expect(Number.isFinite(x)).toBe(true);
            expect(x).toBeLessThanOrEqual(last);
            last = x;
          }
        },
      ),
      runs(200),
    ));

  it('without data is the one of the prior', () => {
    const prior = (x: number) => Math.min(1, Math.exp(-x));
    const histogram = new LatenessHistogram();
    for (const p of [0.5, 0.1, 0.001]) {
      expect(histogram.quantile(p, 1, prior)).toBeCloseTo(-Math.log(p), 3);
    }
  });

  it('of one and a prior of one lies between the two', () => {
    // Above x lie: of the data nothing, of the prior e^-x. A quarter of two is a half: x = ln 2.
    const histogram = histogramOf([-1]);
    const prior = (x: number) => Math.min(1, Math.exp(-x));
    expect(histogram.quantile(0.25, 1, prior)).toBeCloseTo(Math.LN2, 3);
  });
});

describe('what is added', () => {
  it('counts for one, and after 10,000 more for 1/e', () => {
    const histogram = histogramOf([1, 2, 3]);
    expect(histogram.count).toBeCloseTo(3, 2);
    for (let i = 0; i < 10_000; i++) histogram.add(5);
    // (1 − 1/10,000)^10,000 = 1/e of the first three; the rest sums up to 10,000 (1 − 1/e).
    expect(histogram.count).toBeCloseTo(10_000 * (1 - Math.exp(-1)) + 3 / Math.E, -1);
  });

  it('is forgotten without end, and never runs out of numbers', () => {
    const histogram = histogramOf([1000]);
    for (let i = 0; i < 800_000; i++) histogram.add(1);
    expect(histogram.count / 10_000).toBeCloseTo(1, 3);
    expect(bucketsApart(histogram.quantile(0.001, 0, nothing), 1)).toBeLessThan(1.5);
  });

  it('beyond the layout falls into its ends', () => {
    const high = histogramOf([1e300]).quantile(0.5, 0, nothing);
    const low = histogramOf([-1e300]).quantile(0.5, 0, nothing);
    expect(high).toBeGreaterThan(1e5);
    expect(low).toBeLessThan(-10);
    expect(Number.isFinite(high) && Number.isFinite(low)).toBe(true);
  });
});
