/** Does phi mean what it says: is one live heartbeat in 10^phi later than its deadline? */
import { median } from '../overhead/statistics.ts';
import { goal, type Goal, type PartResult, type Table } from '../timeouts/report.ts';
import { binomialBand } from '../timeouts/binomial.ts';
import { type BenchRun, hasTardy } from './bench-run.ts';
import { CASSANDRA, type Contender, ECDF, PEKKO_BARE, TARDY } from './contenders.ts';
import { gapsMs, hindsightTimeoutMs, replay } from './replay.ts';
import type { Trace } from './trace.ts';

const PHIS = [1, 2, 3];
const ERROR_MAX = [0.05, 0.1, 0.15];
/** With fewer a share of 1 in 1000 is known too badly to be averaged. */
const BEATS_MIN = 30_000;
const JUDGED = [TARDY, PEKKO_BARE, CASSANDRA, ECDF];

interface Row {
  readonly trace: Trace;
  readonly beats: number;
  /** For each contender, for each phi, how many were later. */
  readonly late: readonly (readonly number[])[];
  /** Mean silence allowed / that of the fixed timeout which as many were later than. */
  readonly price: readonly (readonly number[])[];
  /** log10 of the worst quarter's share / 10^-phi, quarters by the silence allowed. */
  readonly worstQuarter: readonly (readonly number[])[];
}

export function reliabilityPart(run: BenchRun): PartResult {
  const contenders = hasTardy(run) ? JUDGED : JUDGED.slice(1);
  const { gate } = run.options;
  const rows = run.traces.map((trace): Row => {
    run.progress(`reliability: ${trace.name}`);
    const all = contenders.map(
      (contender) =>
        replay(trace, contender.make(trace.intervalMs), {
          ...{ phis: PHIS, gate, wantsQuarters: true },
        }).qualities,
    );
    const gaps = gapsMs(trace, gate);
    const beats = (all[0]?.[0]?.beats ?? 1) - 1;
    const late = all.map((qualities) => qualities.map(({ mistakes }) => mistakes.length));
    const price = all.map((qualities) =>
      qualities.map((each) => each.meanSilenceMs / hindsightTimeoutMs(gaps, each.mistakes.length)),
    );
    const worstQuarter = all.map((qualities) =>
      qualities.map(({ quarters = [] }, at) => worstOf(quarters, beats / 4, at)),
    );
    return { trace, beats, late, price, worstQuarter };
  });
  return {
    tables: [
      tableOf(rows, contenders),
      quarterTable(rows, contenders),
      priceTable(rows, contenders),
    ],
    goals: hasTardy(run) ? goalsOf(rows) : [],
    figures: rows.map((row) => ({ ...row, trace: row.trace.name })),
  };
}

/** log10 of the share that was later / 10^-phi; none counts as half a one. */
function errorOf({ beats, late }: Row, contender: number, at: number): number {
  return logError(late[contender]?.[at] ?? NaN, beats, at);
}

function logError(count: number, beats: number, at: number): number {
  return Math.log10(Math.max(0.5, count) / beats) + (PHIS[at] as number);
}

function worstOf(counts: readonly number[], beats: number, at: number): number {
  const errors = counts.map((count) => logError(count, beats, at));
  return errors.reduce((worst, error) => (Math.abs(error) > Math.abs(worst) ? error : worst), 0);
}

function meanError(rows: readonly Row[], contender: number, at: number): number {
  const long = rows.filter(({ beats }) => beats >= BEATS_MIN);
  const total = long.reduce((sum, row) => sum + Math.abs(errorOf(row, contender, at)), 0);
  return total / long.length;
}

function tableOf(rows: readonly Row[], contenders: readonly Contender[]): Table {
  return {
    title: `Reliability: log10 of (live heartbeats later than the deadline for phi / 10^-phi), phi ${PHIS.join(', ')}`,
    columns: ['trace', 'beats', 'by chance', ...contenders.map(({ name }) => name)],
    rows: [
      ...rows.map((row) => [
        ...[row.trace.name, `${row.beats}`, each((at) => `±${chance(row.beats, at).toFixed(2)}`)],
        ...contenders.map((_, i) => each((at) => signed(errorOf(row, i, at)))),
      ]),
      [
        ...['mean |error|', '', ''],
        ...contenders.map((_, i) => each((at) => ` ${meanError(rows, i, at).toFixed(2)}`)),
      ],
    ],
    notes: [
      '0: phi means what it says; +1: ten times as many; none counts as half a one',
      'by chance: how far a perfect phi is off in 95 of 100 independent runs',
      `the mean is over traces of at least ${BEATS_MIN} heartbeats`,
    ],
  };
}

function quarterTable(rows: readonly Row[], contenders: readonly Contender[]): Table {
  return {
    title: 'The same among a quarter of the heartbeats: the worst, by the silence that was allowed',
    columns: ['trace', 'by chance', ...contenders.map(({ name }) => name)],
    rows: rows.map(({ trace, beats, worstQuarter }) => [
      ...[trace.name, each((at) => `±${chance(beats / 4, at, 4).toFixed(2)}`)],
      ...contenders.map((_, i) => each((at) => signed(worstQuarter[i]?.[at] ?? NaN))),
    ]),
    notes: [
      'who is right on average, with deadlines that are too short now and too long then, is found here',
    ],
  };
}

function priceTable(rows: readonly Row[], contenders: readonly Contender[]): Table {
  const prices = (i: number, at: number) => rows.map(({ price }) => price[i]?.[at] ?? NaN);
  return {
    title:
      'Price: mean silence allowed at phi / fixed timeout that hindsight tunes to as many mistakes',
    columns: ['trace', ...contenders.map(({ name }) => name)],
    rows: [
      ...rows.map(({ trace, price }) => [
        trace.name,
        ...contenders.map((_, i) => each((at) => (price[i]?.[at] ?? NaN).toFixed(2))),
      ]),
      ['median', ...contenders.map((_, i) => each((at) => median(prices(i, at)).toFixed(2)))],
    ],
    notes: ['below 1: better than any fixed timeout of this trace'],
  };
}

function each(cell: (at: number) => string): string {
  return PHIS.map((_, at) => cell(at)).join(' ');
}

/** Upwards: downwards there may be none at all, which has no logarithm. */
function chance(beats: number, at: number, cells = 1): number {
  const [, high] = binomialBand(Math.round(beats), 10 ** -(PHIS[at] as number), cells);
  return Math.log10(high);
}

function signed(error: number): string {
  return `${error < 0 ? '' : '+'}${error.toFixed(2)}`;
}

function goalsOf(rows: readonly Row[]): Goal[] {
  if (!rows.some(({ beats }) => beats >= BEATS_MIN)) return [];
  return PHIS.map((phi, at) =>
    goal({
      what: `mean |log10 error| at phi ${phi}`,
      measured: meanError(rows, 0, at),
      high: ERROR_MAX[at] as number,
    }),
  );
}
