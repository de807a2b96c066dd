/** Part 4: what a route costs in bytes, and the package at start. */
import { spawnSync } from 'node:child_process';
import { randomFrom } from '../../test/support/random.ts';
import { EXPOSE_GC, type FootprintJob } from './jobs.ts';
import type { Run } from './options.ts';
import { atMost, figure, type Goal, type Part, verdict, withInterval } from './report.ts';
import { shuffled } from './sets.ts';
import { clusteredInterval, type Interval, medianRange } from './statistics.ts';
import { askOnce, cleanEnvironment } from './worker.ts';

const KEY_MAX_KIB = 24;
const IMPORT_MAX_MS = 60;
const SPAWNS = 15;
const QUICK_SPAWNS = 6;

const DATA = [
  { data: 'one request', requestsPerKey: 1, text: 'one request each' },
  { data: 'lognormal', requestsPerKey: 10_000, text: '10,000 lognormal replies each' },
  {
    data: 'every bucket',
    requestsPerKey: 10_000,
    text: '10,000 over every bucket, a third cut off',
  },
] as const;

interface Result {
  readonly what: string;
  readonly measured: Interval;
  readonly unit: string;
  readonly goal?: number;
}

export async function footprintPart(run: Run): Promise<Part> {
  run.progress('footprint: bytes');
  const bytes: Result[] = [];
  for (const { text, ...job } of DATA) bytes.push(await bytesPerKey(text, job, run.seed));
  run.progress('footprint: import');
  return report([...bytes, ...importTimes(run)]);
}

async function bytesPerKey(
  text: string,
  job: Omit<FootprintJob, 'seed'>,
  seed: number,
): Promise<Result> {
  const full: FootprintJob = { ...job, seed };
  const bytes = (await askOnce('footprint-process.ts', 'bytes', full, EXPOSE_GC)) as number;
  const measured = medianRange([bytes / 1024]);
  return { what: `(peer, route), of 1,000: ${text}`, measured, unit: 'KiB', goal: KEY_MAX_KIB };
}

const IMPORTS = [
  { name: 'tardy', goal: IMPORT_MAX_MS },
  { name: 'tardy/timeout', goal: undefined },
  { name: 'tardy/register', goal: undefined },
] as const;

/** Starts of node that evaluate next to nothing, with an import and without, in turn. */
function importTimes(run: Run): Result[] {
  const random = randomFrom(run.seed);
  const spawns = run.quick ? QUICK_SPAWNS : SPAWNS;
  const names: (string | undefined)[] = [undefined, ...IMPORTS.map(({ name }) => name)];
  names.forEach(startNode); // files come from the disk once
  const rounds = Array.from({ length: spawns }, () => {
    return new Map(shuffled(names, random).map((name) => [name, startNode(name)]));
  });
  const added = (name: string, of: keyof Start) =>
    rounds.map((round) => (round.get(name)?.[of] ?? NaN) - (round.get(undefined)?.[of] ?? NaN));
  const interval = (values: readonly number[]) => clusteredInterval([values], random);
  return IMPORTS.flatMap(({ name, goal }) => {
    const wall = { what: `import of ${name}, no SDK`, measured: interval(added(name, 'wallMs')) };
    const cpu = { what: '  CPU of it', measured: interval(added(name, 'cpuMs')), unit: 'ms' };
    return [{ ...wall, unit: 'ms', ...(goal === undefined ? {} : { goal }) }, cpu];
  });
}

interface Start {
  readonly wallMs: number;
  /** Of all its threads. */
  readonly cpuMs: number;
}

const PRINT_CPU = 'const { user, system } = process.cpuUsage(); console.log(user + system)';

function startNode(name: string | undefined): Start {
  const args = name === undefined ? [] : ['--import', import.meta.resolve(name)];
  const startedMs = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, [...args, '--eval', PRINT_CPU], {
    env: { ...cleanEnvironment(), TARDY_SDK: 'off', TARDY_QUIET: '1' },
    timeout: 30_000,
    encoding: 'utf8',
  });
  const wallMs = performance.now() - startedMs;
  if (status === 0) return { wallMs, cpuMs: Number(stdout) / 1000 };
  throw new Error(`node --import ${name ?? ''} failed: ${stderr.slice(0, 500)}`);
}

function report(results: readonly Result[]): Part {
  const goals = results.map(goalOf);
  return {
    title: '4. Footprint: memory of a route, time to load',
    columns: ['what', 'unit', 'median', 'goal'],
    rows: results.map((result, i) => rowOf(result, goals[i])),
    notes: [
      'memory: growth of the heap and what is outside of it, after collecting garbage, with the',
      'exported series of each route and the curve of its last advice. import: node that evaluates',
      'next to nothing, with --import less without, wall time and CPU of paired starts',
    ],
    warnings: results.flatMap(({ what, measured }) =>
      what.startsWith('import') && measured.n < SPAWNS
        ? [`${what}: ${measured.n} starts are few; ${SPAWNS} wanted`]
        : [],
    ),
    goals: goals.filter((goal) => goal !== undefined),
    figures: results,
  };
}

function goalOf({ what, measured, unit, goal }: Result): Goal | undefined {
  return goal === undefined ? undefined : atMost({ what, measured, goal, unit });
}

function rowOf({ what, measured, unit }: Result, goal: Goal | undefined): string[] {
  const value = measured.n === 1 ? figure(measured.median) : withInterval(measured);
  return [what, unit, value, goal ? `<= ${goal.goal} ${verdict(goal)}` : ''];
}
