import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LatenessCurve } from '../../src/detector/lateness-curve.ts';
import { runs } from '../support/properties.ts';

/** Whatever a network may do to a beat: usual, early, late, an outage; the interval changes too. */
const anyBeat = fc.record({
  latenessMs: fc.oneof(
    fc.double({ min: -50, max: 50, noNaN: true }),
    fc.constant(0),
    fc.double({ min: -5000, max: 5000, noNaN: true }),
    fc.double({ min: 0, max: 3.6e6, noNaN: true }),
  ),
  unitMs: fc.constantFrom(1000, 1000, 1000, 200, 5000),
});
const anyCurve = fc.array(anyBeat, { maxLength: 150 }).map((beats) => {
  const curve = new LatenessCurve(1000);
  for (const { latenessMs, unitMs } of beats) curve.learn(latenessMs, unitMs);
  return curve;
});

describe('whatever was seen', () => {
  it('phi is finite, >= 0 and never falls as a silence lasts, for an hour and more', () =>
    fc.assert(
      fc.property(anyCurve, (curve) => {
        let last = 0;
        for (let ms = -20_000; ms < 7_200_000; ms = ms < 10_000 ? ms + 37 : ms * 1.03) {
          const phi = curve.phi(ms);
          expect(Number.isFinite(phi)).toBe(true);
          expect(phi).toBeGreaterThanOrEqual(last);
          last = phi;
        }
        expect(last).toBeGreaterThan(8);
      }),
      runs(200),
    ));

  it('latenessMs and phi are one curve read both ways', () =>
    fc.assert(
      fc.property(anyCurve, fc.double({ min: 0.01, max: 40, noNaN: true }), (curve, phi) => {
        const latenessMs = curve.latenessMs(phi);
        expect(Number.isFinite(latenessMs)).toBe(true);
        expect(curve.phi(latenessMs)).toBeCloseTo(phi, 4);
      }),
      runs(500),
    ));

  it('a silence of so many intervals is suspected: no outage makes it patient without end', () =>
    fc.assert(
      fc.property(anyCurve, fc.array(anyBeat, { maxLength: 20 }), (curve, beats) => {
        for (const { unitMs } of beats) curve.learn(3.6e6, unitMs);
        expect(curve.latenessMs(9)).toBeGreaterThan(curve.latenessMs(8));
      }),
      runs(200),
    ));
});
