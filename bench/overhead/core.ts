/** Part 3: what the parts that run on each request take, one by one, beside other histograms. */
import { randomFrom } from '../../test/support/random.ts';
import type { CoreJob, SubjectName } from './core-process.ts';
import type { Run } from './options.ts';
import { atMost, figure, type Goal, type Part, verdict } from './report.ts';
import { shuffled } from './sets.ts';
import { type Interval, medianRange } from './statistics.ts';
import { askOnce } from './worker.ts';

interface Row {
  readonly subject: SubjectName;
  readonly text: string;
  readonly goalNs?: number;
}

const ROWS: readonly Row[] = [
  { subject: 'loop', text: 'loop and data alone (in all below)' },
  { subject: 'record', text: 'RollingHistogram.record', goalNs: 50 },
  { subject: 'observe', text: 'Estimator.observe', goalNs: 250 },
  { subject: 'keyedObserve', text: 'peer and route looked up, observe', goalNs: 250 },
  { subject: 'exchange', text: 'Traffic: open, written, replied, end' },
  { subject: 'exchangeNewPath', text: '  each path with a new identifier' },
  { subject: 'exchangeManyRoutes', text: '  60 routes, each once a second' },
  { subject: 'exchangeColdRoute', text: '  the first 1,000 requests of a route' },
  { subject: 'channelsAlone', text: 'four undici events, nobody listens' },
  { subject: 'channelsTardy', text: 'four undici events, Tardy listens' },
  { subject: 'timeoutMs', text: 'timeoutMs, kept', goalNs: 100 },
  { subject: 'survival', text: 'survival' },
  { subject: 'advice', text: 'advice, 30,000 replies', goalNs: 50_000 },
  { subject: 'adviceEverywhere', text: 'advice, replies in every bucket', goalNs: 50_000 },
  { subject: 'perfHooks', text: 'perf_hooks createHistogram, 2 digits: record' },
  { subject: 'hdrHistogramJs', text: 'hdr-histogram-js, 2 digits: recordValue' },
  { subject: 'promClient', text: 'prom-client, 2 labels: observe' },
  { subject: 'otelMetrics', text: 'OTel sdk-metrics, 2 attributes: record' },
];

const PROCESSES = 5;
const QUICK_PROCESSES = 2;
/** After this time, no more processes than that. */
const BUDGET_MS = 60_000;
const PROCESSES_MIN = 3;
const TIME_MS = 450;
const QUICK_TIME_MS = 160;

interface Result extends Row {
  readonly ns: Interval;
}

export async function corePart(run: Run): Promise<Part> {
  run.progress('core: ns per operation');
  const random = randomFrom(run.seed);
  const found = new Map<SubjectName, number[]>();
  const endMs = performance.now() + BUDGET_MS;
  for (let i = 0; i < (run.quick ? QUICK_PROCESSES : PROCESSES); i++) {
    if (i >= PROCESSES_MIN && performance.now() >= endMs) break;
    for (const { subject } of shuffled(ROWS, random)) {
      const timeMs = run.quick ? QUICK_TIME_MS : TIME_MS;
      const job: CoreJob = { subject, seed: run.seed + i, timeMs };
      const ns = (await askOnce('core-process.ts', 'time', job)) as number;
      found.set(subject, [...(found.get(subject) ?? []), ns]);
    }
  }
  return report(ROWS.map((row) => ({ ...row, ns: medianRange(found.get(row.subject) ?? []) })));
}

function report(results: readonly Result[]): Part {
  const goals = results.map(goalOf);
  return {
    title: '3. Core: CPU of an operation, ns',
    columns: ['operation', 'median', 'from .. to', 'goal'],
    rows: results.map((result, i) => rowOf(result, goals[i])),
    notes: [
      'median of several processes for each, from the fastest to the slowest of them; each is the',
      'median of 15 rounds after a warm-up. Durations are lognormal, of 8 ms; the clock is an argument',
    ],
    warnings: results.flatMap(doubtsOf),
    goals: goals.filter((goal) => goal !== undefined),
    figures: results,
  };
}

function goalOf({ text, ns, goalNs }: Result): Goal | undefined {
  if (goalNs === undefined) return undefined;
  return atMost({ what: text.trim(), measured: ns, goal: goalNs, unit: 'ns' });
}

function rowOf({ text, ns }: Result, goal: Goal | undefined): string[] {
  const range = `${figure(ns.low)} .. ${figure(ns.high)}`;
  return [text, figure(ns.median), range, goal ? `<= ${goal.goal} ${verdict(goal)}` : ''];
}

/** Processes that differ by more than this had something else to do. */
const SPREAD_MAX = 2;

function doubtsOf({ text, ns }: Result): string[] {
  if (ns.high <= SPREAD_MAX * ns.low) return [];
  const times = (ns.high / ns.low).toFixed(1);
  return [`${text.trim()}: the slowest process took ${times} times as long as the fastest`];
}
