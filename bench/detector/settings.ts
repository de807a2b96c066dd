/**
 * One setting for all traces, against a fixed timeout that hindsight tunes for each trace to the
 * same mean T_D. On one stationary trace nothing beats it by much; none is right for all.
 */
import { median } from '../overhead/statistics.ts';
import { figure, goal, type Goal, type PartResult, type Table } from '../timeouts/report.ts';
import { type BenchRun, hasTardy } from './bench-run.ts';
import { type Contender, TARDY, TARDY_QUICK } from './contenders.ts';
import { hindsightMistakes } from './replay.ts';
import { sameSpeedTable } from './same-speed.ts';
import type { Trace } from './trace.ts';

const POOLED_MAX = 1.1;
const WORST_FACTOR = 1.5;

interface Score {
  readonly contender: Contender;
  readonly mistakes: readonly number[];
  readonly hindsight: readonly number[];
  readonly medianTdIntervals: number;
}

export function settingsPart(run: BenchRun): PartResult {
  const contenders = hasTardy(run) ? [TARDY_QUICK, ...run.contenders] : run.contenders;
  const scores = contenders.map((contender) => {
    run.progress(`settings: ${contender.name}`);
    return scoreOf(run, contender);
  });
  const own = scores.find(({ contender }) => contender === TARDY);
  const figures = scores.map(({ contender, ...score }) => ({ name: contender.name, ...score }));
  const hindsight = table(run.traces, scores);
  if (!own || run.traces.length === 0) return { tables: [hindsight], goals: [], figures };
  const [sameSpeed, rivals] = sameSpeedTable(run, { ...own, ...TARDY });
  return {
    tables: [hindsight, sameSpeed],
    goals: goalsOf(own),
    figures: { hindsight: figures, sameSpeed: rivals },
  };
}

function scoreOf(run: BenchRun, contender: Contender): Score {
  const qualities = run.traces.map((trace) => run.quality(trace, contender));
  const intervals = qualities.map((quality, i) => quality.meanTdMs / run.traces[i]!.intervalMs);
  return {
    contender,
    mistakes: qualities.map(({ mistakes }) => mistakes.length),
    hindsight: run.traces.map((trace, i) =>
      hindsightMistakes(trace, qualities[i]!.meanTdMs, run.options.gate),
    ),
    medianTdIntervals: median(intervals),
  };
}

/** More than chance makes of few mistakes, and more than half as many again. */
function isFlagged(mistakes: number, hindsight: number): boolean {
  return mistakes > Math.max(hindsight + 1, WORST_FACTOR * hindsight);
}

function table(traces: readonly Trace[], scores: readonly Score[]): Table {
  const summary = (what: string, cell: (score: Score) => string) => [what, ...scores.map(cell)];
  return {
    title:
      'Mistakes with one setting / those of a fixed timeout tuned in hindsight to the same T_D',
    columns: ['trace', ...scores.map(({ contender }) => contender.name)],
    rows: [
      ...traces.map(({ name }, i) => [
        name,
        ...scores.map(({ mistakes, hindsight }) => {
          const [m, f] = [mistakes[i] as number, hindsight[i] as number];
          return `${m}/${f}${isFlagged(m, f) ? ' !' : ''}`;
        }),
      ]),
      summary('sum', ({ mistakes, hindsight }) => `${sum(mistakes)}/${sum(hindsight)}`),
      summary('pooled ratio', (score) => (sum(score.hindsight) > 0 ? figure(pooled(score)) : '')),
      summary('median of (mistakes+1)/(+1)', (score) => figure(medianRatio(score))),
      summary('traces with !', (score) => `${flagged(score)}`),
      summary('median T_D, intervals', ({ medianTdIntervals }) => figure(medianTdIntervals)),
    ],
    notes: [
      '!: more than the fixed timeout by over one and by over a half',
      'few mistakes at a large T_D are no merit: see the last line',
    ],
  };
}

function goalsOf(own: Score): Goal[] {
  return [
    goal({ what: 'mistakes / hindsight, pooled', measured: pooled(own), high: POOLED_MAX }),
    goal({ what: 'traces with far more than hindsight', measured: flagged(own), high: 0 }),
  ];
}

/** NaN if nobody made a mistake. */
function pooled({ mistakes, hindsight }: Score): number {
  return sum(mistakes) / sum(hindsight);
}

/** Of traces with none at all it is 1; a sum is the matter of one trace. */
function medianRatio({ mistakes, hindsight }: Score): number {
  return median(mistakes.map((count, i) => (count + 1) / ((hindsight[i] as number) + 1)));
}

function flagged({ mistakes, hindsight }: Score): number {
  return mistakes.filter((count, i) => isFlagged(count, hindsight[i] as number)).length;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
