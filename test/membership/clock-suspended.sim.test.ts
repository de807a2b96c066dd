/** A node that is suspended: its monotonic clock stands still, and its wall clock runs on. */
import { describe, expect, it } from 'vitest';
import type { Membership } from '../../src/membership/membership.ts';
import { seed } from '../support/capabilities.ts';
import { randomFrom } from '../support/random.ts';
import { ClockNet, type ClockNetOptions } from './clock-net.ts';
import { INTERVAL_MS } from './tiny-net.ts';

const THREE = ['a', 'b', 'c'];
const OTHERS = ['a', 'b'];
const SUSPENDED_MS = 10_000;
const WALLS = { a: { aheadMs: 40 }, b: { aheadMs: -300, driftPpm: 50 }, c: { aheadMs: 7 } };

/** Messages are on their way when it is suspended: each takes up to 30 ms. */
function settled(options: ClockNetOptions = {}): ClockNet {
  const random = randomFrom(seed());
  const way = () => 30 * random.next();
  const net = new ClockNet(THREE, { walls: WALLS, way, ...options });
  return net.run(10_000 + INTERVAL_MS * random.next());
}

/** As `Timekeeping` tells: as soon as it reads its clocks again. */
function forgets(net: ClockNet, name = 'c') {
  return ({ clocks }: Membership) => clocks.forget(net.now(name).monoMs);
}

/** All that `at` shows of others' clocks holds the truth; those of whom it shows anything. */
function trulyShown(net: ClockNet, at: string): string[] {
  const others = THREE.filter((name) => name !== at && net.clock(at, name));
  for (const of of others) net.expectTruth(at, of);
  return others;
}

describe('a node that was suspended', () => {
  it('knows every clock again with its next answer, and shows none before', () => {
    for (let run = 0; run < 5; run++) {
      const net = settled();
      expect(trulyShown(net, 'c')).toEqual(OTHERS);
      net.suspend('c', SUSPENDED_MS, (membership) => {
        forgets(net)(membership);
        expect(trulyShown(net, 'c')).toEqual([]);
      });
      const atResume = net.time.nowMs + SUSPENDED_MS;
      net.run(SUSPENDED_MS).watch(3 * INTERVAL_MS, () => trulyShown(net, 'c'));
      expect(trulyShown(net, 'c')).toEqual(OTHERS);
      expect(net.questions('c', 'a', atResume).length).toBeGreaterThan(0);
      net.watch(20_000, () => trulyShown(net, 'c'), 37);
      expect(net.eventsOf('c', 'clock-step')).toEqual([]);
    }
  });

  it('sees no clock out of budget that is not, and none as set', () => {
    const net = settled();
    net.suspend('c', SUSPENDED_MS, forgets(net)).run(SUSPENDED_MS + 20_000);
    for (const of of OTHERS) {
      expect(net.clock('c', of)).toMatchObject({ verdict: 'within', steps: 0 });
      expect(net.eventsOf('c', 'clock')).toEqual([]);
    }
  });

  it('shows others no step of its clock, and stays known to them', () => {
    const net = settled().suspend('c', SUSPENDED_MS, () => undefined);
    net.watch(SUSPENDED_MS + 20_000, () => OTHERS.map((at) => trulyShown(net, at)), 7);
    for (const at of OTHERS) {
      expect(trulyShown(net, at)).toContain('c');
      expect(net.clock(at, 'c')).toMatchObject({ verdict: 'within', steps: 0 });
      expect(net.eventsOf(at, 'clock-step')).toEqual([]);
      expect(net.eventsOf(at, 'clock')).toEqual([]);
    }
  });

  it('is wrong about every clock if it does not know that: so this is worth a test', () => {
    const net = settled().suspend('c', SUSPENDED_MS, () => undefined);
    net.run(SUSPENDED_MS);
    net.node('c').membership.tick(net.now('c'));
    expect(() => trulyShown(net, 'c')).toThrow();
  });

  it('rests on no word of true time from before', () => {
    const each = (name: string) => (name === 'b' ? { reference: () => truth() } : {});
    const truth = () => ({ lowMs: -net.aheadMs('b') - 2, highMs: -net.aheadMs('b') + 2 });
    const net: ClockNet = new ClockNet(THREE, { walls: WALLS, each });
    net.run(10_000);
    net.expectTrueReferences('c');
    expect(net.references('c')).toHaveLength(1);
    net.suspend('c', SUSPENDED_MS, (membership) => {
      forgets(net)(membership);
      expect(net.references('c')).toEqual([]);
    });
    net.run(SUSPENDED_MS).watch(5 * INTERVAL_MS, () => net.expectTrueReferences('c'));
    expect(net.references('c')).toHaveLength(1);
  });

  it('votes on nobody until it knows more', () => {
    const walls = { ...WALLS, b: { aheadMs: 9000 } };
    const net = settled({ walls });
    expect(net.clock('c', 'b')!.outBy).toEqual(['a', 'c']);
    net.suspend('c', SUSPENDED_MS, (membership) => {
      forgets(net)(membership);
      expect(membership.clocks.isHeldOut('b', net.now('c').monoMs)).toBe(false);
    });
    net.run(SUSPENDED_MS + 5 * INTERVAL_MS);
    expect(net.state('c', 'b')).toBe('clock-out');
  });
});
