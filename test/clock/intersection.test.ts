import { describe, expect, it } from 'vitest';
import { intersect, type TimeSource } from '../../src/clock/intersection.ts';

/** Sources a, b, c ... with these bounds. */
function sources(...bounds: readonly (readonly [number, number])[]): TimeSource[] {
  return bounds.map(([lowMs, highMs], i) => ({
    name: String.fromCharCode(97 + i),
    bounds: { lowMs, highMs },
  }));
}

function boundsOf(...bounds: readonly (readonly [number, number])[]): unknown {
  const found = intersect(sources(...bounds)).bounds;
  return found && [found.lowMs, found.highMs];
}

describe('intersect', () => {
  it('names the one of four that is 10 s off', () => {
    const four = sources([-4, 6], [-7, 3], [9_995, 10_005], [-2, 2]);
    expect(intersect(four)).toEqual({
      bounds: { lowMs: -2, highMs: 2 },
      likeliest: { lowMs: -2, highMs: 2 },
      truechimers: ['a', 'b', 'd'],
      falsetickers: ['c'],
    });
  });

  it('is not drawn by a liar that overlaps with honest sources', () => {
    expect(intersect(sources([-10, 10], [-1, 10], [5, 6]))).toEqual({
      bounds: { lowMs: -1, highMs: 10 },
      likeliest: { lowMs: 5, highMs: 6 },
      truechimers: ['a', 'b', 'c'],
      falsetickers: [],
    });
  });

  it('takes one source at its word, and of two what they share', () => {
    expect(boundsOf([3, 5])).toEqual([3, 5]);
    expect(boundsOf([3, 5], [4, 9])).toEqual([4, 5]);
  });

  it.each([
    ['two that disagree', sources([0, 1], [2, 3])],
    ['three that disagree', sources([0, 1], [2, 3], [4, 5])],
    ['two against two', sources([0, 1], [0, 1], [4, 5], [4, 5])],
    ['nobody', []],
  ])('says nothing of %s, and accuses nobody', (_, disputed) => {
    expect(intersect(disputed)).toEqual({
      bounds: undefined,
      likeliest: undefined,
      truechimers: [],
      falsetickers: [],
    });
  });

  it('spans all places where a majority meets, and names who is in none of them', () => {
    // Points of at least three of five: [0, 1] and [8, 9]; e is between them.
    const five = sources([0, 9], [0, 9], [0, 1], [8, 9], [4, 5]);
    expect(intersect(five).bounds).toEqual({ lowMs: 0, highMs: 9 });
    expect(intersect(five).falsetickers).toEqual([]);
    const apart = sources([0, 1], [0, 1], [0, 9], [8, 9], [8, 9], [4, 5], [0, 9]);
    expect(intersect(apart).bounds).toEqual({ lowMs: 0, highMs: 9 });
    expect(intersect(apart).falsetickers).toEqual(['f']);
  });

  it('counts ends as inside', () => {
    expect(boundsOf([0, 1], [1, 2])).toEqual([1, 1]);
    expect(boundsOf([0, 1], [1, 2], [5, 5])).toEqual([1, 1]);
  });

  it('counts a source that says nonsense as one that lies', () => {
    const some = sources([0, 2], [1, 3], [NaN, 4], [1, 2]);
    expect(intersect(some).bounds).toEqual({ lowMs: 1, highMs: 2 });
    expect(intersect(some).falsetickers).toEqual(['c']);
    expect(intersect(sources([0, 2], [5, 4])).bounds).toBeUndefined();
  });

  it('lets a source that knows nothing take no part but be counted', () => {
    const idle = sources([-Infinity, Infinity], [0, 2], [1, 3]);
    expect(intersect(idle).bounds).toEqual({ lowMs: 0, highMs: 3 });
  });

  it('names the outlier of a fleet by offsets to ours', () => {
    const fleet: TimeSource[] = [
      { name: 'self', bounds: { lowMs: 0, highMs: 0 } },
      { name: 'n2', bounds: { lowMs: -0.4, highMs: 0.3 } },
      { name: 'n3', bounds: { lowMs: 249, highMs: 251 } },
      { name: 'n4', bounds: { lowMs: -0.2, highMs: 0.8 } },
    ];
    expect(intersect(fleet).falsetickers).toEqual(['n3']);
  });

  it('names ourselves if it is our clock that is off', () => {
    const fleet: TimeSource[] = [
      { name: 'self', bounds: { lowMs: 0, highMs: 0 } },
      { name: 'n2', bounds: { lowMs: 248, highMs: 251 } },
      { name: 'n3', bounds: { lowMs: 249, highMs: 252 } },
    ];
    expect(intersect(fleet).bounds).toEqual({ lowMs: 249, highMs: 251 });
    expect(intersect(fleet).falsetickers).toEqual(['self']);
  });
});
