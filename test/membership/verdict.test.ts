import { describe, expect, it } from 'vitest';
import { RULES } from '../../src/membership/rules.ts';
import type { Vote } from '../../src/membership/message.ts';
import { type VerdictQuestion, verdictOf } from '../../src/membership/verdict.ts';
import type { Word } from '../../src/membership/votes.ts';
import type { Judgement } from '../../src/membership/watch.ts';

const NOW_MS = 10_000;
const SUSPECT: Judgement = { vote: 'suspect', reason: 'silence', because: 'it does not answer' };

type Said = readonly [observer: string, vote: Vote, heardAtMs?: number];

function word(vote: Vote, heardAtMs: number | undefined): Word {
  return { vote, heardAtMs, saidAtMs: NOW_MS, boot: '' };
}

/** What `o1` calls a peer with so many observers, `o1`, `o2` and so on. */
function verdict(observers: number, said: readonly Said[], parts: Partial<VerdictQuestion> = {}) {
  const question: VerdictQuestion = {
    judgement: SUSPECT,
    assigned: Array.from({ length: observers }, (_, i) => `o${i + 1}`),
    self: 'o1',
    words: said.map(([observer, vote, heardAtMs]) => [observer, word(vote, heardAtMs)]),
    ...{ silentSinceMs: 9000, nowMs: NOW_MS, intervalMs: 1000 },
    ...parts,
  };
  return verdictOf(question, RULES);
}

/** `o2`, `o3` ... who suspect it too. */
function alsoSuspect(count: number): Said[] {
  return Array.from({ length: count }, (_, i) => [`o${i + 2}`, 'suspect'] as const);
}

describe('dead', () => {
  // More than half of the members that watch it and the peer itself: of two halves of a group
  // neither passes verdicts on the other. Ours counts as one of the votes.
  it.each([
    [1, 1, 'suspect'],
    [2, 1, 'suspect'],
    [2, 2, 'dead'],
    [3, 1, 'suspect'],
    [3, 2, 'suspect'],
    [3, 3, 'dead'],
    [4, 2, 'suspect'],
    [4, 3, 'dead'],
    [5, 2, 'suspect'],
    [5, 3, 'suspect'],
    [5, 4, 'dead'],
    [9, 5, 'suspect'],
    [9, 6, 'dead'],
  ])('of %i observers %i suspect it: %s', (observers, suspecting, state) => {
    const found = verdict(observers, alsoSuspect(suspecting - 1));
    expect(found.state).toBe(state);
    expect(found.suspectedBy).toHaveLength(suspecting);
    expect(found.assigned).toBe(observers);
  });

  it('takes those assigned: neither strangers count, nor is silence consent', () => {
    expect(
      verdict(3, [
        ['x', 'suspect'],
        ['y', 'suspect'],
      ]).state,
    ).toBe('suspect');
    expect(
      verdict(5, [
        ['o2', 'suspect'],
        ['x', 'suspect'],
      ]).state,
    ).toBe('suspect');
  });

  it('does not count our own word twice', () => {
    expect(verdict(3, [['o1', 'suspect']]).state).toBe('suspect');
  });

  it('is never said of who answers us, whatever the others say', () => {
    for (const vote of ['alive', 'slow', 'stalled', 'left', 'unknown'] as const) {
      const judgement = { vote, because: 'as we see it' };
      expect(verdict(3, alsoSuspect(2), { judgement }).state).toBe(vote);
    }
  });

  it('is said by majority though somebody still hears it', () => {
    const said = [...alsoSuspect(2), ['o4', 'alive', NOW_MS] as const];
    expect(verdict(4, said).state).toBe('dead');
  });

  it('is not said by who does not know which of the members it is', () => {
    expect(verdict(2, alsoSuspect(1), { self: undefined }).state).toBe('suspect');
  });

  it('says how many', () => {
    expect(verdict(3, alsoSuspect(2)).because).toBe(
      'it does not answer; 3 of 3 observers suspect it',
    );
  });
});

describe('disputed', () => {
  it('is whom we do not hear while somebody else does', () => {
    const found = verdict(3, [['o2', 'alive', 9500]]);
    expect(found.state).toBe('disputed');
    expect(found.because).toBe('it does not answer, but o2 hears it');
  });

  it('is not who was heard before we last could', () => {
    expect(verdict(3, [['o2', 'alive', 8999]]).state).toBe('suspect');
    expect(verdict(3, [['o2', 'alive']]).state).toBe('suspect');
  });

  it('is not who was heard long ago', () => {
    const parts = { silentSinceMs: -100_000 };
    expect(verdict(3, [['o2', 'alive', -50_000]], parts).state).toBe('suspect');
  });

  it('takes a witness that does not suspect it itself', () => {
    expect(verdict(5, [['o2', 'suspect', 9500]]).state).toBe('suspect');
  });
});

describe('left', () => {
  it('is whom we do not hear and another heard say goodbye', () => {
    expect(verdict(3, [['o2', 'left', 9500]])).toMatchObject({ state: 'left' });
    expect(verdict(3, [['o2', 'left', 9500]]).because).toContain('o2 heard it say goodbye');
  });
});
