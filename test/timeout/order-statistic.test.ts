import { describe, expect, it } from 'vitest';
import { lowerRank, samplesNeeded, upperRank } from '../../src/timeout/order-statistic.ts';
import { binomialCdf } from '../support/binomial.ts';

describe('the number of samples that a bound needs', () => {
  // 59 is Wilks' 95/95 sample of 1941; the others are ln(1 − c) / ln(1 − p), rounded up.
  it.each([
    [0.05, 0.95, 59],
    [0.01, 0.95, 299],
    [0.001, 0.95, 2995],
    [0.001, 0.99, 4603],
    [0.0001, 0.95, 29_956],
    [0.5, 0.95, 5],
  ])('for a share of %d at %d is %i', (p, confidence, n) => {
    expect(samplesNeeded(p, confidence)).toBe(n);
  });

  it.each([
    [0.05, 0.95],
    [0.001, 0.95],
    [0.001, 0.99],
    [0.3, 0.9],
  ])('for a share of %d at %d is where an upper bound begins', (p, confidence) => {
    const n = samplesNeeded(p, confidence);
    expect(upperRank(n, p, confidence)).toBe(1);
    expect(upperRank(n - 1, p, confidence)).toBeUndefined();
  });
});

describe('the rank of an upper bound', () => {
  // Wilks' sample sizes for the k-th largest of n to cover 95 % with confidence 95 %.
  it.each([
    [93, 2],
    [124, 3],
    [153, 4],
    [181, 5],
    [208, 6],
    [234, 7],
    [260, 8],
    [286, 9],
    [311, 10],
  ])('of %i samples at 95/95 is %i from the top, and of one fewer is not', (n, rank) => {
    expect(upperRank(n, 0.05, 0.95)).toBe(rank);
    expect(upperRank(n - 1, 0.05, 0.95)).toBe(rank - 1);
  });

  it('of no samples is none', () => expect(upperRank(0, 0.001, 0.95)).toBeUndefined());
});

describe('the rank of a lower bound', () => {
  it.each([
    [1, 0.5, undefined], // half the time the only sample is above the median
    [5, 0.5, 5], // all of five above it: 1 time in 32
    [10, 0.5, 9], // Hollander and Wolfe's sign interval: second smallest of 10, 98.9 %
    [59, 0.05, 7], // P(X < 7) = 0.972, P(X < 6) = 0.928
  ])('of %i samples at a share of %d is %s from the top', (n, p, rank) => {
    expect(lowerRank(n, p, 0.95)).toBe(rank);
  });
});

describe('where terms are summed no more', () => {
  // The mean passes 400 between the two n of each share.
  it.each([
    [0.001, 399_900],
    [0.001, 400_100],
    [0.01, 39_990],
    [0.01, 40_010],
    [0.01, 200_000],
    [0.5, 799],
    [0.5, 801],
    [0.5, 5000],
  ])('ranks at a share of %d of %i samples are at most one off the exact ones', (p, n) => {
    for (const confidence of [0.95, 0.99]) {
      const upper = upperRank(n, p, confidence)!;
      expect(binomialCdf(upper - 2, n, p)).toBeLessThanOrEqual(1 - confidence);
      expect(binomialCdf(upper + 1, n, p)).toBeGreaterThan(1 - confidence);
      const lower = lowerRank(n, p, confidence)!;
      expect(binomialCdf(lower, n, p)).toBeGreaterThan(confidence);
      expect(binomialCdf(lower - 3, n, p)).toBeLessThanOrEqual(confidence);
    }
  });
});
