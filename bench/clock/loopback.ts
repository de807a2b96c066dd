/**
 * Real packets to a real chronyd that reads the same kernel clock: the true offset is 0. Idle; with
 * more programs than processors, which a process that mostly sleeps hardly notices, because the
 * kernel lets who wakes up go first; and with work in every turn of our own event loop besides, as
 * in a server under traffic.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { NtpConnection, type NtpExchange } from '../../collectors/ntp/connection.ts';
import type { WallOffset } from '../../src/clock/types.ts';
import { Diagnostics } from '../../src/telemetry/diagnostics.ts';
import { WallClock } from '../../src/timekeeping/wall-clock.ts';
import { startChronyd } from '../../test/support/chronyd.ts';
import { hasDebianTool } from '../../test/support/debian.ts';
import type { Random } from '../../test/support/random.ts';
import { figure, type Goal, goal, type PartResult, type Table } from '../timeouts/report.ts';
import { type BenchRun, diceOf, percent, quantile } from './bench-run.ts';
import { type Answer, CONTENDERS, TARDY, widthMs } from './contenders.ts';
import { npmClients } from './npm-clients.ts';

const BURST = 4;
const EVERY_MS = 1000;
const BURSTS = 100;
/** Slow, because nothing has been compiled yet; not judged. */
const WARM_UP_BURSTS = 4;
const SPINNERS = 4;
/** Mean work in a turn of the busy event loop. */
const WORK_MS = 0.3;
/** The truth is to be known within this, or as well as so many attempts of so long make it. */
const TRUTH_MS = 0.002;
const REFINE_TIMES = 20;
const REFINE_MS = 12;
const NPM_CALLS = 100;
const P50_MAX_US = 10;
const P99_MAX_US = 40;
const WIDTH_MAX = 0.6;

/** What was said after a burst, and what was true. */
interface Judged {
  readonly answer: Answer;
  readonly truthMs: number;
  /** The wall clock itself is known so well. */
  readonly truthErrorMs: number;
}

interface Measured {
  readonly judged: readonly (readonly Judged[])[];
  readonly rawsMs: readonly number[];
  readonly outcomes: readonly unknown[];
}

export async function loopbackPart(run: BenchRun): Promise<PartResult> {
  if (!hasDebianTool('chrony')) return skipped('chronyd is not installed');
  const chronyd = await startChronyd();
  try {
    const idle = await measure(run, chronyd.port, 'idle');
    const npm = await npmTable(run, chronyd.port);
    const spinners = Array.from({ length: SPINNERS }, spin);
    try {
      const crowded = await measure(run, chronyd.port, 'crowded');
      const endWork = work(diceOf(run));
      const busy = await measure(run, chronyd.port, 'busy').finally(endWork);
      const crowd = `${SPINNERS} spinning processes on ${availableParallelism()} processors`;
      return {
        tables: [
          tableOf('idle', idle),
          npm,
          tableOf(`crowded: ${crowd}`, crowded),
          tableOf(`busy: ${crowd}, and work of ${WORK_MS} ms in every turn of ours`, busy),
        ],
        goals: [
          ...idleGoals(idle),
          ...loadedGoals('crowded', crowded),
          ...loadedGoals('busy', busy),
        ],
        figures: { idle: figuresOf(idle), crowded: figuresOf(crowded), busy: figuresOf(busy) },
      };
    } finally {
      for (const spinner of spinners) spinner.kill('SIGKILL');
    }
  } finally {
    await chronyd.stop();
  }
}

function skipped(why: string): PartResult {
  const table = { title: `Loopback: left out, ${why}`, columns: [], rows: [] };
  return { tables: [table], goals: [], figures: undefined };
}

function spin(): ChildProcess {
  return spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' });
}

/** Keeps the event loop busy until told to end: exponential work, again and again. */
function work(random: Random): () => void {
  let isOver = false;
  const turn = (): void => {
    const untilMs = performance.now() + random.exponential(WORK_MS);
    while (performance.now() < untilMs);
    if (!isOver) setImmediate(turn);
  };
  turn();
  return () => (isOver = true);
}

async function measure(run: BenchRun, port: number, what: string): Promise<Measured> {
  run.progress(`loopback: ${what}`);
  const bursts = WARM_UP_BURSTS + BURSTS / (run.options.quick ? 5 : 1);
  const wall = new WallClock();
  const steadyBaseMs = (await refined(wall)).baseMs;
  const estimators = CONTENDERS.map(({ make }) => make());
  const judged = CONTENDERS.map((): Judged[] => []);
  const rawsMs: number[] = [];
  const outcomes: unknown[] = [];
  for (let i = 0; i < bursts; i++) {
    await sleep(EVERY_MS);
    const exchanges = await burst(port, steadyBaseMs);
    for (const x of exchanges) {
      outcomes.push(estimators.map((estimator) => estimator.exchange(x))[0]);
      if (i >= WARM_UP_BURSTS) rawsMs.push(x.t4WallMs - x.t1WallMs - (x.t3WallMs - x.t2WallMs));
    }
    const last = exchanges.at(-1);
    if (!last || i < WARM_UP_BURSTS) continue;
    const { baseMs, errorMs } = await refined(wall);
    const truth = { truthMs: baseMs - steadyBaseMs, truthErrorMs: errorMs };
    estimators.forEach((estimator, k) => {
      const answer = estimator.at(last.t4MonoMs);
      if (answer) judged[k]!.push({ answer, ...truth });
    });
  }
  return { judged, rawsMs, outcomes };
}

