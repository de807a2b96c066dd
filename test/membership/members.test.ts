import { describe, expect, it } from 'vitest';
import type { PeerView } from '../../src/membership/types.ts';
import { seed } from '../support/capabilities.ts';
import { INTERVAL_MS, TinyNet } from './tiny-net.ts';

const NAMES = ['a', 'b', 'c'];

function settled(names = NAMES, options = {}): TinyNet {
  return new TinyNet(names, { seed: seed(), ...options }).run(30_000);
}

function setMembers(net: TinyNet, at: string, names: readonly string[]): void {
  net.node(at).membership.setMembers(names, net.now());
}

describe('a member that is taken from the list', () => {
  it('is forgotten, and asked no more', () => {
    const net = settled();
    setMembers(net, 'a', ['a', 'b']);
    expect(net.view('a', 'c')).toBeUndefined();
    const before = net.sent.length;
    net.run(10_000);
    const toC = net.sent.slice(before).filter(({ from, to }) => from === 'a' && to === 'c');
    expect(toC).toEqual([]);
  });

  it('is called unknown from then on, to those who are told of changes', () => {
    const net = settled();
    setMembers(net, 'a', ['a', 'b']);
    expect(net.called('a', 'c')).toEqual(['alive', 'unknown']);
    setMembers(net, 'a', ['a', 'b']);
    expect(net.called('a', 'c')).toEqual(['alive', 'unknown']);
  });

  it('leaves what is known of the others as it is', () => {
    const net = settled();
    const { bootId, lastHeardAgoMs, state } = net.view('a', 'b');
    setMembers(net, 'a', ['a', 'b']);
    expect(net.view('a', 'b')).toMatchObject({ bootId, lastHeardAgoMs, state });
  });

  it('and put back is watched anew', () => {
    const net = settled();
    setMembers(net, 'a', ['a', 'b']);
    net.run(5000);
    setMembers(net, 'a', NAMES);
    expect(net.state('a', 'c')).toBe('unknown');
    net.run(3000);
    expect(net.state('a', 'c')).toBe('alive');
  });
});

describe('a dead member that others watch from now on', () => {
  it('is not called dead for ever: nobody would tell that it is back', () => {
    const names = ['a', ...Array.from({ length: 49 }, (_, i) => `n${i}`)];
    const net = settled(names).kill('n7').run(5000);
    expect(net.called('a', 'n7').at(-1)).toBe('dead');
    const list = [...names, 'x'];
    const left = names.filter((name) => {
      setMembers(net, name, list);
      return name !== 'n7' && net.called(name, 'n7').at(-1) === 'unknown';
    });
    expect(left.length).toBeGreaterThanOrEqual(names.length - 1 - 9);
  });
});

describe('a list of members', () => {
  it('that is set again and again changes nothing', () => {
    const net = settled();
    for (let i = 0; i < 100; i++) {
      for (const at of NAMES) setMembers(net, at, [...NAMES].reverse());
      net.run(100);
    }
    for (const at of NAMES) {
      for (const of of NAMES.filter((name) => name !== at)) {
        expect(net.called(at, of)).toEqual(['alive']);
      }
    }
  });

  it('need not have ourselves in it', () => {
    const net = settled();
    for (const at of NAMES) {
      setMembers(
        net,
        at,
        NAMES.filter((name) => name !== at),
      );
    }
    net.kill('c').run(3 * INTERVAL_MS);
    expect(net.state('a', 'c')).toBe('dead');
  });

  it('that differs: those who do not agree on it make nobody dead', () => {
    const net = settled([...NAMES, 'd', 'e']);
    setMembers(net, 'a', ['a', 'b', 'c', 'd', 'e', 'x']);
    net.kill('c').run(10_000);
    expect(net.called('a', 'c')).not.toContain('dead');
    expect(net.state('b', 'c')).toBe('dead');
  });

  it('that changes takes the votes of before with it', () => {
    const net = settled()
      .kill('c')
      .run(3 * INTERVAL_MS);
    expect(net.view('a', 'c').suspectedBy).toHaveLength(2);
    setMembers(net, 'a', [...NAMES, 'x']);
    expect(net.view('a', 'c').suspectedBy).toEqual(['a']);
    expect(net.state('a', 'c')).toBe('suspect');
  });

  it('may be empty', () => {
    const net = settled();
    setMembers(net, 'a', []);
    net.run(5000);
    expect(net.node('a').membership.peers(net.time.nowMs)).toEqual([]);
  });
});

