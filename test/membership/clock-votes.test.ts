import { describe, expect, it } from 'vitest';
import { ClockVotes } from '../../src/membership/clock-votes.ts';

const TTL_MS = 3000;
const ALL = ['a', 'b', 'c'];

/** At that instant, in answer to what we sent so much before. */
const said = (heardAtMs: number, out: readonly string[], agoMs = 10) => ({
  ...{ out: new Set(out), heardAtMs, saidAtMs: heardAtMs - agoMs },
});

describe('what observers say of clocks', () => {
  it('changes about those alone of whom they say something else than before', () => {
    const votes = new ClockVotes(TTL_MS);
    expect(votes.say('a', said(0, ['x', 'y'])).sort()).toEqual(['x', 'y']);
    expect(votes.say('a', said(1, ['x', 'y']))).toEqual([]);
    expect(votes.say('a', said(2, ['y', 'z'])).sort()).toEqual(['x', 'z']);
    expect(votes.say('a', said(3, [])).sort()).toEqual(['y', 'z']);
    expect(votes.say('a', said(4, []))).toEqual([]);
    expect(votes.say('b', said(4, ['y']))).toEqual(['y']);
  });

  it('counts of those assigned alone, and of each its latest word', () => {
    const votes = new ClockVotes(TTL_MS);
    votes.say('a', said(0, ['x']));
    votes.say('b', said(0, ['x', 'y']));
    votes.say('stranger', said(0, ['x']));
    expect(votes.about('x', ALL, 100)).toEqual(['a', 'b']);
    expect(votes.about('x', ['b', 'c'], 100)).toEqual(['b']);
    votes.say('a', said(100, ['y']));
    expect(votes.about('x', ALL, 100)).toEqual(['b']);
    expect(votes.about('nobody', ALL, 100)).toEqual([]);
  });

  it('expires, counted from when it was said at the earliest', () => {
    const votes = new ClockVotes(TTL_MS);
    votes.say('a', said(1000, ['x'], 500));
    expect(votes.about('x', ALL, 500 + TTL_MS)).toEqual(['a']);
    expect(votes.about('x', ALL, 501 + TTL_MS)).toEqual([]);
  });

  it('of others counts nothing if nobody knows when it was said', () => {
    const votes = new ClockVotes(TTL_MS);
    votes.say('a', { out: new Set(['x', 'we']), saidAtMs: undefined, heardAtMs: 1000 });
    expect(votes.about('x', ALL, 1000)).toEqual([]);
    expect(votes.aboutUs('we', ALL, 1000 + TTL_MS)).toEqual(['a']);
    expect(votes.aboutUs('we', ALL, 1001 + TTL_MS)).toEqual([]);
  });

  it('is gone with an observer that is no member any more, and stays of the others', () => {
    const votes = new ClockVotes(TTL_MS);
    votes.say('a', said(0, ['x', 'we']));
    votes.say('b', said(0, ['x', 'we']));
    votes.retain(new Set(['b']));
    expect(votes.about('x', ALL, 0)).toEqual(['b']);
    expect(votes.aboutUs('we', ALL, 0)).toEqual(['b']);
  });
});
