/** Our own stalls: who blames the peer for them, and is a peer missed that dies meanwhile? */
import { type Random, randomFrom } from '../../../src/testing/index.ts';
import { goal, type PartResult, type Table } from '../../timeouts/report.ts';
import type { BenchRun } from '../bench-run.ts';
import { loadNote } from './load-note.ts';
import { BenchProcess, freePorts, sleep, until, withProcesses } from './processes.ts';
import { runVictims, type Victim } from './stall-victims.ts';
import { NAIVE_INTERVALS, type StallKind, type StallReport, STALLS } from './stall-types.ts';
import { spread, SPREAD_COLUMNS } from './spread.ts';

export const HEARTBEAT_MS = 250;
/** A tick of the watch over our own loop. */
const TICK_MS = 20;
const WATCHERS = { full: 16, quick: 6 };
/** Stalls of each kind, of each process. */
const EACH = { full: 13, quick: 2 };
const START_MS = 120_000;
const SETTLE_MS = 5000;
/** Between two stalls, and how long after one a suspicion is put down to it. */
const APART_MS = 4 * HEARTBEAT_MS;

export async function stallsPart(run: BenchRun): Promise<PartResult> {
  const { quick } = run.options;
  const size = quick ? 'quick' : 'full';
  const stalls = await withProcesses((all) => runWatchers(run, size, all));
  const victims = await withProcesses((all) => runVictims(run, all));
  const falseOnes = stalls.filter(
    ({ suspicions, isPeerPaused }) => suspicions > 0 && !isPeerPaused,
  );
  const late = victims.map(({ suspectedAtMs, deadlineAtMs }) => suspectedAtMs - deadlineAtMs);
  return {
    tables: [stallTable(stalls), victimTable(victims, late)],
    goals: [
      ...STALLS.map((kind) =>
        goal({
          what: `false suspicions after a stall, ${kind}`,
          measured: falseOnes.filter((stall) => stall.kind === kind).length,
          high: 0,
        }),
      ),
      goal({
        what: 'killed during a stall: suspected after its deadline, slowest, ms',
        measured: Math.max(...late),
        high: TICK_MS,
      }),
    ],
    figures: { stalls, victims },
  };
}

function stallTable(stalls: readonly Stall[]): Table {
  const rows = STALLS.map((kind) => {
    const some = stalls.filter((stall) => stall.kind === kind);
    const lengths = some.map(({ fromMs, toMs }) => toMs - fromMs);
    const count = (is: (stall: Stall) => boolean) => `${some.filter(is).length}`;
    return [
      ...[kind, `${some.length}`, ...spread(lengths)],
      count(({ suspicions, isPeerPaused }) => suspicions > 0 && !isPeerPaused),
      count(({ naive }) => naive > 0),
      count(({ suspicions, isPeerPaused }) => suspicions > 0 && isPeerPaused),
    ];
  });
  return {
    title: 'Own stalls with a live peer: after how many was the peer suspected?',
    columns: [
      ...['stall', 'stalls', ...SPREAD_COLUMNS.map((name) => `${name} ms`)],
      ...['tardy', 'naive', 'tardy, and the peer did stand still'],
    ],
    rows,
    notes: [
      `a heartbeat every ${HEARTBEAT_MS} ms over UDP, several processes at a time; naive: an interval that looks`,
      `for a heartbeat in the last ${NAIVE_INTERVALS} intervals; the peer stood still: for over half an interval, by itself`,
      'io, immediate, timer: Atomics.wait, so that the processors are free; gc: garbage in an immediate;',
      'after a timer Node reads sockets before it runs the next timers: there the naive one is right',
      loadNote(),
    ],
  };
}

function victimTable(victims: readonly Victim[], late: readonly number[]): Table {
  const afterMs = victims.map(({ suspectedAtMs, resumedAtMs }) => suspectedAtMs - resumedAtMs);
  return {
    title: 'kill -9 of a peer during our stall, behind a relay, so that only its silence tells: ms',
    columns: ['', 'kills', ...SPREAD_COLUMNS],
    rows: [
      ['from our resumption to the suspicion', `${victims.length}`, ...spread(afterMs)],
      ['from its deadline to the suspicion', `${victims.length}`, ...spread(late)],
    ],
    notes: [
      'deadline: when its phi is seen to reach the one for suspicion for good, by a look every ms',
      loadNote(),
    ],
  };
}

interface Stall {
  readonly kind: StallKind;
  readonly fromMs: number;
  readonly toMs: number;
  suspicions: number;
  naive: number;
  isPeerPaused: boolean;
}

interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

