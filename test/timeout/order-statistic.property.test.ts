import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lowerRank, upperRank } from '../../src/timeout/order-statistic.ts';
import { binomialCdf } from '../support/binomial.ts';
import { runs } from '../support/properties.ts';

const anyCase = fc.record({
  n: fc.integer({ min: 1, max: 20_000 }),
  p: fc.double({ min: 1e-5, max: 0.02, noNaN: true }),
  confidence: fc.constantFrom(0.9, 0.95, 0.99),
});

/** What summing in another order may be off. */
const ROUNDING = 1e-9;

describe('the ranks of any bounds', () => {
  it('are the exact binomial ones: the upper covers, one rank lower would not', () =>
    fc.assert(
      fc.property(anyCase, ({ n, p, confidence }) => {
        const rank = upperRank(n, p, confidence) ?? 0;
        const level = 1 - confidence;
        if (rank > 0) expect(binomialCdf(rank - 1, n, p)).toBeLessThanOrEqual(level + ROUNDING);
        expect(binomialCdf(rank, n, p)).toBeGreaterThan(level - ROUNDING);
      }),
      runs(300),
    ));

  it('are the exact binomial ones: the lower covers, one rank higher would not', () =>
    fc.assert(
      fc.property(anyCase, ({ n, p, confidence }) => {
        const rank = lowerRank(n, p, confidence);
        if (rank === undefined) {
          expect(binomialCdf(n - 1, n, p)).toBeLessThanOrEqual(confidence + ROUNDING);
          return;
        }
        expect(binomialCdf(rank - 1, n, p)).toBeGreaterThan(confidence - ROUNDING);
        if (rank > 1) {
          expect(binomialCdf(rank - 2, n, p)).toBeLessThanOrEqual(confidence + ROUNDING);
        }
      }),
      runs(300),
    ));

  it('enclose the expected rank', () =>
    fc.assert(
      fc.property(anyCase, ({ n, p, confidence }) => {
        expect(upperRank(n, p, confidence) ?? 0).toBeLessThanOrEqual(n * p);
        expect(lowerRank(n, p, confidence) ?? Infinity).toBeGreaterThan(n * p);
      }),
      runs(300),
    ));
});
