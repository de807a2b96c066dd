/**
 * The same with real processes: relays between them drop everything from an instant on. The rivals
 * are driven by the answers that come through the same relays.
 */
import {
  createCassandraDetector,
  createPekkoDetector,
} from '../../../src/detector/baselines/index.ts';
import type { Detector } from '../../../src/detector/types.ts';
import type { Pause } from '../../../src/pause/pause-log.ts';
import type { BenchRun } from '../bench-run.ts';
import { CASSANDRA, PEKKO } from '../contenders.ts';
import { BenchNode } from './bench-node.ts';
import { BenchProcess, freePorts, sleep, until, withProcesses } from './processes.ts';
import { UdpRelay } from './relay.ts';

const INTERVAL_MS = 1000;
const GROUPS = { full: 25, quick: 10 };
const ROUNDS = { full: 2, quick: 1 };
const START_MS = 60_000;
const WARM_MS = 20_000;
/** Groups lose their host at random instants within this. */
const SPREAD_MS = 5000;
const SEEN_MS = 30_000;
/** What their windows hold in the long run, so that nothing invented is left in them. */
const SETTLED_BEATS = 1000;
const OBSERVERS = ['o1', 'o2'] as const;

export interface Lost {
  readonly tardyMs: number;
  readonly pekkoMs: number;
  readonly cassandraMs: number;
  /** How much of ours the observer itself stood still: no silence of anybody. */
  readonly pausedMs: number;
  readonly mistakes: { readonly tardy: number; readonly pekko: number; readonly cassandra: number };
}

export interface LiveProbing {
  readonly losses: readonly Lost[];
  /** Between an observer and the host, both ways, before the loss. */
  readonly messagesASecond: number;
  readonly bytesASecond: number;
}

export async function probingLive(run: BenchRun): Promise<LiveProbing> {
  const { quick } = run.options;
  const rounds = quick ? ROUNDS.quick : ROUNDS.full;
  const results: LiveProbing[] = [];
  for (let i = 0; i < rounds; i++) {
    run.progress(`probing, real processes, round ${i + 1} of ${rounds}`);
    results.push(await withProcesses((all) => round(quick ? GROUPS.quick : GROUPS.full, all)));
  }
  const each = (key: 'messagesASecond' | 'bytesASecond') =>
    results.reduce((sum, result) => sum + result[key], 0) / rounds;
  return {
    losses: results.flatMap(({ losses }) => losses),
    messagesASecond: each('messagesASecond'),
    bytesASecond: each('bytesASecond'),
  };
}

async function round(count: number, all: Set<BenchProcess>): Promise<LiveProbing> {
  const ports = await freePorts(3 * count);
  const groups = await Promise.all(
    Array.from({ length: count }, (_, i) => Trio.open(ports.slice(3 * i, 3 * i + 3))),
  );
  try {
    const hosts = new BenchProcess(
      'node-process.ts',
      groups.map(({ job }) => job),
    );
    all.add(hosts);
    await hosts.ready();
    if (!(await until(() => groups.every((group) => group.isAlive), START_MS))) {
      throw new Error('probing: not all nodes were heard');
    }
    for (const group of groups) group.begin();
    await sleep(WARM_MS);
    const losses = await Promise.all(groups.map((group) => group.lose()));
    const pairs = groups.length * OBSERVERS.length;
    const sum = (of: (group: Trio) => number) =>
      groups.reduce((total, each) => total + of(each), 0);
    return {
      losses: losses.flat(),
      messagesASecond: sum((group) => group.datagramsASecond) / pairs,
      bytesASecond: sum((group) => group.bytesASecond) / pairs,
    };
  } finally {
    await Promise.all(groups.map((group) => group.stop()));
  }
}

/** One who observes, with rivals that see what it sees. */
class Observer {
  readonly node: BenchNode;
  readonly pekko = new Rival(createPekkoDetector({ intervalMs: INTERVAL_MS }), PEKKO.phi);
  readonly cassandra = new Rival(
    createCassandraDetector({ intervalMs: INTERVAL_MS }),
    CASSANDRA.phi,
  );
  mistakes = 0;
  suspectedAtMs: number | undefined;
  readonly #pauses: Pause[] = [];

  constructor(name: string, udpPort: number, peers: readonly string[], answers: UdpRelay) {
    this.node = new BenchNode({
      ...{ name, udpPort, peers, heartbeatMs: INTERVAL_MS },
      onEvent: (event) => {
        if (!('peer' in event) || event.peer !== 'host') return;
        if (event.type === 'suspicion') this.suspectedAtMs = event.atMs;
        if (event.type !== 'mistake') return;
        this.mistakes++;
        this.suspectedAtMs = undefined;
      },
      onPause: (pause) => {
        this.#pauses.push(pause);
        this.pekko.paused(pause);
        this.cassandra.paused(pause);
      },
    });
    answers.onBack = () => {
      const nowMs = performance.now();
      this.pekko.heard(nowMs);
      this.cassandra.heard(nowMs);
    };
  }

  begin(): void {
    this.mistakes = this.pekko.mistakes = this.cassandra.mistakes = 0;
  }

