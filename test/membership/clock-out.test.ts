import { describe, expect, it } from 'vitest';
import { ClockNet, type ClockNetOptions } from './clock-net.ts';
import { INTERVAL_MS } from './tiny-net.ts';

const THREE = ['a', 'b', 'c'];
const AWAY = { c: { aheadMs: 10_000 } };
/** Everybody was asked, and has told everybody. */
const SETTLED_MS = 4 * INTERVAL_MS;

const settled = (names: readonly string[], options: ClockNetOptions) =>
  new ClockNet(names, options).run(SETTLED_MS);

describe('the clock of a peer', () => {
  it.each([0, 0.3, -499, 10_000, -3_600_000])('that is %s ms ahead is known within', (aheadMs) => {
    const net = settled(THREE, { walls: { c: { aheadMs } } });
    for (const at of ['a', 'b']) {
      net.expectTruth(at, 'c');
      net.expectTruth('c', at);
      const { lowMs, highMs } = net.clock(at, 'c')!;
      expect(highMs - lowMs).toBeLessThan(2 + 4 * INTERVAL_MS * 400e-6); // 1 ms each way, and drift
    }
  });

  it('is known with all that either side may be off what it says', () => {
    const off = { errorMs: 50, offShare: 1 };
    const net = settled(['a', 'b'], { walls: { a: off, b: { ...off, offShare: -1 } } });
    net.expectTruth('a', 'b');
    net.expectTruth('b', 'a');
    const { lowMs, highMs } = net.clock('a', 'b')!;
    expect(highMs - lowMs).toBeGreaterThanOrEqual(200);
  });

  it('is known while it drifts', () => {
    const walls = { a: { driftPpm: -100 }, b: { driftPpm: 100 } };
    const net = new ClockNet(['a', 'b'], { walls });
    const look = () => {
      net.expectTruth('a', 'b');
      net.expectTruth('b', 'a');
    };
    net.run(2 * INTERVAL_MS).watch(60_000, look, 31);
    expect(net.clock('a', 'b')!.driftPpm).toBeCloseTo(100, 0); // against our steady clock
  });

  it('is known though the way there is longer than the way back', () => {
    const way = (_from: string, to: string) => (to === 'b' ? 15 : 5);
    const net = settled(['a', 'b'], { way, walls: { b: { aheadMs: 7 } } });
    net.expectTruth('a', 'b');
    net.expectTruth('b', 'a');
  });
});

describe('a clock that is ten seconds off', () => {
  it('is out for both others, and its owner is told once', () => {
    const net = settled(THREE, { walls: AWAY });
    for (const at of ['a', 'b']) {
      expect(net.view(at, 'c')).toMatchObject({ state: 'clock-out', vote: 'alive' });
      expect([...net.clock(at, 'c')!.outBy].sort()).toEqual(['a', 'b']);
      expect(net.clock(at, 'c')!.verdict).toBe('out');
      expect(net.view(at, 'c').because).toContain('2 of 2 observers');
      expect(net.called(at, 'c').at(-1)).toBe('clock-out');
      expect(net.eventsOf(at, 'clock')).toMatchObject([{ peer: 'c', from: 'unknown', to: 'out' }]);
    }
    net.run(60_000);
    const told = net.eventsOf('c', 'self-clock-out');
    expect(told).toMatchObject([{ out: true, assigned: 2 }]);
    expect([...told[0]!.by].sort()).toEqual(['a', 'b']);
  });

  it('is out as soon as both others know it: they do not wait to be asked', () => {
    const net = settled(THREE, {}).step('c', 10_000).run(SETTLED_MS);
    const knownMs = ['a', 'b'].map((at) => net.eventsOf(at, 'clock').at(-1)!.atMs);
    for (const at of ['a', 'b']) {
      const { to, atMs } = net.eventsOf(at, 'state').at(-1)!;
      expect(to).toBe('clock-out');
      expect(atMs - Math.max(...knownMs)).toBeLessThan(INTERVAL_MS / 10);
    }
  });

  it('holds the others out, alone: they are alive for everybody', () => {
    const net = settled(THREE, { walls: AWAY });
    for (const of of ['a', 'b']) {
      expect(net.view('c', of)).toMatchObject({ state: 'alive', clock: { verdict: 'out' } });
      expect(net.clock('c', of)!.outBy).toEqual(['c']);
    }
    expect(net.state('a', 'b')).toBe('alive');
    expect(net.clock('a', 'b')!.outBy).toEqual(['c']);
    expect(net.eventsOf('a', 'self-clock-out')).toEqual([]);
  });

  it('is still worth sending work to', () => {
    const net = settled(THREE, { walls: AWAY });
    expect(net.node('a').membership.livePeers(net.time.nowMs).sort()).toEqual(['b', 'c']);
    expect(net.node('a').membership.stateOf('c', net.time.nowMs)).toBe('clock-out');
  });

  it('is out of nobody with two nodes: either may be wrong', () => {
    const net = settled(['a', 'c'], { walls: AWAY }).run(60_000);
    for (const [at, of] of [
      ['a', 'c'],
      ['c', 'a'],
    ] as const) {
      expect(net.view(at, of)).toMatchObject({ state: 'alive', clock: { verdict: 'out' } });
      expect(net.called(at, of)).toEqual(['alive']);
      expect(net.eventsOf(at, 'self-clock-out')).toEqual([]);
    }
  });

  it('is out of nobody without a secret, and everybody sees it', () => {
    const net = settled(THREE, { walls: AWAY, trustOpinions: false }).run(60_000);
    for (const at of ['a', 'b']) {
      expect(net.view(at, 'c')).toMatchObject({ state: 'alive', clock: { verdict: 'out' } });
      expect(net.clock(at, 'c')!.outBy).toEqual([at]);
    }
    expect(net.eventsOf('c', 'self-clock-out')).toEqual([]);
  });

  it('is no matter while the peer does not answer', () => {
    const net = settled(THREE, { walls: AWAY }).kill('c').run(20_000);
    expect(net.state('a', 'c')).toBe('dead');
    net.revive('c').run(SETTLED_MS);
    expect(net.state('a', 'c')).toBe('clock-out');
  });

  it('is alive again once it is set right, and its owner is told', () => {
    const net = settled(THREE, { walls: AWAY }).step('c', -10_000).run(SETTLED_MS);
    for (const at of ['a', 'b']) {
      expect(net.called(at, 'c').slice(-2)).toEqual(['clock-out', 'alive']);
      expect(net.clock(at, 'c')).toMatchObject({ verdict: 'within', outBy: [], steps: 1 });
      net.expectTruth(at, 'c');
    }
    expect(net.eventsOf('c', 'self-clock-out').map(({ out }) => out)).toEqual([true, false]);
  });
});

