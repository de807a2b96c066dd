import { describe, expect, it } from 'vitest';
import type { Evidence } from '../../src/membership/types.ts';
import { seed } from '../support/capabilities.ts';
import { INTERVAL_MS, mute, TinyNet } from './tiny-net.ts';

function settled(names = ['a', 'b', 'c'], more = 0): TinyNet {
  return new TinyNet(names, { seed: seed() + more }).run(60_000);
}

/** As traffic is weighed: what is told now was seen a while ago. */
function seenAgo(net: TinyNet, at: string, peer: string, evidence: Evidence, agoMs: number): void {
  const now = net.now();
  net.node(at).membership.evidence(peer, evidence, now, now.monoMs - agoMs);
}

describe('nothing listens at a peer', () => {
  it.each(['refused', 'unreachable', 'crash', 'down'] as const)(
    '(%s): suspected at once, and by nobody else',
    (kind) => {
      const net = settled().evidence('a', 'b', { kind });
      expect(net.state('a', 'b')).toBe('suspect');
      expect(net.eventsOf('a', 'suspicion')).toMatchObject([{ peer: 'b', reason: kind }]);
      expect(net.eventsOf('a', 'evidence')).toMatchObject([{ peer: 'b', evidence: { kind } }]);
      expect(net.state('c', 'b')).toBe('alive');
    },
  );

  it('and two know it: dead as soon as they heard of one another', () => {
    const net = settled().kill('b');
    net.evidence('a', 'b', { kind: 'refused' }).evidence('c', 'b', { kind: 'refused' });
    net.run(INTERVAL_MS / 5);
    expect(net.state('a', 'b')).toBe('dead');
    expect(net.state('c', 'b')).toBe('dead');
  });

  it('but then it is heard: a mistake, and alive', () => {
    const net = settled()
      .evidence('a', 'b', { kind: 'refused' })
      .run(2 * INTERVAL_MS);
    expect(net.state('a', 'b')).toBe('alive');
    expect(net.eventsOf('a', 'mistake')).toMatchObject([{ peer: 'b', reason: 'refused' }]);
  });

  it('of which a reply tells that came before: it stays suspected', () => {
    const net = settled().kill('b').run(50).evidence('a', 'b', { kind: 'refused' });
    seenAgo(net, 'a', 'b', { kind: 'reply' }, 20);
    net.run(10);
    expect(net.state('a', 'b')).toBe('suspect');
    expect(net.eventsOf('a', 'mistake')).toEqual([]);
  });

  it('of which it is told again and again: one event, one suspicion', () => {
    const net = settled().kill('b');
    for (let i = 0; i < 50; i++) {
      net.evidence('a', 'b', { kind: 'refused' }).evidence('a', 'b', { kind: 'reset' }).run(1);
    }
    expect(net.eventsOf('a', 'suspicion')).toHaveLength(1);
    expect(net.eventsOf('a', 'evidence').length).toBeLessThanOrEqual(2);
  });

  it('before it was ever heard: it may still be starting', () => {
    const net = new TinyNet(['a', 'b'], { seed: seed() }).kill('b');
    net.evidence('a', 'b', { kind: 'refused' });
    expect(net.state('a', 'b')).toBe('unknown');
  });
});

describe('a reply of ordinary traffic', () => {
  it('is a sign of life where heartbeats are lost', () => {
    const net = settled(['a', 'b']);
    net.way = () => undefined;
    for (let i = 0; i < 200; i++) net.evidence('a', 'b', { kind: 'reply' }).run(100);
    expect(net.called('a', 'b')).toEqual(['alive']);
  });

  it('after a pause of our own does not make a peer stalled', () => {
    const net = settled(['a', 'b']).pause('a', 10_000);
    net.time.runUntil(net.time.nowMs + 9_999.5);
    net.run(0.5);
    net.evidence('a', 'b', { kind: 'reply' }).run(3000);
    expect(net.called('a', 'b')).toEqual(['alive']);
  });

  it('that is weighed late moves what we know not back', () => {
    const net = settled(['a', 'b']);
    const before = net.view('a', 'b').lastHeardAgoMs!;
    seenAgo(net, 'a', 'b', { kind: 'reply' }, 5000);
    expect(net.view('a', 'b').lastHeardAgoMs).toBe(before);
    expect(net.node('a').events.map(({ atMs }) => atMs)).toEqual(
      net
        .node('a')
        .events.map(({ atMs }) => atMs)
        .sort((x, y) => x - y),
    );
  });
});

