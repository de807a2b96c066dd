import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Account } from '../../src/timeout/calibration.ts';
import { seed } from '../support/capabilities.ts';
import { runs } from '../support/properties.ts';
import { randomFrom } from '../support/random.ts';

/** False timeouts too many, or too few. */
function excess({ exceeded, judged, p }: Account): number {
  return exceeded - p * judged;
}

/** Judges `count` requests; `exceeds` says of each whether it is slower than where phi is read. */
function judge(account: Account, count: number, exceeds: (phi: number, i: number) => boolean) {
  for (let i = 0; i < count; i++) account.judge(exceeds(account.phi + account.theta, i));
  return account;
}

/** A reply exceeds phi with the probability that the curve promises, `bias` decades off. */
function independent(bias: (i: number) => number, random = randomFrom(seed())) {
  return (phi: number, i: number) => random.next() < 10 ** (bias(i) - phi);
}

describe('the correction', () => {
  it('is finite and between S = 1/2 and four decades more, whatever is judged', () =>
    fc.assert(
      fc.property(
        fc.constantFrom(0.5, 0.1, 0.01, 0.001),
        fc.array(fc.tuple(fc.boolean(), fc.nat(3000)), { maxLength: 30 }),
        (p, stretches) => {
          const account = new Account(p);
          for (const [exceeded, count] of stretches) {
            judge(account, count, () => exceeded);
            expect(account.phi + account.theta).toBeGreaterThanOrEqual(0.3 - 1e-9);
            expect(account.theta).toBeLessThanOrEqual(4);
          }
        },
      ),
      runs(50),
    ));

  it('is none while the promise is kept, rises with every false timeout, falls without', () => {
    const account = new Account(0.01);
    let before = account.theta;
    expect(before).toBe(0);
    for (let i = 0; i < 5; i++) {
      account.judge(true);
      expect(account.theta).toBeGreaterThan(before);
      before = account.theta;
      account.judge(false);
      expect(account.theta).toBeLessThanOrEqual(before);
      judge(account, 40, () => false);
      expect(account.theta).toBeLessThan(before);
      before = account.theta;
    }
  });

  it('moves little where every promise is kept: a rate known to 6 %', () => {
    const account = judge(
      new Account(0.01),
      100_000,
      independent(() => 0),
    );
    const exceeds = independent(() => 0);
    let [sum, squares] = [0, 0];
    for (let i = 0; i < 400_000; i++) {
      judge(account, 1, exceeds);
      sum += account.theta;
      squares += account.theta ** 2;
    }
    const deviation = Math.sqrt(squares / 400_000 - (sum / 400_000) ** 2);
    expect(deviation).toBeGreaterThan(0.008);
    expect(deviation).toBeLessThan(0.04);
  });

  it('takes smaller steps where false timeouts come in runs', () => {
    for (const count of [19_800, 198_000]) {
      // 20 false timeouts too many, one by one or in runs of 20.
      const period = count / (count / 100 + 20);
      const apart = judge(new Account(0.01), count, (_, i) => i % period < 1);
      const inRuns = judge(new Account(0.01), count, (_, i) => i % (20 * period) < 20);
      expect(Math.abs(excess(apart) - 20)).toBeLessThan(2);
      expect(Math.abs(excess(inRuns) - 20)).toBeLessThan(12);
      expect(inRuns.theta).toBeGreaterThan(0);
      expect(inRuns.theta).toBeLessThan(apart.theta / 2);
    }
  });

  it('does not wind up while a floor or ceiling holds the timeout; what happens is counted', () => {
    const account = judge(
      new Account(0.01),
      10_000,
      independent(() => 0),
    );
    const { theta } = account;
    const judged = { exceeded: account.exceeded + 5000, judged: account.judged + 100_000 };
    for (let i = 0; i < 100_000; i++) account.judge(i % 20 === 0, true);
    expect(account).toMatchObject({ theta, ...judged });
  });
});

describe('the achieved rate', () => {
  const BIASES: [string, (i: number) => number][] = [
    ['right', () => 0],
    ['too low by a factor of 3', () => 0.5],
    ['too high by a factor of 10', () => -1],
    ['wrong by another factor every 5,000 requests', (i) => (Math.floor(i / 5000) % 3) - 1],
    ['wrong by ever more', (i) => i / 150_000],
    ['swinging', (i) => Math.sin(i / 3000)],
  ];
  it.each(BIASES)('tends to the target where the curve is %s', (_, bias) => {
    const account = judge(new Account(0.01), 200_000, independent(bias));
    expect(account.exceeded / account.judged / 0.01).toBeGreaterThan(0.93);
    expect(account.exceeded / account.judged / 0.01).toBeLessThan(1.07);
  });

  it('tends to the target also where slow replies come in runs of 20', () => {
    const random = randomFrom(seed());
    let run = 0;
    const account = judge(new Account(0.01), 400_000, (phi) => {
      if (run === 0 && random.next() < 10 ** (0.5 - phi) / 20) run = 20;
      return run > 0 && run-- > 0;
    });
    expect(account.exceeded / account.judged / 0.01).toBeGreaterThan(0.85);
    expect(account.exceeded / account.judged / 0.01).toBeLessThan(1.15);
  });

  const random = randomFrom(seed());
  const ADVERSARIES: [string, (phi: number, i: number) => boolean][] = [
    ['exceeds whenever it can', (phi) => phi < 4.5],
    ['never exceeds unless it must', (phi) => phi < 0.4],
    ['changes from one to the other', (phi, i) => phi < (i % 40_000 < 20_000 ? 4.5 : 0.4)],
    ['changes with the sign of the account', (phi) => phi < (phi > 2 ? 4.5 : 0.4)],
    ['draws lots for where', (phi) => phi < 0.4 + 4 * random.next()],
  ];
  it.each(ADVERSARIES)('has a bounded debt against one who %s', (_, exceeds) => {
    const account = new Account(0.01);
    let worst = 0;
    for (let i = 0; i < 300_000; i++) {
      judge(account, 1, (phi) => exceeds(phi, i));
      worst = Math.max(worst, Math.abs(excess(account)));
    }
    // A step of 0.002 / √v, v ≤ 39 in runs, and cubic beyond 25 √v: 2.5 decades at 560.
    expect(worst).toBeLessThan(600);
  });
});

describe('a checkpoint of an account', () => {
  it('brings everything back: what comes after is as if nothing had been', () => {
    const [spared, tried] = [1, 2].map(() => judge(new Account(0.01), 3000, (_, i) => i % 70 < 2));
    const restore = tried!.checkpoint();
    judge(tried!, 500, (_, i) => i % 3 === 0);
    tried!.judge(true, true);
    restore();
    for (const account of [spared!, tried!]) judge(account, 400, (_, i) => i % 50 < 3);
    expect(tried).toEqual(spared);
    expect(tried!.theta).toBe(spared!.theta);
  });
});
