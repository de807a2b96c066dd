import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ResidualCurve } from '../../src/timeout/residual-curve.ts';
import {
  RESIDUAL_BUCKETS,
  residualAt,
  ResidualHistogram,
} from '../../src/timeout/residual-histogram.ts';
import { fcRuns, seed } from '../support/capabilities.ts';
import { runs } from '../support/properties.ts';
import { randomFrom } from '../support/random.ts';

const SPREAD = 0.4;
/** What a 32-bit float may be off. */
const ROUNDING = 1e-5;
/** Eight times as long as anybody waited. */
const FAR = Math.log(8) / SPREAD;

type Added = readonly (readonly [number, boolean, number])[];

const anyResidual = fc.double({ min: -5, max: 12, noNaN: true });
const anyWeight = fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 5000 }));
const anyAdded: fc.Arbitrary<Added> = fc
  .array(fc.tuple(anyResidual, fc.boolean(), anyWeight), { minLength: 1, maxLength: 80 })
  .filter((added) => added.some(([, censored]) => !censored));
const anyPhi = fc.double({ min: 0, max: 12, noNaN: true });

function histogramOf(added: Added): ResidualHistogram {
  const histogram = new ResidualHistogram();
  for (const [x, censored, weight] of added) histogram.add(x, censored, weight);
  return histogram;
}

function curveOf(histogram: ResidualHistogram, spread = SPREAD): ResidualCurve {
  const curve = new ResidualCurve();
  curve.read(histogram, spread);
  return curve;
}

interface Point {
  readonly x: number;
  readonly phi: number;
}

/**
 * Kaplan and Meier's estimator at the upper edges of the buckets, with one request more at risk,
 * from its definition: requests that are cut off at an edge are at risk there.
 */
function referencePoints({ completed, censored }: ResidualHistogram): Point[] {
  const buckets = Array.from({ length: RESIDUAL_BUCKETS }, (_, i) => i);
  const atRiskFrom = (from: number) =>
    buckets.slice(from).reduce((all, i) => all + completed[i]! + censored[i]!, 0);
  const replies = completed.reduce((all, count) => all + count, 0);
  const filled = buckets.filter((i) => completed[i]! > 0);
  const points: Point[] = [{ x: residualAt(Math.max(0, filled[0]! - 1)), phi: 0 }];
  let survival = 1;
  let phi = 0;
  for (const i of filled) {
    const atRisk = atRiskFrom(i);
    survival *= 1 - completed[i]! / atRisk;
    const beyond = survival * (1 + 1 / (atRisk - completed[i]! - censored[i]! + 1));
    phi = Math.max(phi, -Math.log10(Math.max(beyond, 1 / (replies + 1))));
    points.push({ x: residualAt(i), phi });
  }
  return points;
}

/** The residual at a phi within the points, on straight lines between them. */
function between(points: readonly Point[], phi: number): number {
  const at = points.findIndex((point, i) => i > 0 && point.phi >= phi);
  const [from, to] = [points[at - 1]!, points[at]!];
  const width = to.phi - from.phi;
  return from.x + (width > 0 ? (phi - from.phi) / width : 1) * (to.x - from.x);
}

describe('any curve of residuals', () => {
  it('is what Kaplan and Meier compute with one more at risk, at every twentieth of phi', () =>
    fc.assert(
      fc.property(anyAdded, (added) => {
        const histogram = histogramOf(added);
        const curve = curveOf(histogram);
        const points = referencePoints(histogram);
        const end = points.at(-1)!;
        expect(curve.endPhi).toBeCloseTo(end.phi, 9);
        expect(curve.xAt(curve.endPhi)).toBeCloseTo(end.x, 5);
        for (let knot = 0; knot * 0.05 < end.phi; knot++) {
          const expected = between(points, knot * 0.05);
          expect(Math.abs(curve.xAt(knot * 0.05) - expected)).toBeLessThan(ROUNDING * 20);
        }
      }),
      runs(200),
    ));

  it('rises, and never falls, both ways', () =>
    fc.assert(
      fc.property(anyAdded, fc.array(anyPhi, { minLength: 2, maxLength: 20 }), (added, phis) => {
        const curve = curveOf(histogramOf(added));
        let before = { x: -Infinity, back: 0 };
        for (const phi of phis.sort((a, b) => a - b)) {
          const x = curve.xAt(phi);
          const back = curve.phiAt(x);
          expect(Number.isFinite(x) && Number.isFinite(back)).toBe(true);
          expect(x).toBeGreaterThanOrEqual(before.x);
          expect(back).toBeGreaterThanOrEqual(before.back * (1 - 1e-12)); // rounding
          before = { x, back };
        }
      }),
      runs(300),
    ));

  it('is read back where it was read, up to where it is not continued', () =>
    fc.assert(
      fc.property(anyAdded, anyPhi, (added, phi) => {
        const curve = curveOf(histogramOf(added));
        const x = curve.xAt(phi);
        if (x >= curve.xAt(1e6)) expect(curve.phiAt(x)).toBeLessThanOrEqual(phi + 1e-6);
        else expect(curve.xAt(curve.phiAt(x))).toBeCloseTo(x, 4);
      }),
      runs(500),
    ));

  it('has a phi for every residual that is finite, ≥ 0 and never falls', () =>
    fc.assert(
      fc.property(
        anyAdded,
        fc.array(fc.double({ min: -1000, max: 1e6, noNaN: true }), { minLength: 2 }),
        (added, residuals) => {
          const curve = curveOf(histogramOf(added));
          let before = 0;
          for (const x of residuals.sort((a, b) => a - b)) {
            const phi = curve.phiAt(x);
            expect(phi).toBeGreaterThanOrEqual(before * (1 - 1e-12)); // rounding
            expect(phi).toBeLessThan(Infinity);
            before = phi;
          }
        },
      ),
      runs(300),
    ));

  it('ends at eight times the longest wait, with a reply or without', () =>
    fc.assert(
      fc.property(anyAdded, fc.double({ min: 0.01, max: 2, noNaN: true }), (added, spread) => {
        const histogram = histogramOf(added);
        const longest = Math.max(
          ...[histogram.completed, histogram.censored].map((counts) =>
            residualAt(
              Math.max(
                0,
                counts.findLastIndex((count) => count > 0),
              ),
            ),
          ),
        );
        const curve = curveOf(histogram, spread);
        expect(curve.xAt(1e6)).toBeCloseTo(longest + Math.log(8) / spread, 4);
      }),
      runs(200),
    ));
});

