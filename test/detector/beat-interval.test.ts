import { describe, expect, it } from 'vitest';
import { BeatInterval } from '../../src/detector/beat-interval.ts';
import fc from 'fast-check';
import { runs } from '../support/properties.ts';

function after(expectedMs: number, gaps: readonly (readonly [gapMs: number, steps: number])[]) {
  const interval = new BeatInterval(expectedMs);
  for (const [gapMs, steps] of gaps) interval.add(gapMs, steps);
  return interval.ms;
}

function many<T>(count: number, value: T): T[] {
  return Array.from({ length: count }, () => value);
}

describe('the interval', () => {
  it('is the expected one before anything was seen', () => {
    expect(after(1000, [])).toBe(1000);
  });

  it('is the median of the gaps: of two, their mean', () => {
    expect(after(1000, [[200, 1]])).toBe(200);
    expect(
      after(1000, [
        [200, 1],
        [400, 1],
      ]),
    ).toBe(300);
    expect(
      after(1000, [
        [200, 1],
        [400, 1],
        [210, 1],
      ]),
    ).toBe(210);
  });

  it('is not moved by a pause of the sender', () => {
    expect(after(1000, [...many(8, [200, 1] as const), [60_000, 1]])).toBe(200);
  });

  it('is not moved by lost beats: their gap is shared out', () => {
    expect(after(1000, many(9, [600, 3] as const))).toBe(200);
  });

  it('follows a new one after five beats', () => {
    const old = many(9, [200, 1] as const);
    expect(after(1000, [...old, ...many(4, [400, 1] as const)])).toBe(200);
    expect(after(1000, [...old, ...many(5, [400, 1] as const)])).toBe(400);
  });

  it('is the median of the last nine, whatever they are', () =>
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 9 }), (gaps) => {
        const sorted = gaps.slice(-9).sort((a, b) => a - b);
        const seen = gaps.map((gapMs) => [gapMs, 1] as const);
        expect(after(1000, seen)).toBe(sorted[4]);
      }),
      runs(200),
    ));
});