async function runWatchers(
  run: BenchRun,
  size: 'full' | 'quick',
  all: Set<BenchProcess>,
): Promise<Stall[]> {
  const count = WATCHERS[size];
  run.progress(`stalls, ${count} processes start`);
  const ports = await freePorts(3 * count);
  const random = randomFrom(run.options.seed);
  const watchers = Array.from(
    { length: count },
    (_, i) => new Watcher(ports.slice(3 * i, 3 * i + 3), random),
  );
  const peers = new BenchProcess(
    'node-process.ts',
    watchers.map(({ peerJob }) => peerJob),
  );
  const pauses: Span[] = [];
  peers.on((message) => {
    const { pause } = message as { pause?: Span };
    if (pause) pauses.push(pause);
  });
  for (const process of [peers, ...watchers.map((watcher) => watcher.process)]) all.add(process);
  await Promise.all([...all].map((process) => process.ready()));
  if (!(await until(() => watchers.every(({ isAlive }) => isAlive), START_MS))) {
    throw new Error('stalls: not all peers were heard');
  }
  await sleep(SETTLE_MS);
  run.progress(`stalls, ${EACH[size]} of each kind in each process`);
  const stalls = await Promise.all(watchers.map((watcher) => watcher.run(EACH[size])));
  return stalls.flat().map((stall) => ({ ...stall, isPeerPaused: isPaused(pauses, stall) }));
}

/** Whether the peer itself was silent for long about when we resumed. */
export function isPaused(pauses: readonly Span[], { toMs }: Span): boolean {
  return pauses.some(
    (pause) =>
      pause.toMs - pause.fromMs > HEARTBEAT_MS / 2 &&
      pause.toMs > toMs - HEARTBEAT_MS &&
      pause.fromMs < toMs + APART_MS,
  );
}

/** Mostly from half a second to one and a half, some up to ten. */
export function drawStallMs(random: Random): number {
  const share = random.next();
  if (share < 0.85) return 500 + 1000 * random.next();
  return share < 0.97 ? 1500 + 2500 * random.next() : 4000 + 6000 * random.next();
}

class Watcher {
  readonly process: BenchProcess;
  readonly peerJob: object;
  readonly #random: Random;
  #state = 'unknown';
  readonly #suspicions: number[] = [];
  readonly #naive: number[] = [];

  constructor(ports: readonly number[], random: Random) {
    const [watcherPort, peerPort, naivePort] = ports as [number, number, number];
    this.#random = random;
    const peers = [`w=udp://127.0.0.1:${watcherPort}`, `p=udp://127.0.0.1:${peerPort}`];
    const common = { peers, heartbeatMs: HEARTBEAT_MS };
    this.peerJob = { name: 'p', udpPort: peerPort, beatPort: naivePort, ...common };
    const job = { name: 'w', udpPort: watcherPort, naivePort, ...common };
    this.process = new BenchProcess('stall-process.ts', job);
    this.process.on((message) => {
      const report = message as StallReport;
      if (report.kind === 'state') this.#state = report.to;
      if (report.kind === 'suspicion') this.#suspicions.push(report.atMs);
      if (report.kind === 'naive') this.#naive.push(report.atMs);
    });
  }

  get isAlive(): boolean {
    return this.#state === 'alive';
  }

  async run(each: number): Promise<Stall[]> {
    const stalls: Stall[] = [];
    for (let i = 0; i < each; i++) {
      for (const kind of STALLS) stalls.push(await this.#stall(kind));
    }
    for (const stall of stalls) {
      const isAfter = (atMs: number) => atMs >= stall.fromMs && atMs <= stall.toMs + APART_MS;
      stall.suspicions = this.#suspicions.filter(isAfter).length;
      stall.naive = this.#naive.filter(isAfter).length;
    }
    return stalls;
  }

  async #stall(kind: StallKind): Promise<Stall> {
    const forMs = drawStallMs(this.#random);
    const { fromMs, toMs } = await stallOnce(this.process, kind, forMs);
    await sleep(APART_MS + this.#random.next() * HEARTBEAT_MS);
    return { ...{ kind, fromMs, toMs }, suspicions: 0, naive: 0, isPeerPaused: false };
  }
}

/** Resolves when it runs again. */
async function stallOnce(process: BenchProcess, kind: StallKind, forMs: number): Promise<Span> {
  if (kind !== 'sigstop') {
    const isIt = (report: unknown) => (report as StallReport).kind === 'stalled';
    const stalled = process.said(isIt, START_MS);
    process.tell({ stall: kind, forMs, isPeerToDie: false });
    return (await stalled) as Span;
  }
  const fromMs = Date.now();
  process.signal('SIGSTOP');
  await sleep(forMs);
  process.signal('SIGCONT');
  return { fromMs, toMs: Date.now() };
}
