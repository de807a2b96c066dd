import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Balancer } from '../../src/apply/balancer.ts';
import type { PeerState } from '../../src/membership/types.ts';
import { runs } from '../support/properties.ts';
import { randomFrom } from '../support/random.ts';

const STATES: readonly (PeerState | undefined)[] = [
  ...(['unknown', 'alive', 'slow', 'disputed', 'stalled', 'suspect', 'dead', 'left'] as const),
  undefined,
];
const EJECTED = new Set<PeerState | undefined>(['disputed', 'stalled', 'suspect', 'dead', 'left']);
const BADNESS = ['disputed', 'suspect', 'dead'] as const;
const badnessOf = (state: PeerState | undefined): number =>
  BADNESS.indexOf(
    state === 'stalled' ? 'suspect' : state === 'left' ? 'dead' : (state as 'disputed'),
  );

const RECOVERY_MS = 10_000;

function balancerOf(states: readonly (PeerState | undefined)[], start: number, share = 0.5) {
  const random = randomFrom(start);
  const held = [...states];
  const balancer = new Balancer({
    upstreams: () => held.map((_state, i) => String(i)),
    liveness: (origin) => held[Number(origin)],
    maxEjectedShare: share,
    recoveryMs: RECOVERY_MS,
    random: () => random.next(),
  });
  return { balancer, held };
}

const manyStates = fc.array(fc.constantFrom(...STATES), { minLength: 1, maxLength: 8 });
const anySeed = fc.nat(2 ** 31 - 1);
const anyShare = fc.constantFrom(0, 0.25, 0.5, 0.9, 1);

/** Chosen at least once in so many requests that each end before the next. */
function chosenOf(balancer: Balancer, atMs: number, draws = 600): Set<string> {
  const chosen = new Set<string>();
  for (let i = 0; i < draws; i++) chosen.add(balancer.choose(atMs)!);
  return chosen;
}

it('uses exactly the well, and the least bad if these are too few', () => {
  fc.assert(
    fc.property(manyStates, anySeed, anyShare, (states, start, share) => {
      const { balancer } = balancerOf(states, start, share);
      const chosen = chosenOf(balancer, 0);
      const fewest = Math.max(1, Math.ceil(states.length * (1 - share) - 1e-9));
      const well = states.flatMap((state, i) => (EJECTED.has(state) ? [] : [String(i)]));
      expect(chosen.size).toBeGreaterThanOrEqual(fewest);
      for (const origin of well) expect(chosen).toContain(origin);
      if (well.length >= fewest) {
        expect([...chosen].sort()).toEqual(well);
        return;
      }
      // Nobody worse than the worst that is needed, and of these everybody gets a turn.
      const badness = states.filter((s) => EJECTED.has(s)).map(badnessOf);
      const worst = badness.sort((a, b) => a - b)[fewest - well.length - 1]!;
      const stay = states.flatMap((state, i) =>
        EJECTED.has(state) && badnessOf(state) <= worst ? [String(i)] : [],
      );
      expect([...chosen].sort()).toEqual([...well, ...stay].sort());
    }),
    runs(150),
  );
});

/** A life of the upstreams: at each step one changes, a request starts, or one ends. */
const steps = fc.array(
  fc.record({
    gapMs: fc.nat(3000),
    who: fc.nat(7),
    state: fc.option(fc.constantFrom(...STATES), { nil: 'same' as const }),
    ends: fc.boolean(),
  }),
  { minLength: 1, maxLength: 200 },
);

it('whatever happens, sends nothing to the suspected while at least half are well', () => {
  fc.assert(
    fc.property(manyStates, anySeed, steps, (states, start, life) => {
      const { balancer, held } = balancerOf(states, start);
      const running: string[] = [];
      let nowMs = 0;
      for (const { gapMs, who, state, ends } of life) {
        nowMs += gapMs;
        if (state !== 'same') held[who % held.length] = state;
        const chosen = balancer.choose(nowMs)!;
        expect(Number(chosen)).toBeLessThan(held.length);
        const suspected = held.filter((s) => EJECTED.has(s)).length;
        if (2 * suspected <= held.length) expect(EJECTED.has(held[Number(chosen)])).toBe(false);
        balancer.started(chosen);
        running.push(chosen);
        if (ends) balancer.ended(running.splice(who % running.length, 1)[0]!);
      }
      // Nobody starves once all is quiet, however it came here.
      for (const origin of running) balancer.ended(origin);
      held.fill('alive');
      balancer.choose(nowMs);
      expect(chosenOf(balancer, nowMs + RECOVERY_MS).size).toBe(held.length);
    }),
    runs(150),
  );
});

it('gives one that comes back its share of the ramp, whatever is in flight', () => {
  const scene = fc.record({ well: fc.integer({ min: 1, max: 6 }), sinceMs: fc.nat(9999) });
  fc.assert(
    fc.property(scene, anySeed, fc.array(fc.nat(5)), ({ well, sinceMs }, start, loads) => {
      const states = Array.from({ length: well + 1 }, (): PeerState => 'alive');
      const { balancer, held } = balancerOf(states, start);
      held[0] = 'dead';
      balancer.choose(0);
      held[0] = 'alive';
      for (const load of loads) balancer.started(String(load % (well + 1)));
      balancer.choose(500);
      const draws = 4000;
      let got = 0;
      for (let i = 0; i < draws; i++) if (balancer.choose(500 + sinceMs) === '0') got++;
      const weight = 0.1 + (0.9 * sinceMs) / RECOVERY_MS;
      const share = weight / (well + weight);
      expect(Math.abs(got / draws - share)).toBeLessThan(6 * Math.sqrt((share * 0.9) / draws));
    }),
    runs(60),
  );
});

it('spreads requests in flight over the well ones', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 8 }), anySeed, (count, start) => {
      const { balancer } = balancerOf(
        Array.from({ length: count }, () => 'alive' as const),
        start,
      );
      const inFlight = Array.from({ length: count }, () => 0);
      for (let i = 0; i < 1000; i++) {
        const chosen = balancer.choose(0)!;
        balancer.started(chosen);
        inFlight[Number(chosen)]!++;
      }
      // Random choice would spread them by 30 and more; two choices by log log n.
      expect(Math.max(...inFlight) - Math.min(...inFlight)).toBeLessThanOrEqual(8);
    }),
    runs(60),
  );
});
