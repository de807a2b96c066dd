import { describe, expect, it } from 'vitest';
import { Passive } from '../../src/membership/passive.ts';
import type { Evidence, MembershipEvent } from '../../src/membership/types.ts';

const WAITS = { kind: 'in-flight', ageMs: 900, phi: 9 } as const;

function upstreams() {
  const events: MembershipEvent[] = [];
  const passive = new Passive((event) => events.push(event), 8);
  return {
    events,
    passive,
    /** What it is called after this. */
    see: (evidence: Evidence, atMs = 0, seenAtMs = atMs): string => {
      passive.evidence('u', evidence, atMs, seenAtMs);
      return passive.views(atMs).find(({ peer }) => peer === 'u')!.state;
    },
    types: () => events.map(({ type }) => type),
  };
}

describe('an upstream', () => {
  it('is unknown until something came of it', () => {
    expect(upstreams().see({ kind: 'connect', durationMs: 1 })).toBe('unknown');
    expect(upstreams().see({ kind: 'in-flight', ageMs: 1, phi: 3.9 })).toBe('unknown');
  });

  it('is alive with any reply, and nobody votes about it', () => {
    const { see, passive } = upstreams();
    expect(see({ kind: 'reply' }, 5)).toBe('alive');
    expect(passive.views(15)).toMatchObject([
      { peer: 'u', watched: false, observers: 0, suspectedBy: [], lastHeardAgoMs: 10 },
    ]);
  });

  it.each([{ kind: 'refused' }, { kind: 'unreachable' }, WAITS] as const)(
    'is suspected, never dead, when %o',
    (evidence) => {
      const { see, events } = upstreams();
      see({ kind: 'reply' });
      expect(see(evidence, 10)).toBe('suspect');
      expect(see(evidence, 20)).toBe('suspect');
      expect(events.map(({ type }) => type)).toEqual(['state', 'suspicion', 'state']);
    },
  );

  it('is stalled when a request waits and its kernel takes connections', () => {
    const { see } = upstreams();
    see({ kind: 'reply' }, 0);
    see({ kind: 'connect', durationMs: 1 }, 5);
    expect(see(WAITS, 10)).toBe('stalled');
  });

  it('is trusted again with a reply: one mistake, and how long it lasted', () => {
    const { see, events, passive } = upstreams();
    see({ kind: 'reply' }, 0);
    see({ kind: 'refused' }, 10);
    see({ kind: 'refused' }, 20);
    expect(see({ kind: 'reply' }, 110)).toBe('alive');
    expect(see({ kind: 'reply' }, 120)).toBe('alive');
    expect(events.filter(({ type }) => type === 'mistake')).toEqual([
      { type: 'mistake', atMs: 110, peer: 'u', reason: 'refused', lastedMs: 100 },
    ]);
    expect(passive.views(120)).toMatchObject([{ suspicions: 1, mistakes: 1 }]);
  });

  it('is not trusted again by a reply that came before it was suspected', () => {
    const { see, events } = upstreams();
    see({ kind: 'reply' }, 0);
    see({ kind: 'refused' }, 100);
    expect(see({ kind: 'reply' }, 110, 90)).toBe('suspect');
    expect(events.filter(({ type }) => type === 'mistake')).toEqual([]);
  });

  it('has no main loop, goodbye or supervisor that we would know of', () => {
    const { see } = upstreams();
    for (const kind of ['goodbye', 'crash', 'down', 'reset'] as const) {
      expect(see({ kind })).toBe('unknown');
    }
  });
});

describe('many upstreams', () => {
  it('are remembered up to 1,024: the one seen longest ago makes room', () => {
    const { passive } = upstreams();
    for (let i = 0; i < 1024; i++) passive.evidence(`u${i}`, { kind: 'reply' }, i, i);
    passive.evidence('u0', { kind: 'reply' }, 2000, 2000);
    passive.evidence('new', { kind: 'reply' }, 2001, 2001);
    const names = passive.views(3000).map(({ peer }) => peer);
    expect(names).toHaveLength(1024);
    expect(names).toContain('u0');
    expect(names).not.toContain('u1');
  });

  it('one that becomes a member is no upstream any more', () => {
    const { passive, see } = upstreams();
    see({ kind: 'reply' });
    passive.forget('u');
    expect(passive.views(0)).toEqual([]);
  });
});