async function refined(wall: WallClock): Promise<WallOffset> {
  for (let i = 0; i < REFINE_TIMES && wall.base().errorMs > TRUTH_MS; i++) {
    wall.refine();
    await sleep(REFINE_MS);
  }
  return wall.base();
}

/** As our own client asks: a new socket for each burst, one question after the other. */
async function burst(port: number, steadyBaseMs: number): Promise<NtpExchange[]> {
  const connection = await NtpConnection.open({
    address: '127.0.0.1',
    port,
    steadyBaseMs,
    timeoutMs: 1500,
    diagnostics: new Diagnostics(),
    onRefusal: () => undefined,
  });
  const exchanges: NtpExchange[] = [];
  for (let i = 0; i < BURST; i++) {
    const outcome = await connection.ask();
    if (outcome.kind === 'answered') exchanges.push(outcome.exchange);
  }
  connection.close();
  return exchanges;
}

function errorsUs(judged: readonly Judged[]): number[] {
  return judged.map(({ answer, truthMs }) => 1000 * Math.abs(answer.offsetMs - truthMs));
}

/** Certainly outside is what the error of the truth does not explain. */
function insideOf(judged: readonly Judged[]): number {
  return judged.filter(
    ({ answer: { lowMs = Infinity, highMs = -Infinity }, truthMs, truthErrorMs }) =>
      lowMs <= truthMs + truthErrorMs && highMs >= truthMs - truthErrorMs,
  ).length;
}

function widthUs(judged: readonly Judged[]): number {
  return (
    1000 *
    quantile(
      judged.map(({ answer }) => widthMs(answer)),
      0.5,
    )
  );
}

function tableOf(what: string, { judged, rawsMs }: Measured): Table {
  const errors = judged[0]!.map(({ truthErrorMs }) => 1000 * truthErrorMs);
  return {
    title: `Loopback: chronyd on the same clock, bursts of ${BURST} a second, ${what}`,
    columns: ['estimator', '|error| p50, µs', 'p99', 'truth inside', 'width p50, µs'],
    rows: CONTENDERS.map(({ name }, k) => {
      const of = judged[k]!;
      const isBounded = of[0]?.answer.lowMs !== undefined;
      return [
        name,
        figure(quantile(errorsUs(of), 0.5)),
        figure(quantile(errorsUs(of), 0.99)),
        isBounded ? percent(insideOf(of), of.length) : '',
        isBounded ? figure(widthUs(of)) : '',
      ];
    }),
    notes: [
      `${judged[0]!.length} bursts judged, raw δ p50 ${figure(1000 * quantile(rawsMs, 0.5))} µs, ` +
        `p99 ${figure(1000 * quantile(rawsMs, 0.99))} µs`,
      `the truth itself is known within ${figure(quantile(errors, 0.99))} µs (p99)`,
    ],
  };
}

async function npmTable(run: BenchRun, port: number): Promise<Table> {
  run.progress('loopback: clients of npm');
  const { clients, missing } = npmClients();
  const calls = NPM_CALLS / (run.options.quick ? 5 : 1);
  const rows: string[][] = [];
  for (const { name, offsetMs } of clients) {
    const errors: number[] = [];
    let failed = 0;
    for (let i = 0; i < calls; i++) {
      await sleep(7.3); // at every phase of the millisecond
      await offsetMs(port).then(
        (ms) => errors.push(1000 * Math.abs(ms)),
        () => failed++,
      );
    }
    const cells = [quantile(errors, 0.5), quantile(errors, 0.99)].map(figure);
    rows.push([name, ...cells, String(failed)]);
  }
  return {
    title: 'Clients of npm beside it, idle',
    columns: ['client', '|error| p50, µs', 'p99', 'failed'],
    rows,
    notes: [`${calls} calls each; the true offset is 0`, ...missing],
  };
}

function ours(measured: Measured): readonly Judged[] {
  return measured.judged[CONTENDERS.indexOf(TARDY)]!;
}

function outside(measured: Measured, what: string): Goal {
  const of = ours(measured);
  return goal({ what: `${what}: truth outside`, measured: of.length - insideOf(of), high: 0 });
}

function idleGoals(idle: Measured): Goal[] {
  const errors = errorsUs(ours(idle));
  return [
    goal({ what: 'idle: |error| p50, µs', measured: quantile(errors, 0.5), high: P50_MAX_US }),
    goal({ what: 'idle: |error| p99, µs', measured: quantile(errors, 0.99), high: P99_MAX_US }),
    outside(idle, 'idle'),
  ];
}

function loadedGoals(what: string, loaded: Measured): Goal[] {
  const ratio = widthUs(ours(loaded)) / (1000 * quantile(loaded.rawsMs, 0.5));
  return [
    goal({ what: `${what}: width p50 / raw δ p50`, measured: ratio, high: WIDTH_MAX }),
    outside(loaded, what),
    goal({
      what: `${what}: exchanges taken for a step or rejected`,
      measured: loaded.outcomes.filter((outcome) => outcome !== 'accepted').length,
      high: 0,
    }),
  ];
}

function figuresOf(measured: Measured): unknown {
  return CONTENDERS.map(({ name }, k) => {
    const of = measured.judged[k]!;
    const errors = errorsUs(of);
    return { name, p50Us: quantile(errors, 0.5), p99Us: quantile(errors, 0.99), n: of.length };
  });
}
