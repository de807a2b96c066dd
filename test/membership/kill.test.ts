import { describe, expect, it } from 'vitest';
import { seed } from '../support/capabilities.ts';
import { INTERVAL_MS, TinyNet } from './tiny-net.ts';

const SETTLED_MS = 60_000;

/** Up to 26 members with names of one letter, that have known one another for a minute. */
function settled(size: number, more = 0): TinyNet {
  const names = Array.from({ length: size }, (_, i) => String.fromCharCode(97 + i));
  return new TinyNet(names, { seed: seed() + more }).run(SETTLED_MS);
}

function others(net: TinyNet, ...but: readonly string[]): string[] {
  return [...net.nodes.keys()].filter((name) => !but.includes(name));
}

describe('members that live', () => {
  it('are alive to one another, and nothing is ever suspected', () => {
    const net = settled(5).run(600_000);
    for (const at of net.nodes.keys()) {
      for (const of of others(net, at)) expect(net.called(at, of)).toEqual(['alive']);
      expect(net.node(at).events.filter(({ type }) => type !== 'state')).toEqual([]);
      expect(net.node(at).membership.livePeers(net.time.nowMs)).toEqual(others(net, at));
    }
  });

  it('ask one another once an interval, and no more than a quarter beside', () => {
    const net = settled(5);
    const before = net.sent.length;
    net.run(100 * INTERVAL_MS);
    const perPair = (net.sent.length - before) / 20;
    expect(perPair).toBeGreaterThan(98);
    expect(perPair).toBeLessThan(125);
  });

  it('know how long an answer takes and when they last heard', () => {
    const net = settled(2);
    expect(net.view('a', 'b').rttMs).toBeCloseTo(2, 6);
    expect(net.view('a', 'b').lastHeardAgoMs).toBeLessThanOrEqual(INTERVAL_MS);
    expect(net.view('a', 'b').bootId).toBe('00000002bbbbbbbb');
  });
});

describe('a member that is killed', () => {
  it.each([3, 4, 5])('among %i is dead to all within three intervals', (size) => {
    for (let more = 0; more < 20; more++) {
      const net = settled(size, more)
        .kill('a')
        .run(3 * INTERVAL_MS);
      for (const at of others(net, 'a')) {
        expect(net.state(at, 'a')).toBe('dead');
        expect(net.view(at, 'a').suspectedBy.length).toBeGreaterThanOrEqual(2);
        expect(net.eventsOf(at, 'suspicion')).toHaveLength(1);
        expect(net.eventsOf(at, 'mistake')).toEqual([]);
      }
    }
  });

  it('of two is suspected for ever, and never dead', () => {
    const net = settled(2).kill('a').run(600_000);
    expect(net.called('b', 'a')).toContain('suspect');
    expect(net.called('b', 'a')).not.toContain('dead');
    expect(net.state('b', 'a')).toBe('suspect');
  });

  it('is asked on, once an interval and no more', () => {
    const net = settled(2).kill('a').run(60_000);
    const before = net.sent.length;
    net.run(100 * INTERVAL_MS);
    expect(net.sent.length - before).toBeGreaterThanOrEqual(99);
    expect(net.sent.length - before).toBeLessThanOrEqual(101);
  });

  it('and comes back as another life is alive at once: a restart, no mistake', () => {
    const net = settled(3)
      .kill('a')
      .run(10_000)
      .revive('a')
      .run(3 * INTERVAL_MS);
    for (const at of ['b', 'c']) {
      expect(net.called(at, 'a')).toContain('dead');
      expect(net.state(at, 'a')).toBe('alive');
      expect(net.eventsOf(at, 'restarted')).toMatchObject([{ peer: 'a' }]);
      expect(net.eventsOf(at, 'mistake')).toEqual([]);
      expect(net.view(at, 'a')).toMatchObject({ suspicions: 1, mistakes: 0 });
    }
  });

  it('and is back before anybody noticed is a restart, and was never suspected', () => {
    const net = settled(3)
      .kill('a')
      .revive('a')
      .run(3 * INTERVAL_MS);
    for (const at of ['b', 'c']) {
      expect(net.called(at, 'a')).toEqual(['alive']);
      expect(net.eventsOf(at, 'restarted')).toHaveLength(1);
    }
  });

  it('again and again is one suspicion each time', () => {
    const net = settled(3);
    for (let i = 0; i < 5; i++) net.kill('a').run(10_000).revive('a').run(20_000);
    expect(net.view('b', 'a')).toMatchObject({ suspicions: 5, mistakes: 0, state: 'alive' });
  });
});

