import { describe, expect, it } from 'vitest';
import { Contact } from '../../src/membership/contact.ts';
import { Group } from '../../src/membership/group.ts';
import type { Message } from '../../src/membership/message.ts';
import { nameHash } from '../../src/membership/names.ts';
import { Notices } from '../../src/membership/notices.ts';
import { RULES, type Rules } from '../../src/membership/rules.ts';
import { aMessage } from './messages.ts';

const NOW = { monoMs: 5000, wallMs: 1.78e12 };
const WRITTEN = { sentAtWallMs: NOW.wallMs };
const LIFE = 'aaaaaaaaaaaaaaaa';
const NONCE = '1111111111111111';

interface Made {
  readonly trustOpinions?: boolean;
  readonly rules?: Partial<Rules>;
}

/** What `a` makes of notices; of the life of `b` it has heard, and of `c` nothing. */
function noticesOf({ trustOpinions = true, rules = {} }: Made = {}) {
  const group = new Group('a', undefined);
  group.setMembers(['a', 'b', 'c']);
  const b = new Contact('b');
  b.issued(NONCE, 1000, true);
  b.received({ ...message(), kind: 'answer', echo: NONCE, seq: 1 });
  const c = new Contact('c');
  return new Notices({
    ...{ group, rules: { ...RULES, ...rules }, trustOpinions },
    contact: (name) => ({ b, c })[name],
  });
}

function message(parts: Partial<Message> = {}): Message {
  return aMessage({ kind: 'notice', bootId: LIFE, seq: 2, echo: NONCE, ...WRITTEN, ...parts });
}

const down = (about: string) =>
  message({ reason: 'down', from: 'supervisor', about: nameHash(about) });

describe('a notice of who goes', () => {
  it.each(['goodbye', 'crash'] as const)('(%s) is evidence of itself', (reason) => {
    const told = noticesOf().told(message({ reason }), NOW);
    expect(told).toEqual({ peer: 'b', evidence: { kind: reason } });
  });

  it('is taken once', () => {
    const notices = noticesOf();
    notices.told(message({ reason: 'goodbye' }), NOW);
    expect(notices.told(message({ reason: 'goodbye' }), NOW)).toEqual({});
  });

  it('tells nothing of a stranger, nor of a life that has not proved itself', () => {
    const notices = noticesOf();
    expect(notices.told(message({ reason: 'goodbye', from: 'd' }), NOW)).toEqual({});
    const ofOther = message({ reason: 'crash', bootId: 'bbbbbbbbbbbbbbbb', echo: '0'.repeat(16) });
    expect(notices.told(ofOther, NOW)).toEqual({});
    expect(notices.told(message({ reason: 'crash', from: 'c' }), NOW).peer).toBeUndefined();
  });

  it('tells nothing without a reason', () => {
    expect(noticesOf().told(message(), NOW)).toEqual({});
  });

  it('is not believed where the rule says so, and a crash is', () => {
    const rules = { believesGoodbye: () => false };
    expect(noticesOf({ rules }).told(message({ reason: 'goodbye' }), NOW)).toEqual({});
    expect(noticesOf({ rules }).told(message({ reason: 'crash' }), NOW).peer).toBe('b');
  });
});

describe('a notice of a supervisor', () => {
  it('is evidence of a member', () => {
    expect(noticesOf().told(down('c'), NOW)).toEqual({ peer: 'c', evidence: { kind: 'down' } });
  });

  it('is refused about others, a second time, and when it is old', () => {
    const notices = noticesOf();
    expect(notices.told(down('d'), NOW)).toEqual({ refusal: 'it is about no peer of ours' });
    expect(notices.told(down('c'), NOW).refusal).toBeUndefined();
    expect(notices.told(down('c'), NOW)).toEqual({ refusal: 'it was taken before' });
    const old = { ...down('c'), nonce: '3'.repeat(16), sentAtWallMs: NOW.wallMs - 3_600_000 };
    expect(notices.told(old, NOW).refusal).toMatch(/./);
    expect(notices.told(old, NOW).peer).toBeUndefined();
  });

  it('is refused without a secret', () => {
    const told = noticesOf({ trustOpinions: false }).told(down('c'), NOW);
    expect(told.refusal).toContain('TARDY_SECRET');
    expect(told.peer).toBeUndefined();
  });
});
