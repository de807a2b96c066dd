import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Exchange } from '../../src/peers/exchange.ts';
import { runs } from '../support/properties.ts';
import { makeWorld, open, repliesIn, routesOf, type World } from '../support/traffic.ts';

const LIMITS = { maxPeers: 3, maxRoutesPerPeer: 2, maxHistograms: 4, maxSeries: 300 };

interface Step {
  /** Time since the step before: mostly short, at times long enough to be idle. */
  readonly gapMs: number;
  readonly host: string;
  readonly path: string;
  /** How many steps later its reply comes. */
  readonly lasts: number;
}

function anySteps(longest: number): fc.Arbitrary<Step[]> {
  return fc.array(
    fc.record({
      gapMs: fc.oneof(fc.nat(1000), fc.nat(30_000)),
      host: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      path: fc.constantFrom('/', '/x', '/y', '/z'),
      lasts: fc.nat(longest),
    }),
    { maxLength: 60 },
  );
}

/** Room that the living routes and peers take of the budget, by the documented prices. */
function roomTaken({ table }: World): number {
  const other = table.otherSeries;
  const series = new Set(
    [...table.all()].flatMap((peer) => [...peer.routes.values()]).map((r) => r.series),
  );
  series.delete(other);
  const ofRoutes = [...series].reduce((total, { rtt }) => total + 20 + 40 * rtt.size, 0);
  return [...table.all()].reduce((total, peer) => total + 22 * peer.series.size, ofRoutes);
}

function expectBounded(world: World): void {
  expect(world.table.peers.size).toBeLessThanOrEqual(LIMITS.maxPeers);
  for (const peer of world.table.all()) {
    const named = [...peer.routes.keys()].filter((name) => name !== '_other');
    expect(named.length).toBeLessThanOrEqual(LIMITS.maxRoutesPerPeer);
  }
  expect(routesOf(world).length).toBeLessThanOrEqual(LIMITS.maxHistograms + 1);
  expect(world.table.series.used).toBeLessThanOrEqual(LIMITS.maxSeries);
}

/** Runs the steps and ends every request; the time after. */
function play(world: World, steps: readonly Step[], look = expectBounded): number {
  let nowMs = 0;
  let waiting: { exchange: Exchange; left: number }[] = [];
  const end = ({ exchange }: { exchange: Exchange }) => {
    world.traffic.replied(exchange, nowMs);
    world.traffic.end(exchange, 'completed', nowMs);
  };
  for (const { gapMs, host, path, lasts } of steps) {
    nowMs += gapMs;
    const exchange = open(world, host, path, nowMs);
    world.traffic.written(exchange, nowMs, false);
    waiting.push({ exchange, left: lasts });
    waiting.filter(({ left }) => left <= 0).forEach(end);
    waiting = waiting.filter(({ left }) => left > 0).map((one) => ({ ...one, left: one.left - 1 }));
    look(world);
  }
  waiting.forEach(end);
  return nowMs;
}

describe('whatever requests come', () => {
  it('the table stays within its bounds and no reply is lost or counted twice', () =>
    fc.assert(
      fc.property(anySteps(0), (steps) => {
        const world = makeWorld(LIMITS);
        const nowMs = play(world, steps);
        expect(repliesIn(world, nowMs)).toBe(steps.length);
      }),
      runs(200),
    ));

  it('that holds for requests that are on their way when room is made', () =>
    fc.assert(
      fc.property(anySteps(12), (steps) => {
        const world = makeWorld(LIMITS);
        const nowMs = play(world, steps);
        expect(repliesIn(world, nowMs)).toBe(steps.length);
      }),
      runs(200),
    ));

  it('the budget of series is what the living ones take', () =>
    fc.assert(
      fc.property(anySteps(0), (steps) => {
        const world = makeWorld({ ...LIMITS, maxHistograms: 100 });
        play(
          world,
          steps.map((step) => ({ ...step, path: '/' })),
          () => undefined,
        );
        expect(world.table.series.used).toBe(roomTaken(world));
      }),
      runs(200),
    ));

  it('nobody waits in the list who has ended', () =>
    fc.assert(
      fc.property(anySteps(12), (steps) => {
        const world = makeWorld(LIMITS);
        play(world, steps, () => undefined);
        for (const peer of world.table.all()) expect(peer.inFlight.size).toBe(0);
      }),
      runs(100),
    ));
});
