import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Hull } from '../../src/clock/hull.ts';
import { runs } from '../support/properties.ts';

function hullOf(points: readonly (readonly [t: number, v: number])[]): Hull {
  const hull = new Hull();
  for (const [t, v] of points) hull.push(t, v);
  return hull;
}

describe('the lower hull', () => {
  it('keeps the corners that are seen from below', () => {
    const hull = hullOf([
      [0, 0],
      [1, 3],
      [2, -1],
      [3, 5],
      [4, 1],
      [5, 9],
    ]);
    expect([0, 1, 2, 3].map((i) => hull.time(i))).toEqual([0, 2, 4, 5]);
    expect(hull.slopeBefore(1)).toBe(-0.5);
    expect(hull.slopeAfter(1)).toBe(1);
    expect(hull.slopeBefore(0)).toBe(-Infinity);
    expect(hull.slopeAfter(3)).toBe(Infinity);
  });

  it('of two at one time keeps the lower', () => {
    const at = (v: number, w: number) =>
      hullOf([
        [0, 0],
        [1, v],
        [1, w],
      ]).least(0, 1);
    expect([at(-1, -2), at(-2, -1)]).toEqual([-2, -2]);
  });

  it('knows the least along every slope', () =>
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(100), fc.integer({ min: -50, max: 50 })), {
          minLength: 1,
          maxLength: 60,
        }),
        fc.integer({ min: -30, max: 30 }),
        (points, slope) => {
          const sorted = points.sort(([t], [s]) => t - s);
          const byHand = Math.min(...sorted.map(([t, v]) => v + slope * (100 - t)));
          expect(hullOf(sorted).least(slope, 100)).toBeCloseTo(byHand, 6);
        },
      ),
      runs(500),
    ));

  it('stays small: of a parabola it forgets the oldest', () => {
    const hull = new Hull();
    for (let t = 0; t < 1000; t++) hull.push(t, (t * t) / 1000);
    expect(hull.size).toBe(64);
    expect(hull.time(63)).toBe(999);
  });
});
