import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FlapDamping } from '../../src/membership/flap-damping.ts';
import { ProbeBudget } from '../../src/membership/probe-budget.ts';
import { SelfDoubt } from '../../src/membership/self-doubt.ts';
import { runs } from '../support/properties.ts';

const INTERVAL_MS = 1000;

describe('the budget of probes', () => {
  it('has 16 to begin with, and one more each four intervals', () => {
    const budget = new ProbeBudget(INTERVAL_MS);
    const taken = Array.from({ length: 20 }, () => budget.take(0)).filter(Boolean);
    expect(taken).toHaveLength(16);
    expect(budget.readyMs(0)).toBeCloseTo(4000, 1);
    expect(budget.take(3990)).toBe(false);
    expect(budget.take(4000)).toBe(true);
    expect(budget.take(4001)).toBe(false);
  });

  it('does not save up more than 16', () => {
    const budget = new ProbeBudget(INTERVAL_MS);
    budget.take(0);
    const taken = Array.from({ length: 20 }, () => budget.take(1e9)).filter(Boolean);
    expect(taken).toHaveLength(16);
  });

  it('gives nothing for a clock that goes back', () => {
    const budget = new ProbeBudget(INTERVAL_MS);
    for (let i = 0; i < 16; i++) budget.take(10_000);
    for (const atMs of [5000, 10_000, 9000, 10_000]) expect(budget.take(atMs)).toBe(false);
  });

  it('is a quarter of the intervals in the mean, whenever it is asked', () =>
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 3000, noNaN: true })), (gaps) => {
        const budget = new ProbeBudget(INTERVAL_MS);
        let [nowMs, taken] = [0, 0];
        for (const gapMs of gaps) {
          nowMs += gapMs;
          while (budget.take(nowMs)) taken++;
          expect(taken).toBeLessThanOrEqual(16 + (0.25 * nowMs) / INTERVAL_MS + 1e-6);
        }
      }),
      runs(200),
    ));

  it('holds what it says: when it is ready, one can be taken', () =>
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 3000, noNaN: true }), { minLength: 20 }),
        (gaps) => {
          const budget = new ProbeBudget(INTERVAL_MS);
          let nowMs = 0;
          for (const gapMs of gaps) {
            nowMs += gapMs;
            while (budget.take(nowMs));
            const readyMs = budget.readyMs(nowMs);
            expect(readyMs).toBeGreaterThan(nowMs);
            expect(budget.take(readyMs)).toBe(true);
            nowMs = readyMs;
          }
        },
      ),
      runs(200),
    ));
});

describe('a peer that is wrongly suspected', () => {
  function after(...atMs: readonly number[]): FlapDamping {
    const damping = new FlapDamping();
    for (const ms of atMs) damping.mistake(ms, INTERVAL_MS);
    return damping;
  }

  it('once, or once in a while, is called alive at once', () => {
    expect(after(1000).holdUntilMs).toBe(-Infinity);
    // 2^(-70/60) = 0.45 are left of the first: 1.45 < 1.5.
    expect(after(0, 70_000, 1_000_000).holdUntilMs).toBe(-Infinity);
  });

  it('twice within a minute is held for 2^(penalty − 0.5) intervals', () => {
    // 2^(-10/60) = 0.891 of the first are left: penalty 1.891.
    const held = after(1000, 11_000).holdUntilMs - 11_000;
    expect(held).toBeCloseTo(2 ** (1 + 2 ** (-1 / 6) - 0.5) * INTERVAL_MS, 6);
  });

  it('again and again is held for 30 intervals at most', () => {
    const many = Array.from({ length: 100 }, (_, i) => i * 100);
    expect(after(...many).holdUntilMs - 9900).toBe(30 * INTERVAL_MS);
  });
});

describe('whether it is us', () => {
  it('is asked when half of those we watch, and two, are silent at once', () => {
    for (const [silent, watched, doubts] of [
      [1, 1, false],
      [1, 2, false],
      [2, 2, true],
      [2, 4, true],
      [2, 5, false],
      [3, 6, true],
      [0, 0, false],
    ] as const) {
      expect(new SelfDoubt(INTERVAL_MS).update(silent, watched, 0)).toBe(doubts);
    }
  });

  it('costs one interval the first time, one more each time again, four at most', () => {
    const doubt = new SelfDoubt(INTERVAL_MS);
    expect(doubt.extraMs).toBe(0);
    for (const score of [1, 2, 3, 4, 4]) {
      doubt.update(3, 4, 0);
      expect(doubt.extraMs).toBe(score * INTERVAL_MS);
      doubt.update(0, 4, 0);
      expect(doubt.extraMs).toBe(0);
    }
  });

  it('is said once while it lasts', () => {
    const doubt = new SelfDoubt(INTERVAL_MS);
    expect([0, 100, 200].map((ms) => doubt.update(3, 4, ms))).toEqual([true, false, false]);
  });

  it('is forgotten by one each four calm intervals', () => {
    const doubt = new SelfDoubt(INTERVAL_MS);
    for (const ms of [0, 1]) {
      doubt.update(3, 4, ms);
      doubt.update(0, 4, ms);
    }
    expect(doubt.score).toBe(2);
    doubt.update(0, 4, 4000);
    expect(doubt.score).toBe(2);
    doubt.update(0, 4, 4001);
    expect(doubt.score).toBe(1);
    doubt.update(0, 4, 9000);
    doubt.update(0, 4, 20_000);
    expect(doubt.score).toBe(0);
  });
});
