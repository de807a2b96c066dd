import { describe, expect, it } from 'vitest';
import type { MembershipOptions } from '../../src/membership/membership.ts';
import { ClockNet, type ClockNetOptions } from './clock-net.ts';
import { INTERVAL_MS } from './tiny-net.ts';

const TTL_MS = 60_000;

/** `b` knows true time within ±2 ms. */
function withSource(options: ClockNetOptions = {}, names = ['a', 'b']): ClockNet {
  const each = (name: string): Partial<MembershipOptions> =>
    name === 'b' ? { reference: () => within(2) } : {};
  const within = (ms: number) => {
    const aheadMs = net.aheadMs('b');
    return { lowMs: -aheadMs - ms, highMs: -aheadMs + ms };
  };
  const net: ClockNet = new ClockNet(names, { each, ...options });
  return net.run(3 * INTERVAL_MS);
}

const namesAt = (net: ClockNet, at: string) => net.references(at).map(({ name }) => name);

describe('who has no source of true time', () => {
  it('learns it from who has one, however far either clock is off', () => {
    const net = withSource({ walls: { a: { aheadMs: 700 }, b: { aheadMs: -30 } } });
    expect(namesAt(net, 'a')).toEqual(['b']);
    net.expectTrueReferences('a');
    const { lowMs, highMs } = net.references('a')[0]!.bounds;
    expect(highMs - lowMs).toBeLessThan(10);
    expect(net.references('b')).toEqual([]);
  });

  it('knows it while clocks drift', () => {
    const walls = { a: { driftPpm: 100 }, b: { driftPpm: -100 } };
    const net = withSource({ walls });
    net.watch(20_000, () => net.expectTrueReferences('a'), 31);
  });

  it('knows it with all that either clock may be off what it shows', () => {
    for (const offShare of [-1, 1]) {
      const walls = { a: { errorMs: 20, offShare }, b: { errorMs: 20, offShare: -offShare } };
      const net = withSource({ walls });
      expect(namesAt(net, 'a')).toEqual(['b']);
      net.expectTrueReferences('a');
    }
  });

  it('believes nobody without a secret', () => {
    expect(withSource({ trustOpinions: false }).references('a')).toEqual([]);
  });

  it('does not hand on what it was told', () => {
    const net = withSource({}, ['a', 'b', 'c']);
    expect(namesAt(net, 'a')).toEqual(['b']);
    expect(namesAt(net, 'c')).toEqual(['b']);
  });
});

describe('what a peer said of true time', () => {
  it('holds for a minute, and grows uncertain meanwhile', () => {
    const net = withSource();
    net.kill('b');
    const width = () => {
      const { lowMs, highMs } = net.references('a')[0]!.bounds;
      return highMs - lowMs;
    };
    const first = width();
    net.run(TTL_MS / 2);
    expect(width() - first).toBeGreaterThanOrEqual((2 * TTL_MS * 200e-6) / 2);
    net.expectTrueReferences('a');
    net.run(TTL_MS / 2 + INTERVAL_MS);
    expect(net.references('a')).toEqual([]);
  });

  it('is true at every moment though its own clock is set meanwhile', () => {
    for (const byMs of [-10_000, 10_000, 40]) {
      const net = withSource();
      net.step('b', byMs).watch(5 * INTERVAL_MS, () => net.expectTrueReferences('a'));
      expect(namesAt(net, 'a')).toEqual(['b']);
    }
  });

  it('moves with our own clock when that is set', () => {
    const net = withSource();
    net.step('a', 10_000);
    net.node('a').membership.tick(net.now('a'));
    net.expectTrueReferences('a');
    expect(namesAt(net, 'a')).toEqual(['b']);
    net.watch(3 * INTERVAL_MS, () => net.expectTrueReferences('a'));
  });

  it('is forgotten with the peer', () => {
    const net = withSource({}, ['a', 'b', 'c']);
    net.node('a').membership.setMembers(['a', 'c'], net.now('a'));
    expect(net.references('a')).toEqual([]);
  });
});
