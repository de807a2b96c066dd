import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeToken, parseToken, sortableToken, TOKEN_MAX } from '../../src/lease/fencing-rule.ts';
import { runs } from '../support/properties.ts';

const anyToken = fc.oneof(fc.bigInt(0n, TOKEN_MAX), fc.bigInt(0n, 20n));

describe('tokens', () => {
  it('are read as they are written, and nothing else is read', () => {
    fc.assert(
      fc.property(anyToken, (token) => {
        expect(parseToken(token.toString())).toBe(token);
      }),
      runs(300),
    );
    fc.assert(
      fc.property(fc.string({ maxLength: 25 }), (text) => {
        const token = parseToken(text);
        expect(token === undefined || token.toString() === text).toBe(true);
      }),
      runs(500),
    );
  });

  it('as texts of twenty digits are ordered as they are as numbers', () =>
    fc.assert(
      fc.property(anyToken, anyToken, (a, b) => {
        expect(sortableToken(a) < sortableToken(b)).toBe(a < b);
      }),
      runs(300),
    ));

  it('accepted by one resource never fall', () =>
    fc.assert(
      fc.property(fc.array(anyToken, { maxLength: 50 }), (tokens) => {
        let seen: bigint | undefined;
        for (const token of tokens) {
          const verdict = judgeToken(seen, token);
          expect(verdict).toBe(seen !== undefined && token < seen ? 'stale' : 'accepted');
          if (verdict === 'accepted') seen = token;
        }
      }),
      runs(300),
    ));
});
