import { describe, expect, it } from 'vitest';
import { LatenessCurve } from '../../src/detector/lateness-curve.ts';
import { randomFrom } from '../support/random.ts';
import { seed } from '../support/capabilities.ts';

const UNIT_MS = 1000;
const HOUR_MS = 3_600_000;
/** Two lost beats and a bit: where phi = 8 is before data say otherwise. */
const PRIOR_TAIL = 2.2;

function learned(latenesses: Iterable<number>, unitMs = UNIT_MS): LatenessCurve {
  const curve = new LatenessCurve(unitMs);
  for (const latenessMs of latenesses) curve.learn(latenessMs, unitMs);
  return curve;
}

function* drawn(count: number, draw: () => number): Generator<number> {
  for (let i = 0; i < count; i++) yield draw();
}

describe('before anything was seen', () => {
  it('phi = 8 is at two lost beats and a bit', () => {
    const curve = new LatenessCurve(UNIT_MS);
    expect(curve.latenessMs(8)).toBeCloseTo(PRIOR_TAIL * UNIT_MS, 3);
    expect(curve.phi(PRIOR_TAIL * UNIT_MS)).toBeCloseTo(8, 6);
  });

  it('phi goes straight, an eighth of it each decade', () => {
    const curve = new LatenessCurve(UNIT_MS);
    const decadeMs = (PRIOR_TAIL / 8) * UNIT_MS;
    for (const phi of [1, 2, 3]) expect(curve.latenessMs(phi)).toBeCloseTo(decadeMs * phi, 0);
  });
});

describe('a link that is never late', () => {
  const curve = learned(drawn(5000, () => 0));

  it('keeps the prior for what is rare', () => {
    expect(curve.latenessMs(8)).toBeCloseTo(PRIOR_TAIL * UNIT_MS, 0);
  });

  it('is surprising early', () => {
    expect(curve.phi(100)).toBeGreaterThan(3);
  });
});

describe('one outage of an hour', () => {
  function outages(usual: number, count: number, apart: number): { before: number; after: number } {
    const random = randomFrom(seed());
    const beat = () => 20 * random.normal();
    const curve = learned(drawn(usual, beat));
    const before = curve.latenessMs(8);
    let after = before;
    for (let i = 0; i < count; i++) {
      curve.learn(HOUR_MS, UNIT_MS);
      for (const latenessMs of drawn(apart, beat)) {
        curve.learn(latenessMs, UNIT_MS);
        after = Math.max(after, curve.latenessMs(8));
      }
    }
    return { before, after };
  }

  // It counts as 3 intervals, in a bucket of 6 % that may shift by another; five decades follow.
  const BOUND = (3 * 1.06 ** 2 + 5 * 0.25) / PRIOR_TAIL;

  it.each([100, 300, 1000])('within the first %i beats makes us wait twice as long', (n) => {
    const { before, after } = outages(n, 1, 50);
    expect(after).toBeLessThan(BOUND * before);
  });

  it.each([5000, 20_000])('is nothing among %i beats', (n) => {
    const { before, after } = outages(n, 1, 50);
    expect(after).toBeLessThan(1.1 * before);
  });

  it.each([50, 100, 500])('and seven more, each %i beats, make us wait no longer', (apart) => {
    const { before, after } = outages(300, 8, apart);
    expect(after).toBeLessThan(1.05 * BOUND * before);
  });

  it('counts for three intervals', () => {
    const [hour, three] = [learned(drawn(500, () => 5)), learned(drawn(500, () => 5))];
    three.learn(3 * UNIT_MS, UNIT_MS);
    hour.learn(HOUR_MS, UNIT_MS);
    for (const phi of [1, 2, 3, 8]) expect(hour.latenessMs(phi)).toBe(three.latenessMs(phi));
  });
});

describe('a link that is always late', () => {
  it.each([10, 30, 100])('by %i intervals is trusted within 20 beats', (intervals) => {
    const curve = new LatenessCurve(UNIT_MS);
    const latenessMs = intervals * UNIT_MS;
    let suspected = 0;
    for (let beat = 0; beat < 40; beat++) {
      if (curve.phi(latenessMs) >= 8) suspected = beat + 1;
      curve.learn(latenessMs, UNIT_MS);
    }
    expect(suspected).toBeLessThanOrEqual(20);
  });
});

describe('what was seen', () => {
  it.each([
    ['normal', (r: ReturnType<typeof randomFrom>) => 30 * r.normal()],
    ['exponential', (r: ReturnType<typeof randomFrom>) => r.exponential(40)],
    ['lognormal', (r: ReturnType<typeof randomFrom>) => r.lognormal(20, 1)],
  ])('decides up to phi = 3: %s is met within a tenth of a decade', (_, draw) => {
    const random = randomFrom(seed());
    const curve = new LatenessCurve(UNIT_MS);
    const count = 60_000;
    const above = [0, 0, 0];
    for (let i = 0; i < count; i++) {
      const latenessMs = draw(random);
      const phi = curve.phi(latenessMs);
      for (const level of [1, 2, 3]) if (phi >= level) above[level - 1]!++;
      curve.learn(latenessMs, UNIT_MS);
    }
    const off = above.map((n, i) => Math.abs(Math.log10(n / count) + i + 1));
    expect(off[0]).toBeLessThan(0.05);
    expect(off[1]).toBeLessThan(0.1);
    expect(off[2]).toBeLessThan(0.15);
  });

  it('is followed when it becomes ten times as much', () => {
    const random = randomFrom(seed());
    const curve = learned(drawn(5000, () => random.exponential(10)));
    for (const latenessMs of drawn(200, () => random.exponential(100))) {
      curve.learn(latenessMs, UNIT_MS);
    }
    expect(curve.phi(100)).toBeLessThan(2);
  });
});
