/** What a part of the benchmark found: a table for people, figures for machines, and doubts. */
import type { Interval } from './statistics.ts';

export interface Part {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** How it was measured. */
  readonly notes: readonly string[];
  /** Why not to trust it. */
  readonly warnings: readonly string[];
  readonly goals: readonly Goal[];
  /** The figures behind the table. */
  readonly figures: unknown;
}

export interface Goal {
  readonly what: string;
  readonly measured: Interval;
  readonly bound: 'at most' | 'at least';
  readonly goal: number;
  readonly unit: string;
  readonly met: boolean;
  /** The interval lies wholly on one side of the goal. */
  readonly sure: boolean;
}

type GoalFacts = Pick<Goal, 'what' | 'measured' | 'goal' | 'unit'>;

export function atMost(facts: GoalFacts): Goal {
  const { measured, goal } = facts;
  const met = measured.median <= goal;
  const sure = met ? measured.high <= goal : measured.low > goal;
  return { ...facts, bound: 'at most', met, sure };
}

export function atLeast(facts: GoalFacts): Goal {
  const { measured, goal } = facts;
  const met = measured.median >= goal;
  const sure = met ? measured.low >= goal : measured.high < goal;
  return { ...facts, bound: 'at least', met, sure };
}

/** `met`, `missed`, and `?` behind it where the interval reaches over the goal. */
export function verdict({ met, sure }: Goal): string {
  return `${met ? 'met' : 'missed'}${sure ? '' : '?'}`;
}

/** Three significant digits, without an exponent. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : String(value);
  const size = Math.abs(value);
  return value.toFixed(size < 9.995 ? 2 : size < 99.95 ? 1 : 0);
}

/** `2.41 [2.20, 2.63]` */
export function withInterval({ median, low, high }: Interval): string {
  return `${figure(median)} [${figure(low)}, ${figure(high)}]`;
}

/** The same with its sign, for what is added. */
export function added(interval: Interval): string {
  return `${interval.median < 0 ? '' : '+'}${withInterval(interval)}`;
}

export function printPart(part: Part): string {
  const lines = [part.title, '', ...table(part.columns, part.rows), ''];
  lines.push(...part.notes.map((note) => `  ${note}`));
  lines.push(...part.warnings.map((warning) => `  warning: ${warning}`));
  return lines.join('\n');
}

/** How many of the goals of all parts were met, and which were not. */
export function printGoals(goals: readonly Goal[]): string[] {
  const missed = goals.filter(({ met }) => !met);
  const lines = missed.map(({ what, measured, bound, goal, unit, sure }) => {
    const unsure = sure ? '' : ' (the interval reaches over the goal)';
    return `  missed: ${what}: ${figure(measured.median)} ${unit}, goal ${bound} ${goal}${unsure}`;
  });
  const met = goals.length - missed.length;
  return [`Goals: ${met} of ${goals.length} met; "?": the interval reaches over it`, ...lines];
}

function table(columns: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [columns, ...rows];
  const widths = columns.map((_, i) => Math.max(...all.map((row) => (row[i] ?? '').length)));
  const line = (row: readonly string[]) =>
    widths.map((width, i) => (row[i] ?? '').padEnd(width)).join('  ');
  return [
    line(columns),
    widths.map((width) => '-'.repeat(width)).join('  '),
    ...rows.map(line),
  ].map((text) => `  ${text.trimEnd()}`);
}
