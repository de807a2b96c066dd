/**
 * One setting each, as slow as ours: a rival may have few mistakes because it is slow, so each is
 * given the one phi for all traces with which its T_D, the median over the traces, is that of ours.
 */
import { median } from '../overhead/statistics.ts';
import { figure, type Table } from '../timeouts/report.ts';
import { type BenchRun } from './bench-run.ts';
import { type Contender, TARDY } from './contenders.ts';
import { type Quality, replay } from './replay.ts';

const COARSE_STEP = 2.2;
const COARSE = Array.from({ length: 9 }, (_, i) => COARSE_STEP ** (i - 4));
const FINE_STEPS = 10;

export interface SameSpeed {
  readonly name: string;
  readonly phi: number;
  /** The mean T_D of a trace in intervals, median over the traces: one trace decides no mean. */
  readonly medianTdIntervals: number;
  /** Of each trace. */
  readonly mistakes: readonly number[];
}

/** Undefined if it cannot be so fast. */
export function asFast(
  run: BenchRun,
  contender: Contender,
  targetTd: number,
): SameSpeed | undefined {
  const coarse = atPhis(
    run,
    contender,
    COARSE.map((factor) => factor * contender.phi),
  );
  const from = coarse.findLast(({ medianTdIntervals }) => medianTdIntervals <= targetTd);
  if (!from) return undefined;
  const phis = Array.from(
    { length: FINE_STEPS },
    (_, i) => from.phi * COARSE_STEP ** (i / FINE_STEPS),
  );
  return atPhis(run, contender, phis).findLast(
    ({ medianTdIntervals }) => medianTdIntervals <= targetTd,
  );
}

function atPhis(run: BenchRun, contender: Contender, phis: readonly number[]): SameSpeed[] {
  const { gate } = run.options;
  const byTrace = run.traces.map(
    (trace) => replay(trace, contender.make(trace.intervalMs), { phis, gate }).qualities,
  );
  return phis.map((phi, at) => {
    const qualities = byTrace.map((each) => each[at] as Quality);
    const intervals = qualities.map(({ meanTdMs }, i) => meanTdMs / run.traces[i]!.intervalMs);
    return {
      name: contender.name,
      phi,
      medianTdIntervals: median(intervals),
      mistakes: qualities.map(({ mistakes }) => mistakes.length),
    };
  });
}

export function sameSpeedTable(run: BenchRun, own: SameSpeed): readonly [Table, SameSpeed[]] {
  const rivals = run.contenders
    .filter((contender) => contender !== TARDY)
    .flatMap((contender) => {
      run.progress(`as fast as tardy: ${contender.name}`);
      return asFast(run, contender, own.medianTdIntervals) ?? [];
    });
  const all = [own, ...rivals];
  const slower = run.contenders.filter(({ name }) => !all.some((each) => each.name === name));
  const notes = ['of rules that are a deadline, phi 1 is the published one'];
  if (slower.length > 0) {
    notes.push(`never so fast with any phi: ${slower.map(({ name }) => name).join(', ')}`);
  }
  const table = {
    title: 'Mistakes with one setting each, chosen so that the median T_D of the traces is ours',
    columns: ['trace', ...all.map(({ name }) => name)],
    rows: [
      ...run.traces.map(({ name }, i) => [name, ...all.map(({ mistakes }) => `${mistakes[i]}`)]),
      ['sum', ...all.map(({ mistakes }) => `${mistakes.reduce((sum, each) => sum + each, 0)}`)],
      ['phi', ...all.map(({ phi }) => figure(phi))],
      ['median T_D, intervals', ...all.map(({ medianTdIntervals }) => figure(medianTdIntervals))],
    ],
    notes,
  };
  return [table, rivals];
}
