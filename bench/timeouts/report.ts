/** What a part found: tables for people, goals beside their figures, figures for machines. */
import { figure, printPart } from '../overhead/report.ts';

export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly notes?: readonly string[];
}

/** A figure within which a goal wants it; chance may move a figure that far by itself. */
export interface GoalFacts {
  readonly what: string;
  readonly measured: number;
  readonly low?: number;
  readonly high?: number;
  /** What chance alone makes of a perfect rule. */
  readonly chance?: readonly [number, number];
}

export interface Goal extends GoalFacts {
  readonly met: boolean;
  /** Missed, and not by more than chance. */
  readonly byChance: boolean;
}

export interface PartResult {
  readonly tables: readonly Table[];
  readonly goals: readonly Goal[];
  readonly figures: unknown;
}

/** What a part is given. */
export interface Run {
  readonly quick: boolean;
  readonly seed: number;
  readonly only: readonly string[];
  readonly streams: readonly string[];
  readonly requests: number | undefined;
  progress(what: string): void;
}

export function goal(facts: GoalFacts): Goal {
  const { measured, low = -Infinity, high = Infinity, chance } = facts;
  const met = measured >= low && measured <= high;
  const byChance = !met && !!chance && measured >= chance[0] && measured <= chance[1];
  return { ...facts, met, byChance };
}

/** `met`, `missed`, or `missed?` where chance alone could have moved it so far. */
export function verdict({ met, byChance }: Goal): string {
  return met ? 'met' : byChance ? 'missed?' : 'missed';
}

export function printTable({ title, columns, rows, notes = [] }: Table): string {
  return printPart({ title, columns, rows, notes, warnings: [], goals: [], figures: undefined });
}

/** More goals than this are told one by one only if they were missed. */
const TOLD_MAX = 30;

export function goalTable(goals: readonly Goal[]): Table {
  const missed = goals.filter((each) => !each.met);
  const told = goals.length > TOLD_MAX ? missed : goals;
  return {
    title: `Goals: ${goals.length - missed.length} of ${goals.length} met`,
    columns: ['figure', 'measured', 'goal', 'by chance', ''],
    rows: told.map((each) => [
      each.what,
      fine(each.measured),
      wanted(each),
      each.chance ? each.chance.map(fine).join(' … ') : '',
      verdict(each),
    ]),
    notes: [
      ...(told === missed ? ['those that were met stand in the tables above'] : []),
      'missed?: outside the goal, but within what chance makes of a perfect rule (95 %)',
    ],
  };
}

function wanted({ low, high }: GoalFacts): string {
  if (low === undefined) return `≤ ${high}`;
  return high === undefined ? `≥ ${low}` : `${low} … ${high}`;
}

/** A figure with the mark of its goal, for a cell of a table. */
export function marked(text: string, ...goals: readonly (Goal | undefined)[]): string {
  const missed = goals.filter((each) => each && !each.met);
  if (missed.length === 0) return text;
  return `${text} ${missed.every((each) => each?.byChance) ? '✗?' : '✗'}`;
}

/** Three decimals near 1, where calibration is told apart; else three digits. */
export function fine(value: number): string {
  return Math.abs(value) < 2 && Number.isFinite(value) ? value.toFixed(3) : figure(value);
}

export { figure };
