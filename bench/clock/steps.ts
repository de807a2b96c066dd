/**
 * Part `steps`: steps of the wall clock of a live process (libfaketime sets it):
 * how soon they are seen, how exactly they are sized, and how many are seen that were none.
 */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Cost, Detector, Message } from './steps-process.ts';
import { randomFrom } from '../../src/testing/random.ts';
import { type Goal, goal, type PartResult, type Table } from '../timeouts/report.ts';
import type { BenchRun } from './bench-run.ts';

const LIBRARIES = ['x86_64', 'aarch64'].map(
  (cpu) => `/usr/lib/${cpu}-linux-gnu/faketime/libfaketime.so.1`,
);
const PROCESS = fileURLToPath(new URL('steps-process.ts', import.meta.url));
const HOUR_MS = 3_600_000;
const SIZES_MS = [1, 3, -253, 250.5, HOUR_MS, -HOUR_MS, -1, 10] as const;
/** A step that is not told within so long is missed. */
const MISSED_MS = 600;
/** Load comes and goes. */
const LOAD_TURN_MS = 10_000;
const DETECTORS: readonly Detector[] = ['ours', 'difference'];
/** Each size so often. */
const ROUNDS = { full: 8, quick: 2 };

type Told = Extract<Message, { readonly type: 'step' }>;

/** A process under test, and what it told. */
class Watched {
  readonly told: Told[] = [];
  readonly #child: ChildProcess;
  readonly #ready: Promise<void>;

  /** `askEveryMs`: how often it asks for the time besides its ticks; 0: never. */
  constructor(askEveryMs: number, env: NodeJS.ProcessEnv = {}) {
    this.#child = fork(PROCESS, [String(askEveryMs)], { env: { ...process.env, ...env } });
    this.#ready = new Promise((resolve, reject) => {
      this.#child.on('message', (message: Message) => {
        if (message.type === 'ready') resolve();
        if (message.type === 'step') this.told.push(message);
      });
      this.#child.once('exit', (code) => reject(new Error(`the process ended: ${code}`)));
    });
  }

  ready(): Promise<void> {
    return this.#ready;
  }

  /** What its clock has cost; then it ends. */
  async end(): Promise<Cost> {
    const cost = await new Promise<Cost>((resolve) => {
      this.#child.on('message', (message: Message) => {
        if (message.type === 'cost') resolve(message);
      });
      this.#child.send('cost');
    });
    this.#child.disconnect();
    return cost;
  }
}

/** The wall clock of a process, as a file that libfaketime reads at each call. */
class FakeWall {
  readonly env: NodeJS.ProcessEnv;
  #offsetMs = 0;
  readonly #folder = mkdtempSync(join(tmpdir(), 'tardy-clock-steps-'));
  readonly #path = join(this.#folder, 'offset');

