import { describe, expect, it } from 'vitest';
import { offsetVerdict } from '../../src/clock/verdict.ts';

describe('offsetVerdict', () => {
  it.each([
    [-1, 1, 'within'],
    [-100, 100, 'within'],
    [100, 100, 'within'],
    [90, 110, 'ambiguous'],
    [-110, -90, 'ambiguous'],
    [-500, 500, 'ambiguous'],
    [100, 200, 'ambiguous'],
    [-Infinity, Infinity, 'ambiguous'],
    [NaN, NaN, 'ambiguous'],
    [100.001, 200, 'out'],
    [-200, -100.001, 'out'],
    [101, Infinity, 'out'],
  ] as const)('of [%d, %d] ms with a budget of 100 is %s', (lowMs, highMs, verdict) => {
    expect(offsetVerdict({ lowMs, highMs }, 100)).toBe(verdict);
  });

  it('takes no budget that is none', () => {
    expect(() => offsetVerdict({ lowMs: 0, highMs: 0 }, -1)).toThrow('maxOffsetMs');
    expect(() => offsetVerdict({ lowMs: 0, highMs: 0 }, NaN)).toThrow('maxOffsetMs');
  });
});