describe('a member that stands still', () => {
  it('for five seconds is suspected, then alive: one mistake', () => {
    const net = settled(3).pause('a', 5000).run(4000);
    expect(['suspect', 'dead']).toContain(net.state('b', 'a'));
    net.run(4000);
    for (const at of ['b', 'c']) {
      expect(net.state(at, 'a')).toBe('alive');
      expect(net.eventsOf(at, 'mistake')).toMatchObject([{ peer: 'a', reason: 'silence' }]);
      expect(net.eventsOf(at, 'restarted')).toEqual([]);
    }
  });

  it.each([500, 2000, 5000, 60_000])('for %i ms suspects nobody itself', (ms) => {
    for (let more = 0; more < 20; more++) {
      const net = settled(4, more)
        .pause('a', ms)
        .run(ms + 5000);
      expect(net.eventsOf('a', 'suspicion')).toEqual([]);
      for (const of of ['b', 'c', 'd']) expect(net.called('a', of)).toEqual(['alive']);
    }
  });

  it('while another is killed suspects that one by its deadline after it resumes', () => {
    const net = settled(3)
      .pause('a', 5000)
      .run(100)
      .kill('b')
      .run(4900 + 3 * INTERVAL_MS);
    expect(['suspect', 'dead']).toContain(net.state('a', 'b'));
    expect(net.called('a', 'c')).toEqual(['alive']);
  });

  it('when it starts, suspects nobody that it had no time to hear', () => {
    const net = new TinyNet(['a', 'b'], { seed: seed() });
    net.kill('b').run(900).pause('a', 20_000).run(20_500);
    expect(net.state('a', 'b')).toBe('unknown');
    net.revive('b').run(3000);
    expect(net.called('a', 'b')).toEqual(['alive']);
  });
});

describe('a member that was never heard', () => {
  it('is not suspected for ten intervals, then it is', () => {
    const net = new TinyNet(['a', 'b', 'c'], { seed: seed() }).kill('c').run(9 * INTERVAL_MS);
    expect(net.state('a', 'c')).toBe('unknown');
    net.run(3 * INTERVAL_MS);
    expect(['suspect', 'dead']).toContain(net.state('a', 'c'));
    net.revive('c').run(3 * INTERVAL_MS);
    expect(net.state('a', 'c')).toBe('alive');
    expect(net.eventsOf('a', 'mistake')).toEqual([]);
  });
});

describe('a minority', () => {
  /** `a` and `b` on one side, the rest on the other. */
  const split = (net: TinyNet): TinyNet => {
    const side = (name: string) => name <= 'b';
    net.way = (from, to) => (side(from) === side(to) ? 1 : undefined);
    return net;
  };

  it('cut off from the rest calls nobody dead; the rest calls it dead', () => {
    const net = split(settled(5)).run(20_000);
    for (const at of ['a', 'b']) {
      for (const of of ['c', 'd', 'e']) expect(net.called(at, of)).not.toContain('dead');
    }
    // Of four observers of a, three suspect it.
    for (const at of ['c', 'd', 'e']) expect(net.state(at, 'a')).toBe('dead');
    net.way = () => 1;
    net.run(60_000);
    for (const at of net.nodes.keys()) {
      for (const of of others(net, at)) expect(net.state(at, of)).toBe('alive');
    }
  });

  it('retracts no suspicion for which nothing was heard', () => {
    for (let more = 0; more < 10; more++) {
      const net = split(settled(5, more)).run(20_000);
      for (const at of net.nodes.keys()) {
        expect(net.eventsOf(at, 'mistake')).toEqual([]);
        for (const of of others(net, at)) {
          const after = net.called(at, of).slice(net.called(at, of).indexOf('suspect') + 1);
          if (net.called(at, of).includes('suspect')) expect(after).not.toContain('slow');
        }
      }
    }
  });

  it('of one doubts itself first', () => {
    const net = settled(5);
    net.way = (from, to) => (from === 'a' || to === 'a' ? undefined : 1);
    net.run(10_000);
    expect(net.eventsOf('a', 'self-doubt')).not.toEqual([]);
    expect(net.eventsOf('b', 'self-doubt')).toEqual([]);
  });

  it('of one that hears the others is told that they suspect it, until they hear it again', () => {
    const net = settled(5);
    net.way = (from) => (from === 'a' ? undefined : 1);
    net.run(60_000);
    expect(net.eventsOf('a', 'self-suspected')).toMatchObject([{ suspected: true, assigned: 4 }]);
    expect(net.eventsOf('b', 'self-suspected')).toEqual([]);
    net.way = () => 1;
    net.run(20_000);
    expect(net.eventsOf('a', 'self-suspected').map(({ suspected }) => suspected)).toEqual([
      true,
      false,
    ]);
  });
});
