import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Account } from '../../src/timeout/calibration.ts';
import { correctedPhi, type Level, promisedPhi } from '../../src/timeout/corrected-phi.ts';
import { runs } from '../support/properties.ts';

const RATES = [0.3, 0.1, 0.01, 0.001];

/** Corrections as large as accounts give them, however they contradict each other. */
const anyLevels: fc.Arbitrary<Level[]> = fc
  .array(fc.double({ min: -4, max: 4, noNaN: true }), { minLength: 4, maxLength: 4 })
  .map((thetas) => thetas.map((theta, i) => ({ account: new Account(RATES[i]!), theta })));

const anyPhi = fc.double({ min: 0, max: 300, noNaN: true });

describe('any correction of a curve', () => {
  it('rises strictly, from 0', () =>
    fc.assert(
      fc.property(anyLevels, anyPhi, anyPhi, (levels, a, b) => {
        fc.pre(Math.abs(a - b) > 1e-6);
        expect(correctedPhi(levels, 0)).toBe(0);
        const [less, more] = [Math.min(a, b), Math.max(a, b)];
        expect(correctedPhi(levels, more)).toBeGreaterThan(correctedPhi(levels, less));
        expect(promisedPhi(levels, more)).toBeGreaterThan(promisedPhi(levels, less));
      }),
      runs(300),
    ));

  it('has an inverse', () =>
    fc.assert(
      fc.property(anyLevels, anyPhi, (levels, phi) => {
        expect(promisedPhi(levels, correctedPhi(levels, phi))).toBeCloseTo(phi, 6);
        expect(correctedPhi(levels, promisedPhi(levels, phi))).toBeCloseTo(phi, 6);
      }),
      runs(300),
    ));

  it('is that of each level at the level, where they do not cross', () =>
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -0.1, max: 0.1, noNaN: true }), { minLength: 4, maxLength: 4 }),
        (thetas) => {
          const levels = thetas.map((theta, i) => ({ account: new Account(RATES[i]!), theta }));
          for (const { account, theta } of levels) {
            expect(correctedPhi(levels, account.phi)).toBeCloseTo(account.phi + theta, 9);
          }
          expect(correctedPhi(levels, 7)).toBeCloseTo(7 + levels[3]!.theta, 9);
        },
      ),
      runs(100),
    ));

  it('is none without one', () => {
    const levels = RATES.map((p) => ({ account: new Account(p), theta: 0 }));
    for (const phi of [0, 0.2, 1, 2.5, 3, 8])
      expect(correctedPhi(levels, phi)).toBeCloseTo(phi, 12);
  });
});