  lost(atMs: number): Lost {
    const { pekko, cassandra, mistakes } = this;
    return {
      tardyMs: (this.suspectedAtMs ?? Infinity) - atMs,
      pekkoMs: pekko.deadlineMs - atMs,
      cassandraMs: cassandra.deadlineMs - atMs,
      pausedMs: this.#pausedMs(atMs, this.suspectedAtMs ?? Infinity),
      mistakes: { tardy: mistakes, pekko: pekko.mistakes, cassandra: cassandra.mistakes },
    };
  }

  #pausedMs(fromMs: number, toMs: number): number {
    const shared = (pause: Pause) => Math.min(pause.toMs, toMs) - Math.max(pause.fromMs, fromMs);
    return this.#pauses.reduce((sum, pause) => sum + Math.max(0, shared(pause)), 0);
  }
}

/** A rival is told of our own pauses as ours is. */
class Rival {
  mistakes = 0;
  readonly #detector: Detector;
  readonly #phi: number;
  #lastMs: number;

  constructor(detector: Detector, phi: number) {
    this.#detector = detector;
    this.#phi = phi;
    const nowMs = performance.now();
    for (let beat = SETTLED_BEATS; beat > 0; beat--) {
      detector.heartbeat({ arrivedAtMs: nowMs - beat * INTERVAL_MS });
    }
    this.#lastMs = nowMs - INTERVAL_MS;
  }

  get deadlineMs(): number {
    return this.#detector.deadlineMs(this.#phi);
  }

  paused({ fromMs, toMs }: Pause): void {
    this.#detector.localPause(fromMs, toMs);
  }

  /** Answers to probes in doubt are none of its heartbeats. */
  heard(arrivedAtMs: number): void {
    if (arrivedAtMs - this.#lastMs < INTERVAL_MS / 2) return;
    if (arrivedAtMs > this.deadlineMs) this.mistakes++;
    this.#detector.heartbeat({ arrivedAtMs });
    this.#lastMs = arrivedAtMs;
  }
}

class Trio {
  readonly job: object;
  readonly #relays: readonly UdpRelay[];
  readonly #observers: readonly Observer[];
  #since = { atMs: 0, datagrams: 0, bytes: 0 };
  #spanMs = NaN;
  #passed = { datagrams: 0, bytes: 0 };

  /** Ports of the host and of those who observe it. */
  static async open(ports: readonly number[]): Promise<Trio> {
    const [host, ...observers] = ports as [number, number, number];
    const there = await Promise.all(observers.map(() => new UdpRelay(host).start()));
    const back = await Promise.all(observers.map((port) => new UdpRelay(port).start()));
    return new Trio(ports, there, back);
  }

  private constructor(
    ports: readonly number[],
    there: readonly UdpRelay[],
    back: readonly UdpRelay[],
  ) {
    this.#relays = [...there, ...back];
    const url = (name: string, port = 0) => `${name}=udp://127.0.0.1:${port}`;
    const peers = [url('host', ports[0]), ...OBSERVERS.map((name, i) => url(name, back[i]?.port))];
    this.job = { name: 'host', udpPort: ports[0], peers, heartbeatMs: INTERVAL_MS };
    this.#observers = OBSERVERS.map((name, i) => {
      const relay = there[i] as UdpRelay;
      const others = OBSERVERS.map((other, n) => url(other, ports[n + 1]));
      return new Observer(
        name,
        ports[i + 1] as number,
        [url('host', relay.port), ...others],
        relay,
      );
    });
  }

  get isAlive(): boolean {
    return this.#observers.every(({ node }) => node.liveness.stateOf('host') === 'alive');
  }

  /** From now on it counts: while they start, nobody is heard. */
  begin(): void {
    for (const observer of this.#observers) observer.begin();
    this.#since = { atMs: performance.now(), ...this.#sums() };
  }

  get datagramsASecond(): number {
    return (1000 * this.#passed.datagrams) / this.#spanMs;
  }

  get bytesASecond(): number {
    return (1000 * this.#passed.bytes) / this.#spanMs;
  }

  async lose(): Promise<Lost[]> {
    await sleep(Math.random() * SPREAD_MS);
    const atMs = performance.now();
    const { datagrams, bytes } = this.#sums();
    this.#spanMs = atMs - this.#since.atMs;
    this.#passed = {
      datagrams: datagrams - this.#since.datagrams,
      bytes: bytes - this.#since.bytes,
    };
    for (const relay of this.#relays) relay.isCut = true;
    const isSeen = () => this.#observers.every(({ suspectedAtMs }) => suspectedAtMs !== undefined);
    await until(isSeen, SEEN_MS);
    return this.#observers.map((observer) => observer.lost(atMs));
  }

  #sums() {
    const sum = (key: 'datagrams' | 'bytes') =>
      this.#relays.reduce((total, relay) => total + relay[key], 0);
    return { datagrams: sum('datagrams'), bytes: sum('bytes') };
  }

  async stop(): Promise<void> {
    await Promise.all(this.#observers.map(({ node }) => node.stop()));
    for (const relay of this.#relays) relay.stop();
  }
}
