import { describe, expect, it } from 'vitest';
import { nameHash } from '../../src/membership/names.ts';
import { seed } from '../support/capabilities.ts';
import { aMessage } from './messages.ts';
import { INTERVAL_MS, TinyNet } from './tiny-net.ts';

function settled(names = ['a', 'b', 'c'], options = {}): TinyNet {
  return new TinyNet(names, { seed: seed(), ...options }).run(60_000);
}

/** What a supervisor says: it is no member, and knows no nonce. */
function downNotice(net: TinyNet, about: string, nonce = '1'.repeat(16)) {
  const { monoMs, wallMs } = net.now();
  const times = { sentAtMs: monoMs, sentAtWallMs: wallMs };
  const said = { reason: 'down', about: nameHash(about), nonce, ...times } as const;
  return aMessage({ kind: 'notice', from: '', bootId: '9'.repeat(16), ...said });
}

describe('a member that says goodbye', () => {
  it('has left, at once and for all, and is never suspected', () => {
    const net = settled().farewell('a', 'goodbye').run(5);
    for (const at of ['b', 'c']) expect(net.state(at, 'a')).toBe('left');
    net.run(600_000);
    for (const at of ['b', 'c']) {
      expect(net.called(at, 'a')).toEqual(['alive', 'left']);
      expect(net.eventsOf(at, 'suspicion')).toEqual([]);
    }
  });

  it('is asked five times less often', () => {
    const net = settled(['a', 'b']).farewell('a', 'goodbye').run(10_000);
    const before = net.sent.length;
    net.run(100 * INTERVAL_MS);
    expect(net.sent.length - before).toBeGreaterThanOrEqual(19);
    expect(net.sent.length - before).toBeLessThanOrEqual(21);
  });

  it('and is back as another life is alive', () => {
    const net = settled().farewell('a', 'goodbye').run(20_000).revive('a').run(6000);
    for (const at of ['b', 'c']) expect(net.called(at, 'a')).toEqual(['alive', 'left', 'alive']);
  });

  it('and goes on all the same is alive again after 30 intervals', () => {
    const net = settled(['a', 'b']);
    const notice = aMessage({
      ...{ kind: 'notice', reason: 'goodbye', from: 'a', to: nameHash('b'), seq: 1e6 },
      bootId: net.view('b', 'a').bootId!,
    });
    net.deliver('b', notice);
    expect(net.state('b', 'a')).toBe('left');
    net.run(25 * INTERVAL_MS);
    expect(net.state('b', 'a')).toBe('left');
    net.run(10 * INTERVAL_MS);
    expect(net.state('b', 'a')).toBe('alive');
    expect(net.eventsOf('b', 'mistake')).toEqual([]);
  });

  it('is not answered for any more, and says it once', () => {
    const net = settled(['a', 'b']);
    const { membership } = net.node('a');
    membership.farewell('crash', net.now());
    const before = net.sent.length;
    membership.farewell('goodbye', net.now());
    membership.tick(net.now());
    expect(net.sent.length).toBe(before);
    const question = net.sent.findLast(({ from }) => from === 'b')!.message;
    expect(membership.receive({ ...question, seq: 1e6 }, net.now())).toBeUndefined();
  });

  it('has nothing to do any more: no timer spins', () => {
    const net = settled(['a', 'b']);
    const { membership } = net.node('a');
    membership.farewell('goodbye', net.now());
    net.kill('a').run(10_000);
    expect(membership.nextTickMs(net.time.nowMs)).toBeGreaterThan(net.time.nowMs);
  });

  it('does not say it to itself, though it found out late who it is', () => {
    const net = new TinyNet(['a', 'b'], { seed: seed(), self: undefined }).run(10_000);
    expect(net.node('a').membership.self).toBe('a');
    const before = net.sent.length;
    net.farewell('a', 'goodbye');
    expect(net.sent.slice(before).map(({ to }) => to)).toEqual(['b']);
  });
});

describe('a member that crashes', () => {
  it('is suspected at once, and dead with two who heard it', () => {
    const net = settled().farewell('a', 'crash').run(5);
    for (const at of ['b', 'c']) {
      expect(net.state(at, 'a')).toBe('dead');
      expect(net.eventsOf(at, 'suspicion')).toMatchObject([{ reason: 'crash' }]);
    }
  });

  it('and says goodbye while it goes down has crashed', () => {
    const net = settled();
    const { membership } = net.node('a');
    membership.farewell('crash', net.now());
    membership.farewell('goodbye', net.now());
    net.kill('a').run(100);
    expect(net.called('b', 'a')).not.toContain('left');
  });
});

describe('a supervisor that says a member is down', () => {
  it('is believed at once', () => {
    const net = settled().kill('a');
    net.deliver('b', downNotice(net, 'a'));
    expect(net.state('b', 'a')).toBe('suspect');
    expect(net.eventsOf('b', 'suspicion')).toMatchObject([{ peer: 'a', reason: 'down' }]);
  });

  it('is believed once: a notice that comes again is refused', () => {
    const net = settled();
    const notice = downNotice(net, 'a');
    net.deliver('b', notice);
    net.run(3000);
    expect(net.state('b', 'a')).toBe('alive');
    net.deliver('b', notice);
    expect(net.state('b', 'a')).toBe('alive');
    net.run(3_600_000);
    net.deliver('b', notice);
    expect(net.state('b', 'a')).toBe('alive');
  });

  it('about nobody we know is refused', () => {
    const net = settled();
    net.deliver('b', downNotice(net, 'x'));
    expect(net.eventsOf('b', 'suspicion')).toEqual([]);
  });

  it('about ourselves changes nothing', () => {
    const net = settled();
    net.deliver('b', downNotice(net, 'b'));
    net.run(100);
    expect(net.state('a', 'b')).toBe('alive');
  });

  it('is not believed where what others say counts for nothing', () => {
    const net = settled(['a', 'b', 'c'], { trustOpinions: false });
    net.deliver('b', downNotice(net, 'a'));
    expect(net.state('b', 'a')).toBe('alive');
  });
});
