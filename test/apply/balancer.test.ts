import { describe, expect, it } from 'vitest';
import { Balancer } from '../../src/apply/balancer.ts';
import type { PeerState } from '../../src/membership/types.ts';
import { seed } from '../support/capabilities.ts';
import { randomFrom } from '../support/random.ts';

interface Setting {
  states: Record<string, PeerState | undefined>;
  maxEjectedShare?: number;
  recoveryMs?: number;
}

/** The upstreams are the keys of `states`, which a test may change. */
function balancerOf(setting: Setting) {
  const random = randomFrom(seed());
  return new Balancer({
    upstreams: () => Object.keys(setting.states),
    liveness: (origin) => setting.states[origin],
    maxEjectedShare: setting.maxEjectedShare ?? 0.5,
    recoveryMs: setting.recoveryMs ?? 10_000,
    random: () => random.next(),
  });
}

const DRAWS = 20_000;

/** How often each was chosen, as a share, if requests end before the next is made. */
function sharesAt(nowMs: number, balancer: Balancer, except?: string): Record<string, number> {
  const shares: Record<string, number> = {};
  for (let i = 0; i < DRAWS; i++) {
    const origin = balancer.choose(nowMs, except) ?? 'nobody';
    shares[origin] = (shares[origin] ?? 0) + 1 / DRAWS;
  }
  return shares;
}

/** Six standard deviations of a share of one half, and less for others. */
const about = (share: number) => expect.closeTo(share, 1) as number;
const near = (actual: number | undefined, share: number) =>
  expect(Math.abs((actual ?? 0) - share)).toBeLessThan((6 * 0.5) / Math.sqrt(DRAWS));

