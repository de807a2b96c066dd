import { describe, expect, it } from 'vitest';
import { TrafficEvidence } from '../../src/liveness/traffic-evidence.ts';
import type { Evidence } from '../../src/membership/types.ts';
import { call, fail, makeWorld, open, type World } from '../support/traffic.ts';

/** What traffic tells of peers, each time it is looked at. */
function watcher(world: World, pausedMs: (fromMs: number, toMs: number) => number = () => 0) {
  const traffic = new TrafficEvidence(world.table, pausedMs);
  return (nowMs: number) => {
    const told: (readonly [peer: string, kind: Evidence['kind'], atMs: number])[] = [];
    const all: Evidence[] = [];
    traffic.collect(nowMs, (peer, evidence, atMs) => {
      told.push([peer, evidence.kind, atMs]);
      all.push(evidence);
    });
    return { told, all };
  };
}

function waits(world: World, host: string, atMs: number) {
  const exchange = open(world, host, '/', atMs);
  world.traffic.written(exchange, atMs, false);
  return exchange;
}

describe('a reply', () => {
  it('is told once, as of when it came', () => {
    const world = makeWorld();
    const look = watcher(world);
    call(world, 'a', '/', 100, 5);
    expect(look(200).told).toEqual([['a:80', 'reply', 105]]);
    expect(look(300).told).toEqual([]);
    call(world, 'a', '/', 400, 5);
    expect(look(500).told).toEqual([['a:80', 'reply', 405]]);
  });

  it('of many is told as the last of them', () => {
    const world = makeWorld();
    const look = watcher(world);
    for (let i = 0; i < 50; i++) call(world, 'a', '/', i * 10, 5);
    expect(look(1000).told).toEqual([['a:80', 'reply', 495]]);
  });

  it('is told for each peer', () => {
    const world = makeWorld();
    const look = watcher(world);
    for (const host of ['a', 'b', 'c']) call(world, host, '/', 0, 5);
    expect(look(10).told.map(([peer]) => peer)).toEqual(['a:80', 'b:80', 'c:80']);
  });

  it('that did not come is none', () => {
    const world = makeWorld();
    fail(world, 'a', 'failed', 0);
    expect(watcher(world)(100).told).toEqual([]);
  });
});

describe('a connection', () => {
  it('is told once, with the shortest handshake so far', () => {
    const world = makeWorld();
    const look = watcher(world);
    const peer = world.table.byOrigin('http://a', 0)!;
    peer.connected(100, 3);
    peer.connected(150, 7);
    const { told, all } = look(200);
    expect(told).toEqual([['a:80', 'connect', 150]]);
    expect(all).toEqual([{ kind: 'connect', durationMs: 3 }]);
    expect(look(300).told).toEqual([]);
  });
});

describe('a request that waits', () => {
  it('tells its age, and how surprising that is, as soon as replies are known', () => {
    const world = makeWorld();
    const look = watcher(world);
    waits(world, 'a', 0);
    expect(look(1000).told).toEqual([]);
    const other = makeWorld();
    for (let i = 0; i < 500; i++) call(other, 'a', '/', i * 10, 5);
    waits(other, 'a', 6000);
    const lookThere = watcher(other);
    lookThere(6001);
    const [evidence] = lookThere(7000).all;
    expect(evidence).toMatchObject({ kind: 'in-flight', ageMs: 1000 });
    expect((evidence as { phi: number }).phi).toBeGreaterThan(1);
  });

  it('counts from the first that nothing came after, whatever timeouts ended it', () => {
    const world = makeWorld();
    for (let i = 0; i < 500; i++) call(world, 'a', '/', i * 10, 5);
    const look = watcher(world);
    look(5500);
    for (const atMs of [6000, 7000, 8000])
      world.traffic.end(waits(world, 'a', atMs), 'timed-out', atMs + 999);
    waits(world, 'a', 9000);
    expect(look(9500).all).toMatchObject([{ kind: 'in-flight', ageMs: 3500 }]);
  });

  it('begins anew after a reply, and after all that waited were given up by their callers', () => {
    const world = makeWorld();
    for (let i = 0; i < 500; i++) call(world, 'a', '/', i * 10, 5);
    const look = watcher(world);
    world.traffic.end(waits(world, 'a', 6000), 'timed-out', 6999);
    call(world, 'a', '/', 7000, 5);
    waits(world, 'a', 8000);
    expect(look(8100).all).toContainEqual(
      expect.objectContaining({ kind: 'in-flight', ageMs: 100 }),
    );
    const other = makeWorld();
    for (let i = 0; i < 500; i++) call(other, 'a', '/', i * 10, 5);
    other.traffic.end(waits(other, 'a', 6000), 'cancelled', 6999);
    waits(other, 'a', 8000);
    const [, evidence] = watcher(other)(8100).all;
    expect(evidence).toMatchObject({ kind: 'in-flight', ageMs: 100 });
  });

  it('does not age while we stand still', () => {
    const world = makeWorld();
    for (let i = 0; i < 500; i++) call(world, 'a', '/', i * 10, 5);
    waits(world, 'a', 6000);
    const look = watcher(world, (fromMs, toMs) => (fromMs <= 6000 && toMs >= 7000 ? 995 : 0));
    expect(look(7000).all.at(-1)).toMatchObject({ kind: 'in-flight', ageMs: 5 });
  });

  it('tells nothing any more when it has ended', () => {
    const world = makeWorld();
    for (let i = 0; i < 500; i++) call(world, 'a', '/', i * 10, 5);
    const exchange = waits(world, 'a', 6000);
    world.traffic.end(exchange, 'failed', 6500);
    const look = watcher(world);
    look(6600);
    expect(look(7000).told).toEqual([]);
  });
});

describe('peers that are folded into one', () => {
  it('tell nothing: nobody knows whose sign of life it is', () => {
    const world = makeWorld({ maxPeers: 1 });
    call(world, 'a', '/', 0);
    call(world, 'b', '/', 1);
    expect(watcher(world)(100).told.map(([peer]) => peer)).not.toContain('_other');
  });
});
