import { describe, expect, it } from 'vitest';
import { compareIntervals, unknownOrderShare } from '../../src/clock/ordering.ts';
import { randomFrom } from '../support/random.ts';

describe('compareIntervals', () => {
  it.each([
    [1, 2, 3, 4, 'before'],
    [3, 4, 1, 2, 'after'],
    [1, 3, 2, 4, 'unknown'],
    [1, 9, 2, 4, 'unknown'],
    [1, 2, 2, 3, 'unknown'],
    [2, 2, 2, 2, 'unknown'],
    [NaN, NaN, 1, 2, 'unknown'],
  ] as const)('[%d, %d] and [%d, %d]: %s', (aEarliest, aLatest, bEarliest, bLatest, order) => {
    const a = { earliest: aEarliest, latest: aLatest };
    const b = { earliest: bEarliest, latest: bLatest };
    expect(compareIntervals(a, b)).toBe(order);
  });
});

describe('unknownOrderShare', () => {
  it.each([
    [10, 7, 0.06760618],
    [1000, 1, 0.63212056],
    [1, 0.001, 9.999995e-7],
    [0, 100, 0],
    [100, 0, 0],
    [0, Infinity, 0],
    [100, Infinity, 1],
  ])('of %d events a second with intervals of %d ms is %d', (eventsPerS, widthMs, share) => {
    expect(unknownOrderShare({ eventsPerS, widthMs })).toBeCloseTo(share, 8);
  });

  it.each([
    [-1, 1, 'eventsPerS'],
    [NaN, 1, 'eventsPerS'],
    [1, -1, 'widthMs'],
  ])('takes no %d events a second with intervals of %d ms', (eventsPerS, widthMs, name) => {
    expect(() => unknownOrderShare({ eventsPerS, widthMs })).toThrow(name);
  });

  /** Events at random at two nodes, whose readings err as told; how many neighbours overlap. */
  function simulate(errMs: () => readonly [number, number]): number {
    const random = randomFrom(20_261);
    const halfMs = [2, 5] as const;
    let overlaps = 0;
    const pairs = 40_000;
    for (let i = 0; i < pairs; i++) {
      const gapMs = random.exponential(1000 / EVENTS_PER_S);
      const [a, b] = errMs();
      const first = { earliest: a - halfMs[0], latest: a + halfMs[0] };
      const second = { earliest: gapMs + b - halfMs[1], latest: gapMs + b + halfMs[1] };
      if (compareIntervals(first, second) === 'unknown') overlaps++;
    }
    return overlaps / pairs;
  }
  const EVENTS_PER_S = 100;
  // The sum of the half-widths is the mean of the widths.
  const expected = unknownOrderShare({ eventsPerS: EVENTS_PER_S, widthMs: (4 + 10) / 2 });

  it('is what a simulation of exact clocks counts', () => {
    expect(simulate(() => [0, 0])).toBeCloseTo(expected, 2);
  });

  it('is no less than a simulation of erring clocks counts', () => {
    const random = randomFrom(7);
    const counted = simulate(() => [2 * (2 * random.next() - 1), 5 * (2 * random.next() - 1)]);
    expect(counted).toBeLessThan(expected + 0.005);
    expect(counted).toBeGreaterThan(0.8 * expected);
  });
});
