/** Is the cause right, the length, and when is it told? */
import { PAUSE_CAUSES, type PauseCause } from '../../src/pause/cause.ts';
import { loadNote } from '../detector/live/load-note.ts';
import { ms, quantile } from '../detector/live/spread.ts';
import { type Goal, goal, type PartResult, type Table } from '../timeouts/report.ts';
import type { BenchRun } from './run.ts';
import {
  actTrials,
  naturalGcTrials,
  PAUSE_MIN_MS,
  starveTrials,
  stopTrials,
  throttleTrials,
  type Trial,
} from './trials.ts';

const RIGHT_MIN = 0.95;
const ERROR_MAX_MS = 12;
const TICK_MS = 20;

export async function causesPart(run: BenchRun): Promise<PartResult> {
  const { each } = run.options;
  const half = Math.floor(each / 2);
  const trials = [
    ...(await stopTrials(run, each)),
    ...(await actTrials(run, 'sync-code', ['sync-code'], each)),
    ...(await actTrials(run, 'blocked', ['Atomics.wait', 'execSync', 'readSync'], each)),
    ...(await actTrials(run, 'gc', ['gc'], each - half)),
    ...(await naturalGcTrials(run, half)),
    ...(await starveTrials(run, each)),
    ...(await throttleTrials(run, each)),
  ];
  const causes = [...new Set(trials.map(({ truth }) => truth))];
  return {
    tables: [confusion(trials), lengths(trials)],
    goals: [...causes.map((cause) => rightGoal(cause, trials)), ...lengthGoals(trials)],
    figures: trials,
  };
}

const kindOf = ({ truth, how }: Trial) => (truth === how ? truth : `${truth}: ${how}`);

function confusion(trials: readonly Trial[]): Table {
  const kinds = [...new Set(trials.map(kindOf))];
  const said = PAUSE_CAUSES.filter((cause) => trials.some(({ told }) => told?.cause === cause));
  return {
    title: 'Causes: how it was made, and how often each was told',
    columns: ['made', 'n', ...said, 'nothing'],
    rows: kinds.map((kind) => {
      const of = trials.filter((trial) => kindOf(trial) === kind);
      const count = (cause: PauseCause | undefined) =>
        `${of.filter(({ told }) => told?.cause === cause).length || '·'}`;
      return [kind, `${of.length}`, ...said.map(count), count(undefined)];
    }),
    notes: [
      'half of the pauses hit an idle process, half one that runs code half of the time',
      'made again: code and collections during which others had the CPU for more than half of the time',
      'suspended cannot be made here: it is tested with made-up counters only',
      loadNote(),
    ],
  };
}

function lengths(trials: readonly Trial[]): Table {
  const kinds = [...new Set(trials.map(kindOf))];
  const cells = (values: readonly number[]) => [0.5, 0.99, 1].map((q) => ms(quantile(values, q)));
  return {
    title: 'Lengths, and when they are told',
    columns: [
      ...['made', 'length told, p50 ms', 'max'],
      ...['error, p50 ms', 'p99', 'max', 'told after its end, p50 ms', 'p99', 'max'],
    ],
    rows: kinds.map((kind) => {
      const of = trials.filter((trial) => kindOf(trial) === kind);
      const told = of.flatMap((trial) => trial.told?.durationMs ?? []);
      return [
        ...[kind, ms(quantile(told, 0.5)), ms(quantile(told, 1))],
        ...[...cells(of.flatMap(errorOf)), ...cells(of.flatMap(delayOf))],
      ];
    }),
    notes: [
      'error: told - true, either sign; true by the process itself, or by who stopped it',
      `told after its end: a tick is ${TICK_MS} ms; of what comes from outside, after the late tick`,
      'who is starved or throttled goes on being so while it tells; those are not in the goal',
    ],
  };
}

function errorOf({ told, truthMs }: Trial): number[] {
  if (!told || truthMs === undefined || truthMs < PAUSE_MIN_MS) return [];
  return [Math.abs(told.durationMs - truthMs)];
}

function delayOf({ told, delayMs }: Trial): number[] {
  return told ? [delayMs ?? told.toldMs - told.toMs] : [];
}

function rightGoal(cause: PauseCause, trials: readonly Trial[]): Goal {
  const of = trials.filter(({ truth }) => truth === cause);
  const right = of.filter(({ told }) => told?.cause === cause).length;
  return goal({
    what: `${cause}, right of ${of.length}`,
    measured: right / of.length,
    low: RIGHT_MIN,
  });
}

function lengthGoals(trials: readonly Trial[]): Goal[] {
  const errors = trials.flatMap(errorOf);
  // Who is held back goes on being held back while it tells.
  const resumed = trials.filter(({ truth }) => truth !== 'starved' && truth !== 'throttled');
  const delays = resumed.flatMap(delayOf);
  return [
    goal({
      what: 'error of the length, p99, ms',
      measured: quantile(errors, 0.99),
      high: ERROR_MAX_MS,
    }),
    goal({
      what: 'told after its end, p99, ticks',
      measured: quantile(delays, 0.99) / TICK_MS,
      high: 1,
    }),
  ];
}