  constructor(library: string) {
    this.step(0);
    this.env = {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: this.#path,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    };
  }

  /** Sets the clock; the instant just before, of `process.hrtime`. */
  step(byMs: number): number {
    this.#offsetMs += byMs;
    const seconds = (this.#offsetMs / 1000).toFixed(6);
    const next = `${this.#path}.next`;
    writeFileSync(next, `${seconds.startsWith('-') ? '' : '+'}${seconds}\n`);
    const atMs = Number(process.hrtime.bigint()) / 1e6;
    renameSync(next, this.#path);
    return atMs;
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true });
  }
}

interface Outcome {
  readonly detector: Detector;
  readonly sizeMs: number;
  /** Of a step that was told: how late, how wrong, and what error was admitted. */
  readonly delayMs: number | undefined;
  /** Until a reading showed it. */
  readonly unseenMs: number;
  readonly errorMs: number;
  readonly admittedMs: number;
  /** Told again, or told of nothing. */
  readonly extra: number;
}

async function measureSteps(
  library: string,
  { seed, quick }: BenchRun['options'],
): Promise<[Outcome[], Cost]> {
  const random = randomFrom(seed);
  const wall = new FakeWall(library);
  const watched = new Watched(0, wall.env);
  const outcomes: Outcome[] = [];
  await watched.ready();
  for (let round = 0; round < (quick ? ROUNDS.quick : ROUNDS.full); round++) {
    for (const sizeMs of SIZES_MS) {
      watched.told.length = 0;
      const atMs = wall.step(sizeMs);
      await sleep(MISSED_MS + 300 * random.next());
      for (const detector of DETECTORS) outcomes.push(outcome(detector, sizeMs, atMs, watched));
    }
  }
  const cost = await watched.end();
  wall.remove();
  return [outcomes, cost];
}

function outcome(detector: Detector, sizeMs: number, atMs: number, { told }: Watched): Outcome {
  const own = told.filter((step) => step.detector === detector);
  const [first] = own;
  return {
    detector,
    sizeMs,
    delayMs: first && first.toldAtMs - atMs,
    unseenMs: first ? first.seenAtMs - atMs : NaN,
    errorMs: first ? Math.abs(first.byMs - sizeMs) : NaN,
    admittedMs: first?.errorMs ?? NaN,
    extra: Math.max(0, own.length - 1),
  };
}

/** Half of the time every processor has two others to serve. */
async function underLoad(ms: number): Promise<void> {
  const spinners = Array.from({ length: 2 * availableParallelism() }, () =>
    spawn(process.execPath, ['-e', 'for(;;);'], { stdio: 'ignore' }),
  );
  const endMs = performance.now() + ms;
  for (let turn = 0; performance.now() < endMs; turn++) {
    for (const spinner of spinners) spinner.kill(turn % 2 === 0 ? 'SIGCONT' : 'SIGSTOP');
    await sleep(Math.min(LOAD_TURN_MS, endMs - performance.now()));
  }
  for (const spinner of spinners) spinner.kill('SIGKILL');
}

interface Quiet {
  readonly name: string;
  readonly told: readonly Told[];
  readonly cost: Cost;
}

/** Nobody sets a clock: any step told is false. */
async function measureFalse(library: string | undefined, minutes: number): Promise<Quiet[]> {
  const wall = library === undefined ? undefined : new FakeWall(library);
  const all = [{ name: 'real clock, 1,000 readings/s', watched: new Watched(1) }];
  if (wall) all.push({ name: 'libfaketime, ticks only', watched: new Watched(0, wall.env) });
  await Promise.all(all.map(({ watched }) => watched.ready()));
  await underLoad(minutes * 60_000);
  const quiet: Quiet[] = [];
  for (const { name, watched } of all) {
    quiet.push({ name, told: [...watched.told], cost: await watched.end() });
  }
  wall?.remove();
  return quiet;
}

function stepsTable(outcomes: readonly Outcome[]): Table {
  const rows = DETECTORS.flatMap((detector) =>
    [...SIZES_MS, undefined].map((sizeMs) => {
      const of = outcomes.filter(
        (each) => each.detector === detector && each.sizeMs === (sizeMs ?? each.sizeMs),
      );
      const seen = of.filter(({ delayMs }) => delayMs !== undefined);
      const delays = seen.map(({ delayMs }) => delayMs as number);
      const errors = seen.map(({ errorMs }) => 1000 * errorMs);
      return [
        detector,
        sizeMs === undefined ? 'all' : String(sizeMs),
        `${seen.length}/${of.length}`,
        spread(
          seen.map(({ unseenMs }) => unseenMs),
          0,
        ),
        spread(delays, 0),
        spread(errors, 1),
        spread(
          seen.map(({ admittedMs }) => 1000 * admittedMs),
          1,
        ),
        String(of.reduce((sum, { extra }) => sum + extra, 0)),
      ];
    }),
  );
  return {
    title: 'Steps of the wall clock of a live process (20 ms tick)',
    columns: [
      'detector',
      'step ms',
      'seen',
      'read after ms',
      'told after ms',
      'size error µs',
      'admitted µs',
      'extra',
    ],
    rows,
    notes: [
      'p50 / max, from the write of the file; read: a reading showed it; told: its size is known',
      'a tick that comes late because the processor was taken away makes both late',
      'difference: Date.now() - performance.now() at each tick, changed by 1 ms or more',
      'extra: told more than once, or of nothing, before the next step',
    ],
  };
}

function spread(values: readonly number[], digits: number): string {
  if (values.length === 0) return '';
  const sorted = [...values].sort((a, b) => a - b);
  const p50 = sorted[Math.floor((sorted.length - 1) / 2)] as number;
  return `${p50.toFixed(digits)} / ${(sorted.at(-1) as number).toFixed(digits)}`;
}

function costRow(name: string, told: readonly Told[] | undefined, cost: Cost): string[] {
  return [
    name,
    ...DETECTORS.map((detector) =>
      told ? String(told.filter((step) => step.detector === detector).length) : '',
    ),
    `${(1000 * cost.errorP50Ms).toFixed(1)} / ${(1000 * cost.errorP99Ms).toFixed(1)}`,
    (100 * cost.tickShare).toFixed(3),
    cost.tickMaxMs.toFixed(2),
    cost.nowNs.toFixed(0),
  ];
}

function goalsOf(outcomes: readonly Outcome[], quiet: readonly Quiet[], minutes: number): Goal[] {
  const ours = outcomes.filter(({ detector }) => detector === 'ours');
  const seen = ours.filter(({ delayMs }) => delayMs !== undefined);
  const most = (values: readonly number[]) => Math.max(...values);
  const falseSteps = quiet.flatMap(({ told }) => told.filter((step) => step.detector === 'ours'));
  return [
    ...(ours.length === 0
      ? []
      : [
          goal({ what: 'steps not seen', measured: ours.length - seen.length, high: 0 }),
          goal({
            what: 'longest delay until told, ms',
            measured: most(seen.map(({ delayMs }) => delayMs as number)),
            high: 100,
          }),
          goal({
            what: 'largest size error, µs',
            measured: most(seen.map(({ errorMs }) => 1000 * errorMs)),
            high: 20,
          }),
          goal({
            what: 'errors beyond the admitted',
            measured: seen.filter(({ errorMs, admittedMs }) => errorMs > admittedMs).length,
            high: 0,
          }),
        ]),
    ...(quiet.length === 0
      ? []
      : [
          goal({
            what: `false steps in ${minutes} min of ${quiet.length} processes`,
            measured: falseSteps.length,
            high: 0,
          }),
        ]),
  ];
}

export async function stepsPart(run: BenchRun): Promise<PartResult> {
  const { options } = run;
  const { minutes } = options;
  const progress = (what: string): void => run.progress(what);
  const library = LIBRARIES.find((path) => existsSync(path));
  if (library === undefined) progress('libfaketime is not installed: no steps can be made');
  else progress('steps of the wall clock');
  const steps = library === undefined ? undefined : await measureSteps(library, options);
  if (minutes > 0) progress(`false steps, ${minutes} min`);
  const quiet = minutes > 0 ? await measureFalse(library, minutes) : [];
  return {
    tables: [...(steps ? [stepsTable(steps[0])] : []), costTable(steps?.[1], quiet, minutes)],
    goals: goalsOf(steps?.[0] ?? [], quiet, minutes),
    figures: { steps, quiet },
  };
}

function costTable(ofSteps: Cost | undefined, quiet: readonly Quiet[], minutes: number): Table {
  return {
    title: 'Steps that were none, and what the clock costs',
    columns: [
      'process',
      'ours',
      'difference',
      'error µs p50 / p99',
      'ticks, % CPU',
      'longest ms',
      'now() ns',
    ],
    rows: [
      ...(ofSteps ? [costRow('with steps', undefined, ofSteps)] : []),
      ...quiet.map(({ name, told, cost }) => costRow(name, told, cost)),
    ],
    notes: [
      `without steps: ${minutes} min, two spinning processes a processor on and off every 10 s`,
      'under libfaketime each reading reads a file; the longest tick includes losing the processor',
    ],
  };
}
