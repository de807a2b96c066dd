import { describe, expect, it } from 'vitest';
import { Policy } from '../../src/peers/policy.ts';

const BY_DEFAULT = {
  mode: 'enforce',
  timeout: { targetRate: 0.001, minMs: 1, maxMs: 1000 },
} as const;

describe('the policy of a route', () => {
  it('is the default without rules', () => {
    expect(new Policy(BY_DEFAULT).of('a:80', 'GET /')).toEqual(BY_DEFAULT);
  });

  it('is that of the first rule that matches, the rest by default', () => {
    const policy = new Policy(BY_DEFAULT, [
      { peer: 'pay:*', route: 'POST *', mode: 'off' },
      { peer: 'pay:*', targetRate: 0.01 },
      { mode: 'shadow' },
    ]);
    expect(policy.of('pay:443', 'POST /orders').mode).toBe('off');
    expect(policy.of('pay:443', 'GET /orders')).toMatchObject({
      mode: 'enforce',
      timeout: { targetRate: 0.01, minMs: 1, maxMs: 1000 },
    });
    expect(policy.of('other:80', 'GET /').mode).toBe('shadow');
  });

  it.each([
    ['a.b:80', 'a.b:80', true],
    ['a.b:80', 'axb:80', false],
    ['A.b:80', 'a.B:80', true],
    ['*', 'whatever', true],
    ['a*z', 'a(z', true],
    ['a+', 'aa', false],
  ])('%s against %s: %s', (peer, name, matches) => {
    const policy = new Policy(BY_DEFAULT, [{ peer, mode: 'off' }]);
    expect(policy.of(name, 'GET /').mode).toBe(matches ? 'off' : 'enforce');
  });

  it.each([
    [{ minMs: 5000 }, { minMs: 5000, maxMs: 5000 }],
    [{ maxMs: 0.5 }, { minMs: 0.5, maxMs: 0.5 }],
  ])('moves the other limit where %j would leave no room', (rule, timeout) => {
    expect(new Policy(BY_DEFAULT, [rule]).of('a:80', 'GET /').timeout).toMatchObject(timeout);
  });
});
