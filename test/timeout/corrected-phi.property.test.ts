import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Account } from '../../src/timeout/calibration.ts';
import { correctedPhi, type Level, promisedPhi } from '../../src/timeout/corrected-phi.ts';
import { runs } from '../support/properties.ts';

const RATES = [0.3, 0.1, 0.01, 0.001];

function levelsOf(thetas: readonly number[], target = 0): Level[] {
  return thetas.map((theta, i) => {
    const account = new Account(RATES[i]!);
    return { account, theta: Math.max(0.3 - account.phi, theta), isTarget: i === target };
  });
}

/** Corrections as large as accounts give them, however they contradict each other. */
const anyThetas = fc.array(fc.double({ min: -4, max: 4, noNaN: true }), {
  minLength: 4,
  maxLength: 4,
});
const anyTarget = fc.nat(3);
const anyLevels = fc.tuple(anyThetas, anyTarget).map(([thetas, at]) => levelsOf(thetas, at));

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
      fc.property(anyThetas, anyTarget, (large, target) => {
        const levels = levelsOf(
          large.map((theta) => theta / 40),
          target,
        );
        for (const { account, theta } of levels) {
          expect(correctedPhi(levels, account.phi)).toBeCloseTo(account.phi + theta, 9);
        }
        expect(correctedPhi(levels, 7)).toBeCloseTo(7 + levels[3]!.theta, 9);
      }),
      runs(100),
    ));

  it('is that of the target at the target, whatever the others say', () =>
    fc.assert(
      fc.property(anyThetas, anyTarget, (thetas, target) => {
        const levels = levelsOf(thetas, target);
        const { account, theta } = levels[target]!;
        expect(correctedPhi(levels, account.phi)).toBeCloseTo(account.phi + theta, 9);
        expect(promisedPhi(levels, account.phi + theta)).toBeCloseTo(account.phi, 9);
      }),
      runs(300),
    ));

  it('is none without one', () => {
    const levels = levelsOf([0, 0, 0, 0]);
    for (const phi of [0, 0.2, 1, 2.5, 3, 8])
      expect(correctedPhi(levels, phi)).toBeCloseTo(phi, 12);
  });
});
