/** Peers that are killed while we stand still. */
import type { BenchRun } from '../bench-run.ts';
import { BenchProcess, freePorts, sleep, until } from './processes.ts';
import { UdpRelay } from './relay.ts';
import type { StallKind, StallReport } from './stall-types.ts';

const HEARTBEAT_MS = 250;
const PAIRS = { full: 10, quick: 4 };
const ROUNDS = { full: 5, quick: 1 };
const KINDS: readonly StallKind[] = ['io', 'immediate', 'timer', 'gc'];
const STALL_MS = { least: 500, more: 1500 };
const START_MS = 120_000;
const SETTLE_MS = 5000;
const SEEN_MS = 30_000;

/** Instants by the wall clock, in ms. */
export interface Victim {
  readonly kind: StallKind;
  readonly resumedAtMs: number;
  /** Infinity: never. */
  readonly suspectedAtMs: number;
  readonly deadlineAtMs: number;
}

export async function runVictims(run: BenchRun, all: Set<BenchProcess>): Promise<Victim[]> {
  const size = run.options.quick ? 'quick' : 'full';
  const ports = await freePorts(3 * PAIRS[size]);
  const pairs = await Promise.all(
    Array.from({ length: PAIRS[size] }, (_, i) => Pair.open(ports.slice(3 * i, 3 * i + 3), all)),
  );
  try {
    const victims: Victim[] = [];
    for (let round = 0; round < ROUNDS[size]; round++) {
      run.progress(`stalls, killed meanwhile, round ${round + 1} of ${ROUNDS[size]}`);
      await Promise.all(pairs.map((pair) => pair.begin()));
      await sleep(SETTLE_MS);
      const kind = KINDS[round % KINDS.length] as StallKind;
      victims.push(...(await Promise.all(pairs.map((pair) => pair.kill(kind)))));
    }
    return victims;
  } finally {
    for (const pair of pairs) pair.stop();
  }
}

class Pair {
  readonly #all: Set<BenchProcess>;
  readonly #watcher: BenchProcess;
  readonly #relay: UdpRelay;
  readonly #job: object;
  #victim: BenchProcess | undefined;
  #state = 'unknown';
  #suspectedAtMs = Infinity;
  #deadlineAtMs = Infinity;

  /** Ports of who watches, of who dies, and for a naive one that has nothing to do here. */
  static async open(ports: readonly number[], all: Set<BenchProcess>): Promise<Pair> {
    return new Pair(ports, await new UdpRelay(ports[1] as number).start(), all);
  }

  private constructor(ports: readonly number[], relay: UdpRelay, all: Set<BenchProcess>) {
    const [watcherPort, victimPort, naivePort] = ports as [number, number, number];
    const peers = [`w=udp://127.0.0.1:${watcherPort}`, `p=udp://127.0.0.1:${relay.port}`];
    const common = { peers, heartbeatMs: HEARTBEAT_MS };
    this.#all = all;
    this.#relay = relay;
    this.#job = { name: 'p', udpPort: victimPort, ...common };
    const job = { name: 'w', udpPort: watcherPort, naivePort, ...common };
    this.#watcher = new BenchProcess('stall-process.ts', job);
    all.add(this.#watcher);
    this.#watcher.on((message) => {
      const report = message as StallReport;
      if (report.kind === 'state') this.#state = report.to;
      if (report.kind === 'suspicion') this.#suspectedAtMs = report.atMs;
      if (report.kind === 'deadline') this.#deadlineAtMs = report.atMs;
    });
  }

  /** A peer that lives; another life of it, if one was killed before. */
  async begin(): Promise<void> {
    this.#victim = new BenchProcess('node-process.ts', [this.#job]);
    this.#all.add(this.#victim);
    await this.#victim.ready();
    if (!(await until(() => this.#state === 'alive', START_MS))) {
      throw new Error('stalls: a peer was not heard');
    }
  }

  async kill(stall: StallKind): Promise<Victim> {
    await sleep(Math.random() * HEARTBEAT_MS);
    const forMs = STALL_MS.least + Math.random() * STALL_MS.more;
    this.#suspectedAtMs = this.#deadlineAtMs = Infinity;
    const isIt = (report: unknown) => (report as StallReport).kind === 'stalled';
    const stalled = this.#watcher.said(isIt, START_MS);
    this.#watcher.tell({ stall, forMs, isPeerToDie: true });
    await sleep(100 + Math.random() * (forMs - 200));
    this.#victim?.signal('SIGKILL');
    const { toMs } = (await stalled) as { toMs: number };
    await until(() => this.#suspectedAtMs < Infinity && this.#deadlineAtMs < Infinity, SEEN_MS);
    return {
      ...{ kind: stall, resumedAtMs: toMs },
      suspectedAtMs: this.#suspectedAtMs,
      deadlineAtMs: this.#deadlineAtMs,
    };
  }

  stop(): void {
    this.#relay.stop();
  }
}
