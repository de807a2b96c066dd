/** The same kind of stop many times, in a few groups of processes side by side. */
import { randomFrom } from '../../src/testing/random.ts';
import { BenchProcess, freePorts, withProcesses } from '../detector/live/processes.ts';
import { type Database, etcdAt, memoryAt } from './database.ts';
import type { Check, Fencing, HolderJob, Place as CheckPlace, ReplicaJob } from './messages.ts';
import { type Place, stopHolder, stopReplica, type Trial, TTL_MS } from './trial.ts';

/** Groups at a time: more would keep two processors so busy that the stops say little. */
const LANES = 3;
/** Work of the holder between its check and its write, and of the resource between its two. */
const WORK_MS = { holder: 1, replica: 20 };

export interface Kind {
  readonly name: string;
  readonly stopped: 'holder' | 'resource';
  readonly check: Check;
  readonly place: CheckPlace;
  readonly fencing: Fencing;
  /** Stale writes at most, as a share of the stops. */
  readonly goal?: number;
}

export interface Outcome {
  readonly kind: Kind;
  readonly stops: number;
  readonly stale: number;
  readonly writes: number;
}

export interface LanesOptions {
  readonly stops: number;
  readonly seed: number;
  readonly database: ReplicaJob['database'];
}

export async function stopMany(kind: Kind, options: LanesOptions): Promise<Outcome> {
  const { stops, seed } = options;
  const trials = await withProcesses(async (all) => {
    const lanes = Math.min(LANES, stops);
    const counts = Array.from({ length: lanes }, (_, i) => Math.ceil((stops - i) / lanes));
    const done = counts.map((count, i) =>
      lane(kind, { ...options, stops: count, seed: seed + i }, all),
    );
    return (await Promise.all(done)).flat();
  });
  return {
    kind,
    stops: trials.length,
    stale: trials.filter(({ isStale }) => isStale).length,
    writes: trials.reduce((sum, { writes }) => sum + writes, 0),
  };
}

async function lane(
  kind: Kind,
  { stops, seed, database }: LanesOptions,
  all: Set<BenchProcess>,
): Promise<Trial[]> {
  const random = randomFrom(seed);
  const place = await start(kind, database, all);
  const trials: Trial[] = [];
  for (let i = 0; i < stops; i++) {
    const trial =
      kind.stopped === 'holder'
        ? await stopHolder(place, random)
        : await stopReplica(place, random, WORK_MS.replica);
    trials.push(trial);
  }
  return trials;
}

async function start(
  { stopped, check, place, fencing }: Kind,
  database: ReplicaJob['database'],
  all: Set<BenchProcess>,
): Promise<Place> {
  const [port, otherPort] = (await freePorts(2)) as [number, number];
  const workMs = stopped === 'resource' ? WORK_MS.replica : 0;
  const replicas = [port, otherPort].map((each) => {
    const job: ReplicaJob = { port: each, fencing, database, workMs };
    return new BenchProcess('../../leases/replica-process.ts', job);
  });
  const url = `http://127.0.0.1:${port}`;
  const job: HolderJob = { check, place, url, ttlMs: TTL_MS, workMs: WORK_MS.holder };
  for (const each of replicas) all.add(each);
  await Promise.all(replicas.map((each) => each.ready()));
  const holder = new BenchProcess('../../leases/holder-process.ts', job);
  all.add(holder);
  await holder.ready();
  return {
    holder,
    replica: replicas[0] as BenchProcess,
    replicaUrl: url,
    otherUrl: `http://127.0.0.1:${otherPort}`,
    data: databaseAt(database),
  };
}

function databaseAt(database: ReplicaJob['database']): Database {
  return 'etcd' in database ? etcdAt(database.etcd) : memoryAt(database.memory);
}
