/** Stale writes, by what the holder and the resource do against them. */
import { hasDebianTool } from '../../test/support/debian.ts';
import { startEtcd } from '../../test/support/etcd.ts';
import { goal, marked, type PartResult } from '../timeouts/report.ts';
import { serveMemory } from './database.ts';
import { type Kind, type Outcome, stopMany } from './lanes.ts';
import type { ReplicaJob } from './messages.ts';
import type { Options } from './options.ts';
import { STOP_MS, TTL_MS } from './trial.ts';

type Progress = (what: string) => void;

const holder = { stopped: 'holder' as const, fencing: 'none' as const };
const HOLDER: readonly Kind[] = [
  { name: 'timer, then 1 ms work', ...holder, check: 'timer', place: 'work' },
  { name: 'timer, right before fetch', ...holder, check: 'timer', place: 'call' },
  { name: 'LeaseGuard, then 1 ms work', ...holder, check: 'guard', place: 'work' },
  { name: 'LeaseGuard, right before fetch', ...holder, check: 'guard', place: 'call', goal: 0.1 },
  { name: 'LeaseGuard and checkAtWrite', ...holder, check: 'guard', place: 'last', goal: 0.1 },
  {
    ...{ name: 'timer, 1 ms work + middleware', ...holder },
    ...{ check: 'timer', place: 'work', fencing: 'middleware' },
  },
  {
    ...{ name: 'timer, 1 ms work + fence.guard', ...holder },
    ...{ check: 'timer', place: 'work', fencing: 'guard', goal: 0 },
  },
];

const resource = { stopped: 'resource' as const, check: 'guard' as const, place: 'call' as const };
const RESOURCE: readonly Kind[] = [
  { name: 'no fencing', ...resource, fencing: 'none' },
  { name: 'middleware only', ...resource, fencing: 'middleware' },
  { name: 'fence.guard', ...resource, fencing: 'guard', goal: 0 },
];

export async function holderPart(options: Options, progress: Progress): Promise<PartResult> {
  return withMemory((database) => part(HOLDER, { options, database, progress }));
}

export async function resourcePart(options: Options, progress: Progress): Promise<PartResult> {
  return withMemory((database) => part(RESOURCE, { options, database, progress }));
}

/** The kinds in which the database takes part, fewer times. */
export async function etcdPart(options: Options, progress: Progress): Promise<PartResult> {
  if (!hasDebianTool('etcd')) throw new Error('part etcd needs Debian’s etcd-server');
  const etcd = await startEtcd();
  try {
    const stops = Math.max(1, Math.ceil(options.stops / 5));
    const database = { etcd: etcd.url };
    const kinds = [...HOLDER.slice(-2), ...RESOURCE.slice(1)];
    return await part(kinds, { options: { ...options, stops }, database, progress });
  } finally {
    await etcd.stop();
  }
}

async function withMemory<T>(work: (database: ReplicaJob['database']) => Promise<T>): Promise<T> {
  const server = await serveMemory();
  try {
    return await work({ memory: server.url });
  } finally {
    server.close();
  }
}

interface PartRun {
  readonly options: Options;
  readonly database: ReplicaJob['database'];
  readonly progress: Progress;
}

async function part(kinds: readonly Kind[], run: PartRun): Promise<PartResult> {
  const { options, database, progress } = run;
  const where = 'etcd' in database ? 'etcd' : 'memory';
  const outcomes: Outcome[] = [];
  for (const kind of kinds) {
    progress(`${kind.stopped} stopped, ${kind.name}, data in ${where}`);
    const { stops, seed } = options;
    outcomes.push(await stopMany(kind, { stops, seed: seed + 100 * outcomes.length, database }));
  }
  const goals = outcomes.flatMap(({ kind, stops, stale }) => {
    if (kind.goal === undefined) return [];
    const what = `stale after ${stops} stops of the ${kind.stopped}, ${kind.name}, ${where}`;
    return [goal({ what, measured: stale, high: Math.floor(kind.goal * stops) })];
  });
  const goalOf = (outcome: Outcome) =>
    goals.find(
      ({ what }) => what.includes(outcome.kind.name) && what.includes(outcome.kind.stopped),
    );
  return {
    tables: [
      {
        title: `SIGSTOP of ${STOP_MS} ms under a lease of ${TTL_MS} ms, data in ${where}`,
        columns: ['stopped', 'what is done against it', 'stops', 'stale', '%', 'writes in time'],
        rows: outcomes.map((outcome) => [
          ...[outcome.kind.stopped, outcome.kind.name, `${outcome.stops}`],
          marked(`${outcome.stale}`, goalOf(outcome)),
          ((100 * outcome.stale) / outcome.stops).toFixed(0),
          `${outcome.writes - (outcome.kind.fencing === 'guard' ? 0 : outcome.stale)}`,
        ]),
        notes: [
          'stale: at the end the data are the old holder’s, though the new holder wrote before',
          'the holder writes without a rest; it is stopped at any moment from 20 to 200 ms of the lease',
          'the resource is stopped after its check and before its write; the new holder goes through another process',
        ],
      },
    ],
    goals,
    figures: outcomes,
  };
}
