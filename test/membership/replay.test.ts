import { describe, expect, it } from 'vitest';
import type { Message, Opinion } from '../../src/membership/message.ts';
import { nameHash } from '../../src/membership/names.ts';
import { seed } from '../support/capabilities.ts';
import { aMessage } from './messages.ts';
import { INTERVAL_MS, TinyNet } from './tiny-net.ts';

const NAMES = ['a', 'b', 'c'];

interface Carried {
  readonly to: string;
  readonly message: Message;
}

/** With everything that was carried from one to another, answers too. */
function recorded(options = {}): { net: TinyNet; carried: Carried[] } {
  const carried: Carried[] = [];
  const net = new TinyNet(NAMES, { seed: seed(), ...options });
  net.way = (_, to, message) => {
    carried.push({ to, message });
    return 1;
  };
  return { net, carried };
}

/** All of it once more, to whom it was meant for, now. */
function replay(net: TinyNet, carried: readonly Carried[]): void {
  for (const { to, message } of [...carried]) net.deliver(to, message);
}

describe('messages that are heard a second time', () => {
  it('change nothing at all: neither what is known nor what is called', () => {
    const { net, carried } = recorded();
    net.run(30_000);
    const before = NAMES.map((at) => net.node(at).membership.matrix(net.time.nowMs));
    const events = NAMES.map((at) => net.node(at).events.length);
    replay(net, carried.slice(0, -6));
    expect(NAMES.map((at) => net.node(at).membership.matrix(net.time.nowMs))).toEqual(before);
    expect(NAMES.map((at) => net.node(at).events.length)).toEqual(events);
  });

  it('do not keep a dead member alive', () => {
    const { net, carried } = recorded();
    net.run(30_000);
    const said = carried.filter(({ message }) => message.from === 'a');
    net.kill('a');
    for (let i = 0; i < 30; i++) {
      replay(net, said.slice(-100));
      net.run(500);
    }
    expect(net.state('b', 'a')).toBe('dead');
    expect(net.called('b', 'a').filter((state) => state === 'alive')).toHaveLength(1);
  });

  it('of an earlier life bring it not back', () => {
    const { net, carried } = recorded();
    net.run(30_000);
    const said = carried.filter(({ message }) => message.from === 'a');
    net.kill('a').run(100).revive('a').run(3000);
    replay(net, said);
    net.run(5000);
    for (const at of ['b', 'c']) {
      expect(net.eventsOf(at, 'restarted')).toHaveLength(1);
      expect(net.state(at, 'a')).toBe('alive');
    }
  });

  it('of an earlier life say no goodbye for the next', () => {
    const { net, carried } = recorded();
    net.run(30_000).farewell('a', 'goodbye');
    const goodbyes = carried.filter(({ message }) => message.kind === 'notice');
    net.run(100).revive('a').run(1500);
    const since = net.called('b', 'a').length;
    replay(net, goodbyes);
    net.run(10_000);
    expect(net.called('b', 'a').slice(since)).not.toContain('left');
  });
});

describe('a message', () => {
  it('for another name is refused, and said so, but not each time', () => {
    const { net } = recorded();
    net.run(10_000);
    for (let seq = 1e6; seq < 1e6 + 100; seq++) {
      const bootId = net.view('b', 'a').bootId!;
      const message = aMessage({ from: 'a', to: nameHash('x'), bootId, seq });
      expect(net.deliver('b', message)).toBeUndefined();
    }
    const refused = net.eventsOf('b', 'refused-message');
    expect(refused).toMatchObject([{ from: 'a' }]);
  });

  it('of our own is not ours to hear', () => {
    const { net, carried } = recorded();
    net.run(10_000);
    const own = carried.find(({ message }) => message.from === 'b')!.message;
    expect(net.deliver('b', own)).toBeUndefined();
  });

  it('of a stranger is answered, and nothing is learned from it', () => {
    const { net } = recorded();
    net.run(10_000);
    const question = aMessage({ from: 'x', to: nameHash('b'), nonce: 'e'.repeat(16) });
    expect(net.deliver('b', question)).toMatchObject({ kind: 'answer', echo: 'e'.repeat(16) });
    expect(net.view('b', 'x')).toBeUndefined();
  });

  it('of a stranger is not answered where there is no secret', () => {
    const { net } = recorded({ trustOpinions: false });
    net.run(10_000);
    const question = aMessage({ from: 'x', to: nameHash('b') });
    expect(net.deliver('b', question)).toBeUndefined();
  });
});

describe('what others say', () => {
  /** b hears from a that c is suspect, in a message that is otherwise in order. */
  function slander(net: TinyNet, carried: readonly Carried[], parts = {}): void {
    const last = carried.findLast(({ message }) => message.from === 'a')!.message;
    const boot = net.view('b', 'c').bootId!.slice(0, 8);
    const opinion: Opinion = { about: nameHash('c'), vote: 'suspect', heardAgoMs: 1, boot };
    const fresh = carried.findLast(({ to, message }) => to === 'a' && message.from === 'b')!;
    const echo = fresh.message.nonce;
    const base = { to: nameHash('b'), kind: 'question', seq: 1e6, echo } as const;
    net.deliver('b', { ...last, ...base, opinions: [opinion], ...parts });
  }

  it('is heard', () => {
    const { net, carried } = recorded();
    net.run(10_000);
    slander(net, carried);
    expect(net.view('b', 'c').suspectedBy).toEqual(['a']);
    expect(net.state('b', 'c')).toBe('alive');
  });

  it('holds for three intervals', () => {
    const { net, carried } = recorded();
    net.run(10_000);
    slander(net, carried);
    net.run(3 * INTERVAL_MS + 1);
    expect(net.view('b', 'c').suspectedBy).toEqual([]);
  });

  it.each([
    ['without trust', { trustOpinions: false }, {}],
    ['by who knows other members', {}, { digest: 1 }],
    ['without a nonce of ours', {}, { echo: '0'.repeat(16) }],
    ['in a message that was overtaken', {}, { seq: 1 }],
    ['of another life', {}, { opinions: [suspect('c', '7'.repeat(8))] }],
    ['of who is no member', {}, { opinions: [suspect('x')] }],
  ])('is not heard %s', (_, options, parts) => {
    const { net, carried } = recorded(options);
    net.run(10_000);
    slander(net, carried, parts);
    expect(net.view('b', 'c').suspectedBy).toEqual([]);
  });

  it('of itself is not heard: that it is alive it shows', () => {
    const { net, carried } = recorded();
    net.run(10_000);
    slander(net, carried, { opinions: [suspect('a')] });
    expect(net.view('b', 'a').suspectedBy).toEqual([]);
  });

  function suspect(name: string, boot = '0'.repeat(8)): Opinion {
    return { about: nameHash(name), vote: 'suspect', heardAgoMs: 1, boot };
  }
});
