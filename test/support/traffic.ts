/** A small world of peers for tests: table, pauses and traffic, in virtual time. */
import { PauseLog } from '../../src/pause/pause-log.ts';
import type { Ending } from '../../src/peers/ending.ts';
import type { Exchange } from '../../src/peers/exchange.ts';
import { type PeerLimits, PeerTable } from '../../src/peers/peer-table.ts';
import { Traffic } from '../../src/peers/traffic.ts';
import { Estimator } from '../../src/timeout/estimator.ts';
import type { TimeoutEstimatorOptions } from '../../src/timeout/index.ts';

export interface World {
  readonly table: PeerTable;
  readonly pauses: PauseLog;
  readonly traffic: Traffic;
}

export interface WorldOptions extends Partial<PeerLimits>, TimeoutEstimatorOptions {
  readonly peersByAddress?: boolean;
}

/** With the documented limits, except where others are given. */
export function makeWorld(options: WorldOptions = {}): World {
  const limits = {
    maxPeers: 1024,
    maxRoutesPerPeer: 64,
    maxHistograms: 2000,
    maxSeries: 20_000,
    ...options,
  };
  const { windowMs = 3_600_000, peersByAddress = false } = options;
  const table = new PeerTable(limits, () => new Estimator({ windowMs }));
  const pauses = new PauseLog({ tickMs: 20, lateMs: 20 });
  return { table, pauses, traffic: new Traffic({ table, pauses, peersByAddress }) };
}

/** Opens a request to `http://<host>` and a path. */
export function open({ traffic }: World, host: string, path: string, nowMs: number): Exchange {
  return traffic.open({ origin: `http://${host}`, method: 'GET', path }, nowMs)!;
}

/** One whole request that takes `ms` from written to answered. */
export function call(world: World, host: string, path: string, atMs: number, ms = 5): Exchange {
  const exchange = open(world, host, path, atMs);
  world.traffic.written(exchange, atMs, false);
  world.traffic.replied(exchange, atMs + ms);
  world.traffic.end(exchange, 'completed', atMs + ms);
  return exchange;
}

/** One that ends without a reply. */
export function fail(world: World, host: string, ending: Ending, atMs: number, ms = 5): Exchange {
  const exchange = open(world, host, '/', atMs);
  world.traffic.written(exchange, atMs, false);
  world.traffic.end(exchange, ending, atMs + ms);
  return exchange;
}

/** All routes, `_other` included, as `peer route`. */
export function routesOf({ table }: World): string[] {
  return [...table.all()].flatMap((peer) =>
    [...peer.routes.keys()].map((route) => `${peer.name} ${route}`),
  );
}

/** Replies in all windows together. */
export function repliesIn({ table }: World, nowMs: number): number {
  return [...table.all()]
    .flatMap((peer) => [...peer.routes.values()])
    .reduce((total, route) => total + route.estimator.advice(nowMs).n, 0);
}
