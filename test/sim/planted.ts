/** Membership with one wrong decision each: the simulator has to find every one of them. */
import type { Rules } from '../../src/membership/rules.ts';
import type { SimulateOptions } from '../../src/testing/index.ts';

export interface Planted {
  readonly name: string;
  readonly options: SimulateOptions;
  /** Which check has to find it. */
  readonly foundBy: readonly string[];
}

const UNREACHABLE = ['dead-though-reachable', 'no-majority', 'disjoint-verdicts'];

function wrong(
  name: string,
  rules: Partial<Rules>,
  foundBy: readonly string[],
  nodes = 3,
): Planted {
  return { name, options: { rules, nodes }, foundBy };
}

export const PLANTED: readonly Planted[] = [
  wrong('one vote is a majority', { isMajority: (votes) => votes >= 1 }, UNREACHABLE),
  wrong(
    'a majority of those who report, not of those assigned',
    { counted: (_assigned, reporting) => reporting },
    UNREACHABLE,
    5,
  ),
  wrong(
    'with two nodes, one is enough',
    { isMajority: (votes, counted) => 2 * votes > counted },
    ['no-majority'],
    2,
  ),
  {
    name: 'a vote counts whatever life it was about',
    // It takes a restart while one observer is cut off, and then a loss for the other.
    options: {
      ...{ rules: { isSameLife: () => true }, nodes: 3, faults: 30, kinds: ['crash', 'cut'] },
    },
    foundBy: ['other-life'],
  },
  wrong('votes never expire', { voteTtlMs: () => Infinity }, [
    ...['stale-vote', 'dead-though-reachable'],
  ]),
  wrong('a vote counts whatever members it was under', { isSameDigest: () => true }, [
    'other-members',
  ]),
  wrong('a broken direction is not disputed', { vouches: () => false }, ['one-way']),
  wrong('a suspicion is never taken back', { retracts: () => false }, ['live-not-trusted']),
  wrong('a goodbye is not believed', { believesGoodbye: () => false }, ['left-not-left']),
  {
    name: 'our own pause is not subtracted',
    // What others sent meanwhile would hide it: they were heard, though late.
    options: {
      ...{ rules: { subtracted: () => 0 }, nodes: 3, bufferMessages: 0 },
      ...{ faults: 12, kinds: ['pause'] },
    },
    foundBy: ['own-pause'],
  },
  {
    name: 'judging before draining, without being told of the pause',
    options: { nodes: 3, stallGate: false },
    foundBy: ['own-pause'],
  },
];
