/** How well the rate between two clocks is known after a minute. */
import { createOffsetEstimator } from '../../src/clock/offset-estimator.ts';
import { figure, goal, type PartResult } from '../timeouts/report.ts';
import { type BenchRun, diceOf, percent, quantile } from './bench-run.ts';
import { type Link, LINKS, type Rate, RATES, simulate } from './links.ts';

const FOR_MS = 60_000;
const RUNS = 500;
const ERROR_MAX_PPM = 5;

interface Case {
  readonly link: Link;
  readonly rate: Rate;
  readonly of: string;
  /** Whether the goal is for this one. */
  readonly isGoal: boolean;
}

const CASES: readonly Case[] = [
  { link: LINKS.local, rate: RATES.steady, of: 'steady', isGoal: true },
  { link: LINKS.loaded, rate: RATES.steady, of: 'steady', isGoal: true },
  { link: LINKS.jitter, rate: RATES.steady, of: 'steady', isGoal: true },
  { link: LINKS.heavy, rate: RATES.steady, of: 'steady', isGoal: true },
  { link: LINKS.asymmetric, rate: RATES.steady, of: 'steady', isGoal: true },
  { link: LINKS.jitter, rate: RATES.wander, of: 'wanders by 2 ppm a minute', isGoal: false },
  { link: LINKS.single, rate: RATES.steady, of: 'steady', isGoal: false },
  { link: LINKS.sparse, rate: RATES.steady, of: 'steady', isGoal: false },
  { link: LINKS.queues, rate: RATES.steady, of: 'steady', isGoal: false },
];

export function driftPart(run: BenchRun): PartResult {
  const rows = CASES.map((each) => ({ ...each, ...errorsOf(run, each) }));
  return {
    tables: [
      {
        title: 'Drift after 60 s: error, ppm',
        columns: ['link', 'rate', 'known in', 'p50', 'p99'],
        rows: rows.map(({ link, of, errorsPpm, runs }) => [
          link.name,
          of,
          percent(errorsPpm.length, runs),
          figure(quantile(errorsPpm, 0.5)),
          figure(quantile(errorsPpm, 0.99)),
        ]),
        notes: ['rates within ± 180 ppm; known in: the share of runs that say a rate at all'],
      },
    ],
    goals: rows
      .filter(({ isGoal }) => isGoal)
      .map(({ link, errorsPpm, runs }) =>
        goal({
          what: `${link.name}: p99 of the error, unknown counts as wrong, ppm`,
          measured: errorsPpm.length < runs ? Infinity : quantile(errorsPpm, 0.99),
          high: ERROR_MAX_PPM,
        }),
      ),
    figures: rows.map(({ link, of, errorsPpm }) => ({ link: link.name, of, errorsPpm })),
  };
}

function errorsOf(run: BenchRun, { link, rate }: Case) {
  run.progress(`drift: ${link.name}`);
  const runs = RUNS / (run.options.quick ? 10 : 1);
  const errorsPpm: number[] = [];
  for (let i = 0; i < runs; i++) {
    const estimator = createOffsetEstimator();
    let truth = NaN;
    let atMs = NaN;
    for (const { exchange, ppm } of simulate(link, rate, diceOf(run, i), FOR_MS)) {
      estimator.exchange(exchange);
      truth = ppm;
      atMs = exchange.t4MonoMs;
    }
    const known = estimator.at(atMs)?.driftPpm;
    if (known !== undefined) errorsPpm.push(Math.abs(known - truth));
  }
  return { errorsPpm, runs };
}