describe('who does not know its own name', () => {
  it('finds it out from its own question, or from that of another', () => {
    const net = settled(NAMES, { self: undefined });
    for (const name of NAMES) {
      expect(net.node(name).membership.self).toBe(name);
      expect(net.view(name, name)).toBeUndefined();
    }
    net.kill('c').run(3 * INTERVAL_MS);
    expect(net.state('a', 'c')).toBe('dead');
  });

  it('from another only, where its own questions do not reach it', () => {
    const net = new TinyNet(NAMES, {
      seed: seed(),
      self: undefined,
      way: (from, to) => (from === to ? undefined : 1),
    });
    net.run(10_000);
    for (const name of NAMES) expect(net.node(name).membership.self).toBe(name);
  });

  it('without trust in what others say too', () => {
    const net = settled(NAMES, { self: undefined, trustOpinions: false });
    for (const name of NAMES) expect(net.node(name).membership.self).toBe(name);
    for (const of of ['b', 'c']) expect(net.state('a', of)).toBe('alive');
  });
});

describe('without trust in what others say', () => {
  it('nobody is dead or disputed, only suspected', () => {
    const net = settled(NAMES, { trustOpinions: false }).kill('c').run(20_000);
    expect(net.called('a', 'c')).toContain('suspect');
    expect(net.called('a', 'c')).not.toContain('dead');
    expect(net.called('a', 'c')).not.toContain('disputed');
  });
});

describe('who says what of whom', () => {
  it('has our own row first, and those of others as far as we hear', () => {
    const net = settled()
      .kill('c')
      .run(5 * INTERVAL_MS);
    const cells = net.node('a').membership.matrix(net.time.nowMs);
    expect(cells.slice(0, 2)).toMatchObject([
      { observer: 'a', peer: 'b', state: 'alive', ageMs: 0 },
      { observer: 'a', peer: 'c', state: 'suspect', ageMs: 0 },
    ]);
    expect(cells.slice(2)).toMatchObject([{ observer: 'b', peer: 'c', state: 'suspect' }]);
    expect(cells[2]!.heardAgoMs).toBeGreaterThan(4000);
  });
});

describe('above 50 members', () => {
  const many = Array.from({ length: 60 }, (_, i) => `n${i}`);
  const isFirst = ({ peer }: PeerView) => peer === 'n0';

  it('each is watched by nine, and a killed one is dead to those and to no others', () => {
    const net = new TinyNet(many, { seed: seed() })
      .run(15_000)
      .kill('n0')
      .run(6 * INTERVAL_MS);
    const observers = many
      .slice(1)
      .filter((at) => net.node(at).membership.peers(net.time.nowMs).some(isFirst));
    expect(observers).toHaveLength(9);
    for (const at of observers) expect(net.state(at, 'n0')).toBe('dead');
    for (const at of many.slice(1)) expect(net.eventsOf(at, 'mistake')).toEqual([]);
  });

  it('each asks as many a second as it watches, and few beside', () => {
    const net = new TinyNet(many, { seed: seed() }).run(15_000);
    const before = net.sent.length;
    net.run(20 * INTERVAL_MS);
    const perSecond = (net.sent.length - before) / 20;
    expect(perSecond).toBeGreaterThan(0.98 * 9 * 60);
    expect(perSecond).toBeLessThan(1.25 * 9 * 60);
  });
});
