/** `kill -9` of a Node process whose host lives: from the signal to the suspicion. */
import { goal, type Goal, type PartResult } from '../../timeouts/report.ts';
import type { BenchRun } from '../bench-run.ts';
import { BenchNode, type LiveEvent } from './bench-node.ts';
import { loadNote } from './load-note.ts';
import { BenchProcess, freePorts, sleep, until, withProcesses } from './processes.ts';
import { ms, quantile, spread, SPREAD_COLUMNS } from './spread.ts';

const HEARTBEAT_MS = 1000;
const BATCH = 20;
const BATCHES = { full: 5, quick: 1 };
const START_MS = 60_000;
const SETTLE_MS = 4000;
/** Who is not suspected by then never is. */
const SEEN_MS = 10_000;
const HTTP = { p50Ms: 100, p99Ms: 1000 };

type Suspicion = Extract<LiveEvent, { type: 'suspicion' }>;

const WAYS = ['http', 'udp'] as const;
type Way = (typeof WAYS)[number];

interface Kill {
  readonly way: Way;
  /** Infinity: never. */
  readonly tookMs: number;
  readonly reason: string;
  readonly rttMs: number;
}

export async function killPart(run: BenchRun): Promise<PartResult> {
  const batches = run.options.quick ? BATCHES.quick : BATCHES.full;
  const kills: Kill[] = [];
  for (const way of WAYS) {
    for (let i = 0; i < batches; i++) {
      run.progress(`kill over ${way}, batch ${i + 1} of ${batches}`);
      kills.push(...(await withProcesses((all) => batch(way, all))));
    }
  }
  return {
    tables: [
      {
        title: `kill -9, host alive, a heartbeat every ${HEARTBEAT_MS} ms: ms from the signal to the suspicion`,
        columns: ['over', 'kills', ...SPREAD_COLUMNS, 'RTT p50', 'suspected because'],
        rows: WAYS.map((way) => rowOf(way, kills)),
        notes: [
          'at a random instant between two heartbeats, in processes of their own on loopback',
          loadNote(),
        ],
      },
    ],
    goals: goalsOf(kills),
    figures: kills,
  };
}

function rowOf(way: Way, all: readonly Kill[]): string[] {
  const kills = all.filter((kill) => kill.way === way);
  const reasons = Map.groupBy(kills, ({ reason }) => reason);
  const because = [...reasons].map(([reason, { length }]) => `${reason} ${length}`).join(', ');
  const rttMs = quantile(
    kills.map((kill) => kill.rttMs),
    0.5,
  );
  return [way, `${kills.length}`, ...spread(kills.map(({ tookMs }) => tookMs)), ms(rttMs), because];
}

function goalsOf(kills: readonly Kill[]): Goal[] {
  const took = (way: Way) => kills.filter((kill) => kill.way === way).map(({ tookMs }) => tookMs);
  const rttMs = quantile(
    kills.filter(({ way }) => way === 'udp').map((kill) => kill.rttMs),
    0.5,
  );
  const high = Math.round((HEARTBEAT_MS + 2 * rttMs) * 10) / 10;
  return [
    goal({ what: 'http: p50, ms', measured: quantile(took('http'), 0.5), high: HTTP.p50Ms }),
    goal({ what: 'http: p99, ms', measured: quantile(took('http'), 0.99), high: HTTP.p99Ms }),
    goal({ what: 'udp: p50, ms', measured: quantile(took('udp'), 0.5), high }),
    goal({ what: 'udp: p99, ms', measured: quantile(took('udp'), 0.99), high }),
  ];
}

/** One process for each node that dies; those who watch are here. */
async function batch(way: Way, all: Set<BenchProcess>): Promise<Kill[]> {
  const ports = await freePorts(2 * BATCH);
  const pairs = Array.from(
    { length: BATCH },
    (_, i) => new Pair(way, ports[2 * i]!, ports[2 * i + 1]!),
  );
  try {
    for (const { victim } of pairs) all.add(victim);
    await Promise.all(pairs.map(({ victim }) => victim.ready()));
    if (!(await until(() => pairs.every((pair) => pair.isAlive), START_MS))) {
      throw new Error('kill: not all nodes were heard');
    }
    await sleep(SETTLE_MS);
    const kills: Kill[] = [];
    for (const pair of pairs) {
      await sleep(Math.random() * (HEARTBEAT_MS / 4));
      kills.push(await pair.kill());
    }
    return kills;
  } finally {
    await Promise.all(pairs.map((pair) => pair.stop()));
  }
}

class Pair {
  readonly victim: BenchProcess;
  readonly #way: Way;
  readonly #watcher: BenchNode;
  readonly #suspicions: Suspicion[] = [];

  constructor(way: Way, watcherPort: number, victimPort: number) {
    this.#way = way;
    const peers = [`w=${way}://127.0.0.1:${watcherPort}`, `v=${way}://127.0.0.1:${victimPort}`];
    const common = { peers, heartbeatMs: HEARTBEAT_MS };
    const at = (port: number) => (way === 'http' ? { httpPort: port } : { udpPort: port });
    this.victim = new BenchProcess('node-process.ts', [
      { name: 'v', ...common, ...at(victimPort) },
    ]);
    this.#watcher = new BenchNode({
      ...{ name: 'w', ...common, ...at(watcherPort) },
      onEvent: (event) => {
        if (event.type === 'suspicion') this.#suspicions.push(event);
      },
    });
  }

  get isAlive(): boolean {
    return this.#watcher.liveness.stateOf('v') === 'alive';
  }

  async kill(): Promise<Kill> {
    const view = this.#watcher.liveness.peers().find(({ peer }) => peer === 'v');
    this.#suspicions.length = 0;
    const atMs = performance.now();
    this.victim.signal('SIGKILL');
    await until(() => this.#suspicions.length > 0, SEEN_MS);
    const { atMs: seenMs, reason } = this.#suspicions[0] ?? { atMs: Infinity, reason: 'never' };
    return { way: this.#way, tookMs: seenMs - atMs, reason, rttMs: view?.rttMs ?? NaN };
  }

  async stop(): Promise<void> {
    await this.#watcher.stop();
  }
}