describe('beyond the slowest reply', () => {
  const replies = Array.from({ length: 999 }, (_, i) => [i / 200, false, 1] as const);

  it('the tail goes on without a step, ever faster', () => {
    const curve = curveOf(histogramOf(replies));
    const end = curve.xAt(curve.endPhi);
    expect(curve.xAt(curve.endPhi - 1e-6)).toBeCloseTo(end, 3);
    expect(curve.xAt(curve.endPhi + 1e-6)).toBeCloseTo(end, 3);
    const [first, second, third] = [0.3, 0.6, 0.9].map((d) => curve.xAt(curve.endPhi + d));
    expect(first! - end).toBeGreaterThan(0);
    expect(second! - first!).toBeGreaterThan(first! - end);
    expect(third! - second!).toBeGreaterThan(second! - first!);
  });

  it('the tail is at least twice as long for the first phi, fourfold that for the second', () => {
    const curve = curveOf(histogramOf([[0, false, 1000]]));
    const end = curve.xAt(curve.endPhi);
    expect(SPREAD * (curve.xAt(curve.endPhi + 1) - end)).toBeGreaterThan(Math.log(2));
    expect(SPREAD * (curve.xAt(curve.endPhi + 1) - end)).toBeLessThan(Math.log(2.2));
    expect(curve.xAt(curve.endPhi + 2)).toBeCloseTo(end + FAR, 5);
  });

  it('a heavy tail goes on as it is: Pareto 1.5 grows by 10^(2/3) for each phi', () => {
    const random = randomFrom(seed());
    const histogram = new ResidualHistogram();
    for (let i = 0; i < 100_000; i++) {
      histogram.add(-Math.log(1 - random.next()) / 1.5 / SPREAD, false);
    }
    const curve = curveOf(histogram);
    // Half a phi on, with a quarter of the search: ln 2 / 4.
    const grown = SPREAD * (curve.xAt(curve.endPhi + 0.5) - curve.xAt(curve.endPhi));
    const [pareto, search] = [Math.LN10 / 1.5 / 2, Math.LN2 / 4];
    expect(grown).toBeGreaterThan(0.25 * pareto + search);
    expect(grown).toBeLessThan(2 * pareto + search);
  });

  it('a wait that was cut off carries the end further out', () => {
    const cutOff = curveOf(histogramOf([...replies, [9, true, 5]]));
    expect(cutOff.xAt(1e6)).toBeGreaterThan(9 + FAR - 0.2);
    expect(curveOf(histogramOf(replies)).xAt(1e6)).toBeLessThan(5.2 + FAR);
  });
});

describe('what is promised', () => {
  it.each([0.1, 0.01])('is kept by the next reply, on the mean over samples: %d', (p) => {
    // The j-th largest of n is exceeded by the next with probability j / (n + 1), and not j / n:
    // with n = 3 / p the naive quantile would be exceeded 1.3 times as often.
    const random = randomFrom(seed());
    const n = Math.round(3 / p);
    const samples = fcRuns(3000, 30_000) * (p < 0.05 ? 1 : 3);
    let exceeded = 0;
    for (let i = 0; i < samples; i++) {
      const histogram = new ResidualHistogram();
      for (let j = 0; j < n; j++) histogram.add(random.next() * 4, false);
      exceeded += 1 - Math.min(1, curveOf(histogram).xAt(-Math.log10(p)) / 4);
    }
    expect(exceeded / samples / p).toBeGreaterThan(0.85);
    expect(exceeded / samples / p).toBeLessThan(1.12);
  });
});

describe('the fast side', () => {
  it('tells how rare it is to be as fast, in quarters of phi, never too much', () => {
    const curve = curveOf(
      histogramOf(Array.from({ length: 10_000 }, (_, i) => [i / 1000 - 5, false, 1] as const)),
    );
    expect(curve.fastPhiAt(5)).toBe(0);
    for (const share of [0.5, 0.1, 0.03, 0.01, 0.003]) {
      const rare = -Math.log10(share);
      const told = curve.fastPhiAt(10 * share - 5);
      expect(told).toBeLessThanOrEqual(rare + 0.02);
      expect(told).toBeGreaterThan(rare - 0.3);
    }
    expect(curve.fastPhiAt(-100)).toBeGreaterThanOrEqual(2); // 0.6 % lie in the first bucket
  });
});

describe('a curve of nothing', () => {
  it('rests on no reply, also when it once had some', () => {
    const curve = curveOf(histogramOf([[1, false, 100]]));
    curve.read(new ResidualHistogram(), SPREAD);
    expect(curve).toMatchObject({ replies: 0, endPhi: 0 });
    for (const x of [-10, 0, 10]) expect(curve.fastPhiAt(x)).toBe(0);
  });
});