describe('the kernel of a peer takes connections', () => {
  it('while the process says nothing: stalled, not suspected, not dead', () => {
    const net = settled();
    net.way = mute('b');
    for (let i = 0; i < 100; i++) {
      for (const at of ['a', 'c']) net.evidence(at, 'b', { kind: 'connect', durationMs: 1 });
      net.run(100);
    }
    expect(net.state('a', 'b')).toBe('stalled');
    expect(net.called('a', 'b')).not.toContain('dead');
    expect(net.eventsOf('a', 'mistake')).toEqual([]);
  });

  it('after it was suspected: no mistake before it is heard', () => {
    const net = settled(['a', 'b']).pause('b', 5000).run(3000);
    expect(net.state('a', 'b')).toBe('suspect');
    net.evidence('a', 'b', { kind: 'connect', durationMs: 1 }).run(500);
    expect(net.state('a', 'b')).toBe('stalled');
    expect(net.eventsOf('a', 'mistake')).toEqual([]);
    net.run(5000);
    expect(net.state('a', 'b')).toBe('alive');
    expect(net.eventsOf('a', 'mistake')).toHaveLength(1);
  });
});

describe('a request that waits', () => {
  const waits = (phi: number) => ({ kind: 'in-flight', ageMs: 500, phi }) as const;

  it('surprisingly long makes us ask at once', () => {
    const net = settled(['a', 'b']);
    const before = net.sent.length;
    net.evidence('a', 'b', waits(4)).run(INTERVAL_MS / 10);
    const asked = net.sent.slice(before).filter(({ from, urgent }) => from === 'a' && urgent);
    expect(asked.length).toBeGreaterThan(0);
    expect(net.state('a', 'b')).toBe('alive');
  });

  it.each([
    ['no longer than others do', waits(0.2)],
    ['surprisingly long', waits(4)],
  ])('%s costs no more than the budget, however often it is weighed', (_, evidence) => {
    const net = settled(['a', 'b']);
    const before = net.sent.length;
    for (let i = 0; i < 10_000; i++) net.evidence('a', 'b', evidence).run(1);
    const asked = net.sent.slice(before).filter(({ from }) => from === 'a');
    expect(asked.length).toBeLessThanOrEqual(10 + 16 + 3);
  });

  it('no longer than others do is no event', () => {
    const net = settled(['a', 'b']);
    for (let i = 0; i < 100; i++) net.evidence('a', 'b', waits(0.2)).run(100);
    expect(net.eventsOf('a', 'evidence')).toEqual([]);
  });
});

describe('connections that break off', () => {
  it('cost no more than the budget, however many', () => {
    const net = settled(['a', 'b']);
    const before = net.sent.length;
    for (let i = 0; i < 10_000; i++) net.evidence('a', 'b', { kind: 'reset' }).run(1);
    const asked = net.sent.slice(before).filter(({ from }) => from === 'a');
    expect(asked.length).toBeLessThanOrEqual(10 + 16 + 3);
  });
});

describe('a stranger in the traffic', () => {
  it('joins as a passive peer, and is forgotten as such when it becomes a member', () => {
    const net = settled(['a', 'b']).evidence('a', 'db', { kind: 'reply' });
    expect(net.view('a', 'db')).toMatchObject({ state: 'alive', watched: false });
    net.node('a').membership.setMembers(['a', 'b', 'db'], net.now());
    expect(net.view('a', 'db')).toMatchObject({ state: 'unknown', watched: true });
  });

  it('is no member of ourselves: what is told of us is ignored', () => {
    const net = settled(['a', 'b']).evidence('a', 'a', { kind: 'refused' });
    expect(net.view('a', 'a')).toBeUndefined();
  });
});
