/** Clocks in the simulator: wrong memberships have to be found, and right ones left alone. */
import { describe, expect, it } from 'vitest';
import type { OffsetBounds } from '../../src/clock/types.ts';
import { offsetVerdict } from '../../src/clock/verdict.ts';
import { clockOutExtension } from '../../src/membership/clock-extension.ts';
import { Membership, type MembershipOptions } from '../../src/membership/membership.ts';
import type { Message } from '../../src/membership/message.ts';
import { MAX_OFFSET_MS } from '../../src/membership/peer-clocks.ts';
import { nameHash } from '../../src/membership/names.ts';
import type { Instant, Outgoing } from '../../src/membership/types.ts';
import {
  type Birth,
  type Fault,
  simulate,
  type SimulatedMembership,
  type SimulateOptions,
} from '../../src/testing/index.ts';
import { seed } from '../support/capabilities.ts';

const SEEDS_MAX = 300;
/** Faults make clocks drift by 200 millionths, each. */
const RIGHT = { maxDriftPpm: 400, trustOpinions: true };
const FAST = { kind: 'constant', delayMs: 0.2 } as const;
const SHORT: SimulateOptions = { nodes: 3, durationMs: 120_000, quietMs: 40_000, faults: 3 };

/** One that is given other instants than those of its clocks. */
function misled(birth: Birth, show: (now: Instant) => Instant): SimulatedMembership {
  const inner = new Membership({ ...RIGHT, ...birth });
  return {
    setMembers: (names, now) => inner.setMembers(names, show(now)),
    receive: (message, now) => inner.receive(message, show(now)),
    evidence: (peer, evidence, now) => inner.evidence(peer, evidence, show(now)),
    localPause: (fromMs, toMs) => inner.localPause(fromMs, toMs),
    tick: (now) => inner.tick(show(now)),
    nextTickMs: (nowMs) => inner.nextTickMs(nowMs),
    farewell: (reason, now) => inner.farewell(reason, show(now)),
    peers: (nowMs) => inner.peers(nowMs),
  };
}

/** Whole milliseconds, as `Date.now` shows them: off by half of one. */
const coarse = ({ monoMs, wallMs }: Instant): Instant => ({
  ...{ monoMs, wallMs: Math.floor(wallMs) + 0.5 },
});
const coarseAndSo = (now: Instant): Instant => ({ ...coarse(now), wallErrorMs: 0.5 });

const created =
  (options: Partial<MembershipOptions>) =>
  (birth: Birth): SimulatedMembership =>
    new Membership({ ...RIGHT, ...birth, ...options });

/** Says of each whose clock may be beyond the budget that it is out. */
function rash(birth: Birth): SimulatedMembership {
  const inner: Membership = new Membership({
    ...RIGHT,
    ...birth,
    send: (out) => birth.send(rashly(out)),
  });
  let nowMs = 0;
  function rashly(out: Outgoing): Outgoing {
    const doubted = inner.peers(nowMs).filter(({ clock }) => clock && mayBeOut(clock));
    const message: Message = {
      ...out.message,
      extensions: [
        ...out.message.extensions.filter(({ type }) => type !== 2),
        clockOutExtension(doubted.map(({ peer }) => nameHash(peer))),
      ],
    };
    return out.message.kind === 'question' ? { ...out, message } : out;
  }
  return Object.assign(inner, {
    tick(this: Membership, now: Instant) {
      nowMs = now.monoMs;
      Membership.prototype.tick.call(inner, now);
    },
  });
}

function mayBeOut(bounds: OffsetBounds): boolean {
  return offsetVerdict(bounds, MAX_OFFSET_MS) !== 'within';
}

/** Clocks of these nodes are set, at half a minute. */
const steps = (...byMs: readonly number[]): Fault[] =>
  byMs.map((stepMs, node) => ({ kind: 'wall-step', node, stepMs, atMs: 30_000 }));

const PLANTED: readonly (readonly [string, string, SimulateOptions])[] = [
  [
    'nobody says how far its wall clock may be off what it shows',
    'clock-truth',
    { ...SHORT, link: { delay: FAST }, create: (birth) => misled(birth, coarse) },
  ],
  [
    'clocks are assumed to drift less than they do',
    'clock-truth',
    { ...SHORT, kinds: ['drift'], link: { delay: FAST }, create: created({ maxDriftPpm: 1 }) },
  ],
  [
    'a clock is called out though that is uncertain',
    'clock-out-wrong',
    // 460 ms off, and known within 100.
    {
      ...{ ...SHORT, nodes: 5, faults: steps(460), create: rash },
      link: { delay: { kind: 'constant', delayMs: 100 } },
    },
  ],
  [
    'a majority of those who report is enough',
    'clock-out-wrong',
    // Two of four observers are 10 s off.
    {
      ...{ ...SHORT, nodes: 5, faults: steps(10_000, 10_000) },
      rules: { counted: (_assigned, reporting) => reporting },
    },
  ],
  [
    'one vote is a majority',
    'clock-out-wrong',
    { ...SHORT, faults: steps(10_000), rules: { isMajority: (votes) => votes >= 1 } },
  ],
  [
    'the budget is taken for twice what it is',
    'clock-out-missed',
    { ...SHORT, faults: steps(1500), create: created({ maxOffsetMs: 2000 }) },
  ],
  [
    'what others say of clocks is not heard',
    'clock-out-missed',
    { ...SHORT, faults: steps(10_000), create: created({ trustOpinions: false }) },
  ],
];

describe('the simulator', () => {
  it.each(PLANTED)('finds that %s', (_, rule, options) => {
    const isFound = (s: number) =>
      simulate(s, options).violations.some((violation) => violation.rule === rule);
    let tried = 1;
    while (tried < SEEDS_MAX && !isFound(seed() + tried)) tried++;
    expect(tried).toBeLessThan(SEEDS_MAX);
  });

  it.each<[string, SimulateOptions]>([
    ['knows whole milliseconds, and says so', { create: (birth) => misled(birth, coarseAndSo) }],
    ['is as it is', { link: { delay: FAST } }],
    ['is far away', { link: { delay: { kind: 'constant', delayMs: 100 } } }],
    ['is one of two that are off', { nodes: 5, faults: steps(10_000, 10_000) }],
    ['is set to and fro', { kinds: ['wall-step'], faults: 6 }],
    ['drifts', { kinds: ['drift'], faults: 6 }],
  ])('finds nothing wrong where a clock %s', (_, options) => {
    for (let s = 1; s <= 5; s++) {
      const { violations } = simulate(seed() + s, { ...SHORT, ...options });
      expect(violations.map(({ message }) => message)).toEqual([]);
    }
  });

  it('finds nobody accused who may be within the budget', () => {
    for (let s = 1; s <= 5; s++) {
      const { violations } = simulate(seed() + s, { ...SHORT, nodes: 5, faults: steps(460) });
      const accused = violations.filter(({ rule }) => rule !== 'clock-out-missed');
      expect(accused.map(({ message }) => message)).toEqual([]);
    }
  });

  it('tells of the story with seed, time and clocks', () => {
    const run = simulate(7, { ...SHORT, faults: steps(10_000), rules: { isMajority: () => true } });
    const { message } = run.violations.find(({ rule }) => rule === 'clock-out-wrong')!;
    expect(message).toMatch(/^clock-out-wrong: seed 7 at \d+\.\d{3} s: node-\d holds node-\d/);
    expect(message).toMatch(/clocks node-0 \d{13}, node-1 \d{13}, node-2 \d{13}/);
  });
});