describe('a balancer', () => {
  it('spreads requests evenly over those that are well', () => {
    const balancer = balancerOf({ states: { a: 'alive', b: 'slow', c: 'unknown', d: undefined } });
    const shares = sharesAt(0, balancer);
    for (const origin of ['a', 'b', 'c', 'd']) near(shares[origin], 0.25);
  });

  it('prefers the one with fewer requests in flight', () => {
    const balancer = balancerOf({ states: { a: 'alive', b: 'alive', c: 'alive' } });
    balancer.started('a');
    balancer.started('a');
    balancer.started('b');
    const shares = sharesAt(0, balancer);
    // Of the pairs ab, ac and bc: b, c and c.
    expect(shares.a).toBeUndefined();
    near(shares.b, 1 / 3);
    near(shares.c, 2 / 3);
    balancer.ended('a');
    balancer.ended('a');
    balancer.ended('b');
    balancer.ended('b');
    near(sharesAt(0, balancer).b, 1 / 3);
  });

  it.each(['disputed', 'stalled', 'suspect', 'dead', 'left'] as const)(
    'sends nothing to a peer that is %s',
    (state) => {
      const shares = sharesAt(0, balancerOf({ states: { a: 'alive', b: state } }));
      expect(shares).toEqual({ a: about(1) });
    },
  );

  it.each([
    [0, 4],
    [0.29, 3],
    [0.5, 2],
    [0.75, 1],
    [1, 1],
  ])('that may eject a share of %f of four uses %i at least', (maxEjectedShare, count) => {
    const states = { a: 'dead', b: 'suspect', c: 'stalled', d: 'disputed' } as const;
    const shares = sharesAt(0, balancerOf({ states, maxEjectedShare }));
    // The least bad first; of the equally bad either is tried.
    const used = { 4: 'abcd', 3: 'bcd', 2: 'bcd', 1: 'd' }[count]!;
    expect(Object.keys(shares).sort().join('')).toBe(used);
    near(shares.d, 1 / count);
    if (count === 2) near(shares.b, 1 / 4);
  });

  it('may eject 29 of 100 if it may eject a share of 0.29', () => {
    const states: Setting['states'] = {};
    for (let i = 0; i < 100; i++) states[i] = i < 29 ? 'dead' : 'alive';
    const used = Object.keys(sharesAt(0, balancerOf({ states, maxEjectedShare: 0.29 })));
    expect(used.filter((origin) => states[origin] === 'dead')).toEqual([]);
  });

  it('gives the ejected that stay no more than their share, however fast they refuse', () => {
    const balancer = balancerOf({ states: { a: 'alive', b: 'dead', c: 'dead' } });
    for (let i = 0; i < 10; i++) balancer.started('a');
    const shares = sharesAt(0, balancer);
    near(shares.a, 1 / 2);
    near(shares.b, 1 / 4);
  });

  it('gives one that comes back a tenth, and more and more', () => {
    const setting: Setting = { states: { a: 'alive', b: 'dead' } };
    const balancer = balancerOf(setting);
    expect(sharesAt(0, balancer)).toEqual({ a: about(1) });
    setting.states.b = 'alive';
    // In flight counts for nothing yet.
    balancer.started('a');
    near(sharesAt(1000, balancer).b, 0.1 / 1.1);
    near(sharesAt(6000, balancer).b, 0.55 / 1.55);
    balancer.ended('a');
    near(sharesAt(10_999, balancer).b, 1 / 2);
    near(sharesAt(11_000, balancer).b, 1 / 2);
    balancer.started('a');
    expect(sharesAt(11_000, balancer)).toEqual({ b: about(1) });
  });

  it('begins anew with one that was suspected again', () => {
    const setting: Setting = { states: { a: 'alive', b: 'suspect' } };
    const balancer = balancerOf(setting);
    for (const [atMs, state] of [
      [0, 'suspect'],
      [1000, 'alive'],
      [9000, 'stalled'],
      [9500, 'slow'],
    ] as const) {
      setting.states.b = state;
      balancer.choose(atMs);
    }
    near(sharesAt(9500, balancer).b, 0.1 / 1.1);
  });

  it('gives those that come back what is missing for half of all', () => {
    const setting: Setting = { states: { a: 'alive', b: 'dead', c: 'dead', d: 'dead' } };
    const balancer = balancerOf(setting);
    balancer.choose(0);
    for (const origin of ['b', 'c', 'd']) setting.states[origin] = 'alive';
    // Two have to be had: a, and a third each of the others.
    const shares = sharesAt(0, balancer);
    near(shares.a, 1 / 2);
    near(shares.c, 1 / 6);
  });

  it('takes a newcomer for well', () => {
    const setting: Setting = { states: { a: 'alive' } };
    const balancer = balancerOf(setting);
    balancer.choose(0);
    setting.states.b = 'alive';
    near(sharesAt(1, balancer).b, 1 / 2);
  });

  it('does not ramp up at all if that is to take no time', () => {
    const setting: Setting = { states: { a: 'alive', b: 'dead' }, recoveryMs: 0 };
    const balancer = balancerOf(setting);
    balancer.choose(0);
    setting.states.b = 'alive';
    near(sharesAt(0, balancer).b, 1 / 2);
  });

  it('finds another one, or none', () => {
    const setting: Setting = { states: { a: 'alive', b: 'alive', c: 'dead' } };
    const balancer = balancerOf(setting);
    expect(sharesAt(0, balancer, 'a')).toEqual({ b: about(1) });
    setting.states = { a: 'suspect', b: 'alive' };
    balancer.choose(0);
    setting.states = { a: 'alive', b: 'alive' };
    expect(sharesAt(0, balancer, 'a')).toEqual({ b: about(1) });
    setting.states = { a: 'alive' };
    expect(balancer.choose(0)).toBe('a');
    expect(balancer.choose(0, 'a')).toBeUndefined();
    setting.states = {};
    expect(balancer.choose(0)).toBeUndefined();
  });

  it('forgets those that have gone, but not while requests to them run', () => {
    const setting: Setting = { states: { a: 'alive', b: 'dead', c: 'alive' } };
    const balancer = balancerOf(setting);
    balancer.started('c');
    balancer.choose(0);
    setting.states = { a: 'alive' };
    balancer.choose(0);
    setting.states = { a: 'alive', b: 'alive', c: 'alive' };
    // b does not come back, it is new; c still has its request.
    const shares = sharesAt(0, balancer);
    near(shares.c, 0);
    near(shares.b, 1 / 2);
  });
});
