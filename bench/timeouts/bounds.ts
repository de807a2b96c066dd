/** How tight the advised bound is, and how often it is wrong. */
import { median } from '../overhead/statistics.ts';
import { BOUND_STREAMS, type Bounds, type BoundStream } from './bounds-jobs.ts';
import { inWorkers } from './pool.ts';
import { figure, fine, goal, type Goal, type PartResult, type Run, type Table } from './report.ts';

const WINDOWS = { full: 400, quick: 60 };
const SIZES = [3000, 10_000, 30_000];
/** Largest median of bound / true quantile, by replies in the window. */
const TIGHT: Readonly<Record<BoundStream, Readonly<Record<number, number>>>> = {
  outliers: { 3000: 1.95, 10_000: 1.5, 30_000: 1.2 },
  pareto: { 3000: 2.8, 10_000: 1.75, 30_000: 1.35 },
};
const OVER_MAX = 0.07;
const ARMED = { low: 0.9, high: 1.3 };

export async function boundsPart(run: Run): Promise<PartResult> {
  const windows = run.quick ? WINDOWS.quick : WINDOWS.full;
  const streams = Object.keys(BOUND_STREAMS) as BoundStream[];
  const jobs = streams.flatMap((stream) =>
    SIZES.map((n) => ({ stream, n, windows, seed: run.seed })),
  );
  const found = await inWorkers('advisedBounds', jobs, ({ stream, n }, finished) =>
    run.progress(`bounds on ${stream}, n ${n}: ${finished} of ${jobs.length}`),
  );
  return { tables: [boundsTable(found)], goals: found.flatMap(goalsOf), figures: found };
}

function boundsTable(found: readonly Bounds[]): Table {
  return {
    title: 'upperBoundMs in shadow mode, target 0.1 %, as a multiple of the true p99.9',
    columns: [
      ...['stream', 'n', 'windows', 'with bound', 'bound: median', 'over target'],
      ...['2 x p99.99: median', 'over target', 'armed: median', 'p5 … p95'],
    ],
    rows: found.map((each) => [
      ...[each.stream, String(each.n), String(each.windows), String(each.bounds.length)],
      ...[figure(median(each.bounds)), percent(each.overTarget / each.windows)],
      ...[figure(median(each.twice)), percent(each.twiceOverTarget / each.windows)],
      figure(median(each.armed)),
      `${figure(at(each.armed, 0.05))} … ${figure(at(each.armed, 0.95))}`,
    ]),
    notes: [
      'over target: windows after which more replies than the target exceed the bound',
      'armed: timeoutMs in a run of 60 windows, from the tenth on',
    ],
  };
}

function goalsOf({ stream, n, windows, bounds, overTarget, armed }: Bounds): Goal[] {
  const what = (name: string) => `${name}, ${stream}, n ${n}`;
  return [
    goal({ what: what('bound, median'), measured: median(bounds), high: TIGHT[stream][n] ?? NaN }),
    goal({ what: what('over target, share'), measured: overTarget / windows, high: OVER_MAX }),
    goal({ what: what('armed, median'), measured: median(armed), ...ARMED }),
  ];
}

function at(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.round(share * (sorted.length - 1))] ?? NaN;
}

function percent(share: number): string {
  return `${fine(100 * share)} %`;
}
