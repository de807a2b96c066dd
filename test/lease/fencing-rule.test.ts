import { describe, expect, it } from 'vitest';
import {
  isToken,
  judgeToken,
  parseToken,
  sortableToken,
  TOKEN_MAX,
} from '../../src/lease/fencing-rule.ts';

describe('a token in a header', () => {
  it.each([
    ['0', 0n],
    ['33', 33n],
    ['9007199254740993', 9007199254740993n],
    ['18446744073709551615', 18446744073709551615n],
  ])('%s is one', (text, token) => {
    expect(parseToken(text)).toBe(token);
  });

  it.each([
    ...['', ' ', '+1', '-1', '01', '00', '1.0', '1e3', '0x1', '1n', ' 1', '1 ', '1,2', '1, 1'],
    ...['18446744073709551616', '99999999999999999999', '100000000000000000000', '٣', '1\n'],
  ])('%j is none', (text) => {
    expect(parseToken(text)).toBeUndefined();
  });
});

describe('the resource', () => {
  it('accepts the first, the same again and a higher one; refuses a lower one', () => {
    expect(judgeToken(undefined, 0n)).toBe('accepted');
    expect(judgeToken(34n, 34n)).toBe('accepted');
    expect(judgeToken(34n, 35n)).toBe('accepted');
    expect(judgeToken(34n, 33n)).toBe('stale');
    expect(judgeToken(10n, 9n)).toBe('stale'); // as texts it would be the other way round
  });
});

describe('what fits', () => {
  it('is 0 to 2^64 - 1', () => {
    expect([0n, TOKEN_MAX].map(isToken)).toEqual([true, true]);
    expect([-1n, TOKEN_MAX + 1n].map(isToken)).toEqual([false, false]);
  });

  it('has twenty digits to be sorted by', () => {
    expect(sortableToken(33n)).toBe('00000000000000000033');
    expect(sortableToken(TOKEN_MAX)).toBe('18446744073709551615');
  });
});
