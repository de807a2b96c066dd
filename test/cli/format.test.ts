import { describe, expect, it } from 'vitest';
import { explanation, milliseconds, range } from '../../src/cli/format.ts';
import { adviceOf } from './support.ts';

describe('numbers for people', () => {
  it.each([
    [undefined, ''],
    [0.214, '0.21 ms'],
    [84.04, '84 ms'],
    [1300, '1.3 s'],
    [300_000, '5 min'],
  ])('%s ms is %j', (ms, text) => {
    expect(milliseconds(ms)).toBe(text);
  });

  it.each([
    [4.61, 5.2, '4.61..5.2 ms'],
    [84, 1300, '84 ms..1.3 s'],
    [4.61, undefined, '> 4.61 ms'],
    [undefined, 5.2, '< 5.2 ms'],
    [undefined, undefined, ''],
  ])('bounds %s and %s are %j', (lowerBoundMs, upperBoundMs, text) => {
    expect(range(adviceOf({ lowerBoundMs, upperBoundMs }))).toBe(text);
  });

  it('marks warnings and leaves nothing that acts on the terminal', () => {
    const advice = adviceOf({ reason: 'because\x07', warnings: ['few replies', 'pauses'] });
    expect(explanation(advice, 80)).toEqual(['    because?', '    ! few replies', '    ! pauses']);
  });
});