describe('a majority', () => {
  const FIVE = ['a', 'b', 'c', 'd', 'e'];

  it('of those assigned it takes, not of those that say so', () => {
    const net = settled(FIVE, { walls: { d: { aheadMs: 10_000 }, e: { aheadMs: 10_000 } } });
    for (const at of ['d', 'e']) {
      for (const of of ['a', 'b', 'c']) expect(net.state(at, of)).toBe('alive'); // two of four
    }
    for (const at of ['a', 'b', 'c']) {
      for (const of of ['d', 'e']) expect(net.state(at, of)).toBe('clock-out'); // three of four
    }
  });

  it('falls when those who said so say it no more: votes expire', () => {
    const net = settled(FIVE, { walls: { e: { aheadMs: 10_000 } } });
    expect(net.state('a', 'e')).toBe('clock-out');
    net
      .kill('b')
      .kill('c')
      .run(3 * INTERVAL_MS + 1);
    expect(net.clock('a', 'e')!.outBy.filter((by) => by === 'b' || by === 'c')).toEqual([]);
    expect(net.state('a', 'e')).toBe('alive');
  });

  it('that falls silent tells us no more that our clock is out', () => {
    const net = settled(THREE, { walls: AWAY }).kill('a').kill('b').run(20_000);
    expect(net.eventsOf('c', 'self-clock-out').map(({ out }) => out)).toEqual([true, false]);
  });
});

describe('what may be either', () => {
  it('is ambiguous, and out for nobody', () => {
    const walls = { c: { aheadMs: 500 } };
    const net = settled(THREE, { walls, way: () => 40 }).run(60_000);
    for (const at of ['a', 'b']) {
      expect(net.clock(at, 'c')).toMatchObject({ verdict: 'ambiguous', outBy: [] });
      expect(net.called(at, 'c')).toEqual(['alive']);
      expect(net.eventsOf(at, 'clock')).toMatchObject([{ peer: 'c', to: 'ambiguous' }]);
    }
    expect(net.eventsOf('c', 'self-clock-out')).toEqual([]);
  });

  it.each([
    [449, 'within'],
    [455, 'ambiguous'],
    [552, 'out'],
  ])('begins and ends at the budget: %s ms is %s', (aheadMs, verdict) => {
    const net = settled(THREE, { walls: { c: { aheadMs } }, way: () => 50, maxOffsetMs: 500 });
    expect(net.clock('a', 'c')!.verdict).toBe(verdict);
  });
});

describe('an older version', () => {
  it('tells nothing of its clock, breaks nothing, and counts as an observer', () => {
    const net = settled(THREE, { walls: AWAY, old: ['b'] }).run(20_000);
    expect(net.clock('a', 'b')).toBeUndefined();
    expect(net.state('a', 'b')).toBe('alive');
    expect(net.state('b', 'a')).toBe('alive');
    expect(net.view('a', 'c')).toMatchObject({ state: 'alive', clock: { verdict: 'out' } });
    expect(net.eventsOf('a', 'refused-message')).toEqual([]);
  });
});
