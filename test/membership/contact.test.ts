import { describe, expect, it } from 'vitest';
import { Contact } from '../../src/membership/contact.ts';
import { nameHash } from '../../src/membership/names.ts';
import { aMessage } from './messages.ts';

const LIFE = '1'.repeat(16);
const OTHER_LIFE = '2'.repeat(16);

/** Sixteen hex digits. */
const nonce = nameHash;

/** Of whom one life is known, by its answer to our question `q0`. */
function known(): Contact {
  const contact = new Contact('b');
  contact.issued(nonce('q0'), 0, true);
  contact.received(aMessage({ kind: 'answer', echo: nonce('q0'), bootId: LIFE, seq: 1 }));
  return contact;
}

describe('the first message of a peer', () => {
  it('is believed when it echoes a nonce of ours', () => {
    const contact = new Contact('b');
    contact.issued(nonce('q0'), 7, true);
    const answer = aMessage({ kind: 'answer', echo: nonce('q0'), bootId: LIFE });
    expect(contact.received(answer)).toMatchObject({
      as: 'restart',
      isAnswer: true,
      echoedMs: 7,
    });
    expect(contact.bootId).toBe(LIFE);
  });

  it('is believed though it is no answer: it was written after our nonce was sent', () => {
    const contact = new Contact('b');
    contact.issued(nonce('q0'), 7, true);
    const question = aMessage({ kind: 'question', echo: nonce('q0'), bootId: LIFE });
    expect(contact.received(question)).toMatchObject({ as: 'restart', isAnswer: false });
  });

  it('proves nothing without an echo', () => {
    const contact = new Contact('b');
    expect(contact.received(aMessage({ bootId: LIFE }))).toMatchObject({ as: 'unproved' });
    expect(contact.bootId).toBeUndefined();
  });
});

describe('an answer', () => {
  it('tells which question it is for', () => {
    const contact = known();
    contact.issued(nonce('q1'), 10, true);
    contact.issued(nonce('q2'), 20, true);
    const to = (echo: string, seq: number) =>
      contact.received(aMessage({ kind: 'answer', echo: nonce(echo), bootId: LIFE, seq }));
    expect(to('q2', 2)).toMatchObject({ as: 'answer', echoedMs: 20 });
    expect(to('q1', 3)).toMatchObject({ as: 'answer', echoedMs: 10 });
  });

  it('counts though a later one overtook it', () => {
    const contact = known();
    contact.issued(nonce('q1'), 10, true);
    contact.issued(nonce('q2'), 20, true);
    contact.received(aMessage({ kind: 'answer', echo: nonce('q2'), bootId: LIFE, seq: 3 }));
    const late = aMessage({ kind: 'answer', echo: nonce('q1'), bootId: LIFE, seq: 2 });
    expect(contact.received(late).as).toBe('answer');
  });

  it('counts once', () => {
    const contact = known();
    contact.issued(nonce('q1'), 10, true);
    const answer = aMessage({ kind: 'answer', echo: nonce('q1'), bootId: LIFE, seq: 2 });
    expect(contact.received(answer).as).toBe('answer');
    expect(contact.received(answer).as).toBe('old');
  });

  it('to nothing that we asked is ignored', () => {
    const contact = known();
    contact.issued(nonce('a1'), 10, false);
    for (const echo of ['x', 'a1', '0'.repeat(16)]) {
      const answer = aMessage({ kind: 'answer', echo: nonce(echo), bootId: LIFE, seq: 9 });
      expect(contact.received(answer)).toMatchObject({ as: 'old' });
    }
  });
});

describe('a question or notice of the life we know', () => {
  it('is news when its number is higher than any before', () => {
    const contact = known();
    expect(contact.received(aMessage({ bootId: LIFE, seq: 5 })).as).toBe('news');
    for (const seq of [5, 4, 1]) {
      expect(contact.received(aMessage({ bootId: LIFE, seq })).as).toBe('old');
    }
    expect(contact.received(aMessage({ bootId: LIFE, seq: 6, kind: 'notice' })).as).toBe('news');
  });

  it('leaves its nonce to be echoed, unless it was overtaken', () => {
    const contact = known();
    contact.received(aMessage({ bootId: LIFE, seq: 5, nonce: 'five' }));
    contact.received(aMessage({ bootId: LIFE, seq: 4, nonce: 'four' }));
    expect(contact.nonce).toBe('five');
  });
});

describe('another life', () => {
  it('is a restart when it echoes a nonce of ours, and its numbers begin anew', () => {
    const contact = known();
    contact.received(aMessage({ bootId: LIFE, seq: 1000 }));
    contact.issued(nonce('q1'), 10, true);
    const born = aMessage({ kind: 'answer', echo: nonce('q1'), bootId: OTHER_LIFE, seq: 1 });
    expect(contact.received(born).as).toBe('restart');
    expect(contact.received(aMessage({ bootId: OTHER_LIFE, seq: 2 })).as).toBe('news');
  });

  it('is not believed without', () => {
    const contact = known();
    expect(contact.received(aMessage({ bootId: OTHER_LIFE, seq: 9 })).as).toBe('unproved');
    expect(contact.bootId).toBe(LIFE);
  });

  it('that has ended does not come back, whatever it echoes', () => {
    const contact = known();
    contact.issued(nonce('q1'), 10, true);
    const delayed = aMessage({ kind: 'notice', echo: nonce('q1'), bootId: LIFE, seq: 7 });
    contact.issued(nonce('q2'), 20, true);
    contact.received(aMessage({ kind: 'answer', echo: nonce('q2'), bootId: OTHER_LIFE, seq: 1 }));
    expect(contact.received(delayed).as).toBe('old');
    expect(contact.bootId).toBe(OTHER_LIFE);
  });
});

describe('many messages', () => {
  it('that we answer do not make us forget what we asked', () => {
    const contact = known();
    contact.issued(nonce('q1'), 10, true);
    for (let i = 0; i < 500; i++) contact.issued(nonce(`a${i}`), 10, false);
    const answer = aMessage({ kind: 'answer', echo: nonce('q1'), bootId: LIFE, seq: 2 });
    expect(contact.received(answer).as).toBe('answer');
  });

  it('that we send are not remembered without end', () => {
    const contact = known();
    for (let i = 0; i < 1000; i++) contact.issued(nonce(`n${i}`), i, true);
    const answer = aMessage({ kind: 'answer', echo: nonce('n0'), bootId: LIFE, seq: 2 });
    expect(contact.received(answer).as).toBe('old');
  });
});

describe('pauses of our own', () => {
  it('are told once, all together', () => {
    const contact = new Contact('b');
    contact.paused(10);
    contact.paused(5);
    expect(contact.takePausedMs()).toBe(15);
    expect(contact.takePausedMs()).toBe(0);
  });
});
