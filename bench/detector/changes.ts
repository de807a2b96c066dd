/** What happens after the sender paused, and after something became slower for good. */
import { figure, goal, type PartResult, type Table } from '../timeouts/report.ts';
import { type BenchRun, hasTardy } from './bench-run.ts';
import type { Contender } from './contenders.ts';
import { WARM_UP_BEATS } from './replay.ts';
import type { Trace } from './trace.ts';

/** Heartbeats that are watched after a change; Chen's window forgets in 1000. */
const WATCHED = 1000;
/** Trusted again: not one mistake in so many. */
const CALM = 50;
const SHIFT_MAX = 1;
const REGIME_MAX = 20;

/** What followed the changes of a trace. */
export interface Aftermath {
  /** Changes that are judged. */
  readonly changes: number;
  /** Mistakes at the change itself: the first heartbeat after it. */
  readonly atOnce: number;
  /** Mistakes afterwards. */
  readonly after: number;
  /** Heartbeats until it is trusted again: of the mean and of the worst change. */
  readonly meanBeats: number;
  readonly worstBeats: number;
}

/** `at`: indices of the first heartbeat after each change. `mistakes`: indices, in order. */
export function aftermath(
  at: readonly number[],
  mistakes: readonly number[],
  beats: number,
): Aftermath {
  const judged = at.filter((change) => change > WARM_UP_BEATS && change + WATCHED <= beats);
  const untils = judged.map((change) => {
    // What follows the next change is its own.
    const end = Math.min(change + WATCHED, at[at.indexOf(change) + 1] ?? Infinity);
    const following = mistakes.filter((i) => i >= change && i < end);
    return { following, beats: beatsUntilTrusted(change, following) };
  });
  const all = untils.flatMap(({ following }) => following);
  const atOnce = all.filter((i) => judged.includes(i)).length;
  return {
    changes: judged.length,
    atOnce,
    after: all.length - atOnce,
    meanBeats: untils.reduce((sum, until) => sum + until.beats, 0) / judged.length,
    worstBeats: Math.max(...untils.map((until) => until.beats)),
  };
}

/** Until the last mistake before the first calm stretch. */
function beatsUntilTrusted(change: number, mistakes: readonly number[]): number {
  let trusted = change;
  for (const i of mistakes) {
    if (i - trusted >= CALM) break;
    trusted = i + 1;
  }
  return trusted - change;
}

interface Row {
  readonly trace: Trace;
  readonly of: readonly Aftermath[];
}

function rowsOf(run: BenchRun, part: string, changes: (trace: Trace) => readonly number[]): Row[] {
  return run.traces
    .filter((trace) => changes(trace).length > 0)
    .map((trace) => {
      run.progress(`${part}: ${trace.name}`);
      const of = run.contenders.map((contender) =>
        aftermath(changes(trace), run.quality(trace, contender).mistakes, trace.seq.length),
      );
      return { trace, of };
    })
    .filter(({ of }) => (of[0]?.changes ?? 0) > 0);
}

export function shiftPart(run: BenchRun): PartResult {
  const rows = rowsOf(run, 'shift', ({ senderPauses }) => senderPauses);
  const table = tableOf(
    'Sender pauses: mistakes a pause, at once + afterwards',
    rows,
    run.contenders,
    (of) => `${figure(of.atOnce / of.changes)} + ${figure(of.after / of.changes)}`,
  );
  const notes = [`within ${WATCHED} heartbeats; the timer of the sender has shifted by the pause`];
  const measured = worst(rows, (of) => (of.atOnce + of.after) / of.changes);
  const what = 'mistakes a sender pause, worst trace';
  const goals = hasTardy(run) && rows.length > 0 ? [goal({ what, measured, high: SHIFT_MAX })] : [];
  return { tables: [{ ...table, notes }], goals, figures: figuresOf(rows) };
}

export function regimePart(run: BenchRun): PartResult {
  const rows = rowsOf(run, 'regime', ({ slowdowns }) => slowdowns);
  const table = tableOf(
    'Slower for good: heartbeats until trusted again, mean (worst)',
    rows,
    run.contenders,
    (of) => `${figure(of.meanBeats)} (${of.worstBeats})`,
  );
  const notes = [
    `trusted again: no mistake in ${CALM} heartbeats; ${WATCHED} are watched after each change`,
  ];
  const measured = worst(rows, (of) => of.worstBeats);
  const what = 'heartbeats until trusted again, worst change';
  const goals =
    hasTardy(run) && rows.length > 0 ? [goal({ what, measured, high: REGIME_MAX })] : [];
  return { tables: [{ ...table, notes }], goals, figures: figuresOf(rows) };
}

function tableOf(
  title: string,
  rows: readonly Row[],
  contenders: readonly Contender[],
  cell: (of: Aftermath) => string,
): Table {
  return {
    title,
    columns: ['trace', 'changes', ...contenders.map(({ name }) => name)],
    rows: rows.map(({ trace, of }) => [trace.name, `${of[0]?.changes ?? 0}`, ...of.map(cell)]),
  };
}

/** Of the first contender: ours, if it takes part. */
function worst(rows: readonly Row[], value: (of: Aftermath) => number): number {
  return Math.max(...rows.flatMap(({ of }) => of.slice(0, 1)).map(value));
}

function figuresOf(rows: readonly Row[]) {
  return rows.map(({ trace, of }) => ({ trace: trace.name, of }));
}
