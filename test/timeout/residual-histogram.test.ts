import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  RESIDUAL_BUCKETS,
  residualAt,
  ResidualHistogram,
} from '../../src/timeout/residual-histogram.ts';
import { runs } from '../support/properties.ts';

/** Near the centre buckets are found by steps of 1/256. */
const GRAIN = 1 / 512 + 1e-6;

const anyResidual = fc.double({ min: -80, max: 12_000, noNaN: true });
const anyAdded = fc.array(fc.tuple(anyResidual, fc.boolean(), fc.integer({ min: 1, max: 400 })), {
  maxLength: 200,
});

function histogramOf(added: readonly (readonly [number, boolean, number])[]) {
  const histogram = new ResidualHistogram();
  for (const [x, censored, weight] of added) histogram.add(x, censored, weight);
  return histogram;
}

function sum(counts: Uint16Array): number {
  return counts.reduce((total, count) => total + count, 0);
}

/** What all buckets up to each hold together. */
function cumulated(counts: Uint16Array): number[] {
  let total = 0;
  return Array.from(counts, (count) => (total += count));
}

describe('a residual', () => {
  it('is counted in a bucket not wider than 1.6 % of its distance from the centre, or of 1', () =>
    fc.assert(
      fc.property(fc.double({ min: -70, max: 10_000, noNaN: true }), (x) => {
        const { completed } = histogramOf([[x, false, 1]]);
        const index = completed.indexOf(1);
        const [low, high] = [residualAt(index - 1), residualAt(index)];
        expect(x).toBeGreaterThanOrEqual(low - GRAIN);
        expect(x).toBeLessThanOrEqual(high + GRAIN);
        expect(high - low).toBeLessThan(
          (1.01 / 64) * Math.hypot(1, Math.max(Math.abs(low), Math.abs(high))),
        );
      }),
      runs(500),
    ));

  it.each([-1e9, -Infinity])('of %d is in the first bucket', (x) => {
    expect(histogramOf([[x, true, 1]]).censored[0]).toBe(1);
  });

  it.each([1e9, Infinity])('of %d is in the last bucket', (x) => {
    expect(histogramOf([[x, true, 1]]).censored[RESIDUAL_BUCKETS - 1]).toBe(1);
  });
});

describe('whatever was added', () => {
  it('the total is what the counts add up to', () =>
    fc.assert(
      fc.property(anyAdded, (added) => {
        const { completed, censored, total } = histogramOf(added);
        expect(total).toBe(added.reduce((weights, [, , weight]) => weights + weight, 0));
        expect(sum(completed) + sum(censored)).toBe(total);
      }),
      runs(100),
    ));

  it('fading keeps the share of it, up to every bucket, to within one request', () =>
    fc.assert(
      fc.property(anyAdded, fc.constantFrom(0.8, 0.5, 0.99), (added, share) => {
        const histogram = histogramOf(added);
        const before = [cumulated(histogram.completed), cumulated(histogram.censored)];
        histogram.fade(share);
        const after = [cumulated(histogram.completed), cumulated(histogram.censored)];
        for (const [i, counts] of after.entries()) {
          for (const [bucket, kept] of counts.entries()) {
            const exact = before[i]![bucket]! * share;
            if (Math.abs(kept - exact) > 1 + 1e-6) expect.unreachable(`${kept} of ${exact}`);
          }
        }
        expect(histogram.total).toBe(sum(histogram.completed) + sum(histogram.censored));
      }),
      runs(100),
    ));

  it('a removed request leaves no trace', () =>
    fc.assert(
      fc.property(anyAdded, anyResidual, fc.boolean(), (added, x, censored) => {
        const histogram = histogramOf(added);
        histogram.add(x, censored);
        histogram.remove(x, censored);
        expect(histogram).toEqual(histogramOf(added));
      }),
      runs(100),
    ));
});

describe('a tail that fades', () => {
  it('does not vanish bucket by bucket: of 1,000 lone requests half are left', () => {
    const histogram = new ResidualHistogram();
    for (let i = 0; i < 500; i++) histogram.add(Math.sinh(i / 64), false);
    histogram.fade(0.5);
    expect(histogram.total).toBe(250);
    histogram.fade(0.8);
    expect(histogram.total).toBe(200);
  });
});

describe('a full bucket', () => {
  it('halves all of them, so that shares stay', () => {
    const histogram = histogramOf([
      [0, false, 60_000],
      [3, false, 600],
      [5, true, 60],
    ]);
    for (let i = 0; i < 200_000; i++) {
      histogram.add(0, false);
      if (i % 100 === 0) histogram.add(3, false);
      if (i % 1000 === 0) histogram.add(5, true);
    }
    const [most, some, few] = [
      Math.max(...histogram.completed),
      histogram.completed.filter((count) => count > 0).at(-1)!,
      sum(histogram.censored),
    ];
    expect(most).toBeGreaterThan(30_000);
    expect(some / most).toBeCloseTo(0.01, 3);
    expect(few / most).toBeCloseTo(0.001, 4);
    expect(histogram.total).toBe(most + some + few);
  });
});

describe('removing', () => {
  it('what is not there changes nothing', () => {
    const histogram = histogramOf([[1, false, 3]]);
    histogram.remove(1, true);
    histogram.remove(2, false);
    expect(histogram).toEqual(histogramOf([[1, false, 3]]));
  });

  it('everything leaves an empty one', () => {
    const histogram = histogramOf([
      [1, false, 3],
      [2, true, 4],
    ]);
    histogram.clear();
    expect(histogram).toEqual(new ResidualHistogram());
  });
});
