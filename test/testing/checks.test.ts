import { describe, expect, it } from 'vitest';
import type { MembershipEvent, PeerState, PeerView } from '../../src/membership/types.ts';
import {
  type Birth,
  type Fault,
  simulate,
  type SimulateOptions,
  type Simulation,
} from '../../src/testing/index.ts';

const CRASH: Fault = { kind: 'crash', how: 'host', node: 0, atMs: 60_000 };
const MINUTES_2: SimulateOptions = { nodes: 3, durationMs: 120_000, faults: [] };

/** A membership that sends nothing and holds everybody `alive`, and after a minute in that state. */
function stubborn(state: PeerState) {
  return ({ self, emit }: Birth) => {
    let peers: readonly string[] = [];
    let held: PeerState = 'alive';
    let startMs: number | undefined;
    let nextMs = 0;
    const view = (peer: string): PeerView => ({
      ...{ peer, state: held, vote: held, phi: 0, bootId: undefined, lastHeardAgoMs: 0 },
      ...{ rttMs: 1, watched: true, observers: 2, suspectedBy: [self], suspicions: 0 },
      ...{ mistakes: 0, because: 'so it says' },
    });
    return {
      setMembers: (names: readonly string[]) => {
        peers = names.filter((name) => name !== self);
      },
      tick: ({ monoMs: atMs }: { monoMs: number }) => {
        startMs ??= atMs;
        nextMs = atMs + 1000;
        if (held === state || atMs < startMs + 60_000) return;
        held = state;
        for (const peer of peers) emit(changed(peer, state, atMs));
      },
      nextTickMs: () => nextMs,
      peers: () => peers.map(view),
      ...{ receive: () => undefined, evidence: () => undefined, localPause: () => undefined },
      farewell: () => undefined,
    };
  };
}

function changed(peer: string, to: PeerState, atMs: number): MembershipEvent {
  return { type: 'state', atMs, peer, from: 'alive', to, because: 'so it says' };
}

const rulesOf = ({ violations }: Simulation) => new Set(violations.map(({ rule }) => rule));

describe('the checks', () => {
  it('find a verdict without votes, and say seed, time and history', () => {
    const run = simulate(7, { ...MINUTES_2, create: stubborn('dead') });
    expect(rulesOf(run)).toEqual(new Set(['no-majority', 'disjoint-verdicts', 'live-not-trusted']));
    const { message } = run.violations[0]!;
    expect(message).toMatch(/^no-majority: seed 7 at 6[01]\.\d{3} s: node-\d holds node-\d dead/);
    expect(message).toMatch(/\n +0\.\d{3} s {2}node-\d starts \(boot [0-9a-f]{8}\)/);
    expect(message).toMatch(/\n +6[01]\.\d{3} s {2}node-\d: node-\d alive -> dead, so it says/);
  });

  it('find that nobody suspects the crashed one', () => {
    const run = simulate(7, { ...MINUTES_2, faults: [CRASH], create: stubborn('alive') });
    expect(run.violations.map(({ rule, peer }) => [rule, peer])).toEqual([
      ['crashed-not-suspected', 'node-0'],
      ['crashed-not-suspected', 'node-0'],
    ]);
    expect(run.detectionMs).toEqual([]);
  });

  it('find that somebody who lives is held suspect', () => {
    const run = simulate(7, { ...MINUTES_2, create: stubborn('suspect') });
    expect(rulesOf(run)).toEqual(new Set(['live-not-trusted']));
    expect(run.violations).toHaveLength(6);
  });

  it('stop at the first violation where told to', () => {
    const run = simulate(7, { ...MINUTES_2, create: stubborn('dead'), stopAtFirst: true });
    expect(new Set(run.violations.map(({ atMs }) => atMs)).size).toBe(1);
    expect(rulesOf(run)).toEqual(new Set(['no-majority']));
  });

  it('leave the real membership alone, and time how long it takes to see a crash', () => {
    const run = simulate(7, { ...MINUTES_2, faults: [CRASH] });
    expect(run.violations).toEqual([]);
    expect(run.detectionMs).toHaveLength(2);
    expect(Math.max(...run.detectionMs)).toBeLessThan(10_000);
    expect(run.events.some(({ kind }) => kind === 'fault')).toBe(true);
    expect(run.bytes / run.messages).toBeGreaterThan(90);
    expect(run.bytes / run.messages).toBeLessThan(300);
  });
});
