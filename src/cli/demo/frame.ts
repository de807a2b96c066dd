/** What the demo shows: one picture of its report, as lines. */
import { duration, percent } from '../../timeout/reason.ts';
import { basisTone, bracketed, count, explanation, milliseconds, range } from '../format.ts';
import type { Paint } from '../look.ts';
import { type Column, renderTable } from '../table.ts';
import { indented, printable } from '../text.ts';
import type { DemoEntry, DemoReport } from './demo-report.ts';
import { faultLines, faultSummary } from './fault-frame.ts';
import { stateMark, stateTone } from './state-mark.ts';

export interface FrameOptions {
  readonly width: number;
  /** Lines there is room for. */
  readonly height: number;
  readonly paint: Paint;
  /** What stands above: as it is, and in few lines for a low terminal. */
  readonly about?: { readonly full: readonly string[]; readonly short: readonly string[] };
}

const WHEN = 'as soon as there was load for a while and all are trusted';

type Under = (entry: DemoEntry) => readonly string[];

/**
 * Heading, table, and under each row where its number comes from, as far as there is room; below,
 * what became of faults.
 */
export function frame(report: DemoReport, options: FrameOptions): string[] {
  const { width, height, paint, about = { full: [], short: [] } } = options;
  const faint = (lines: readonly string[]) => lines.map((line) => paint('faint', line));
  const everything: Under = ({ advice }) => faint(explanation(advice, width));
  const reason: Under = ({ advice }) => faint(indented(printable(advice.reason), width, '    '));
  const nothing: Under = () => [];
  const last = report.faults.slice(-1);
  const told = last.flatMap((fault) => faultLines(fault, width, paint));
  const all = report.faults.flatMap((fault) => faultLines(fault, width, paint));
  const inShort = last.flatMap((fault) => faultSummary(fault, width));
  const draw = (head: readonly string[], under: Under, below: readonly string[] = told) => [
    ...head,
    ...heading(report, width),
    '',
    ...renderTable({ columns: COLUMNS, rows: report.timeouts, width, paint, under }),
    ...below,
  ];
  const smallest = () => draw(about.short, nothing, inShort);
  const variants = [
    () => draw(about.full, everything, all),
    () => draw(about.short, everything),
    () => draw(about.short, reason),
    () => draw(about.short, nothing),
    smallest,
  ];
  for (const variant of variants) {
    const lines = variant();
    if (lines.length <= height) return lines;
  }
  return smallest().slice(0, height);
}

function heading(report: DemoReport, width: number): string[] {
  const { durationS, firstAdviceMs, targetRate, timeouts, planned } = report;
  const advice =
    firstAdviceMs === undefined ? 'no advice yet' : `first advice after ${duration(firstAdviceMs)}`;
  const target = `target: ${percent(targetRate)} of live replies cut off`;
  return [
    ...indented(`${durationS} s of load; ${advice}; ${target}`, width, ''),
    ...(planned === undefined ? [] : indented(`fault ${planned}: ${WHEN}`, width, '')),
    ...timeouts.filter(({ enforced }) => enforced).flatMap((entry) => kept(entry, width)),
  ];
}

/** Whether the promise is kept where the advice is applied. */
function kept({ service, advice, requests }: DemoEntry, width: number): string[] {
  const { targetRate, achievedRate } = advice;
  const achieved =
    achievedRate === undefined
      ? 'too early to say'
      : `achieved ${percent(achievedRate)} of ${count(requests)} requests`;
  return indented(`${service}: target ${percent(targetRate)} cut off, ${achieved}`, width, '');
}

const COLUMNS: readonly Column<DemoEntry>[] = [
  { title: 'SERVICE', cell: ({ service }) => service },
  {
    title: 'STATE',
    cell: ({ state }) => stateMark(state),
    tone: ({ state }) => stateTone(state),
  },
  { title: 'PEER', cell: ({ peer }) => peer, dropOrder: 9 },
  { title: 'ROUTE', cell: ({ route }) => route, cut: 'end' },
  { title: 'REQS', cell: ({ requests }) => count(requests), align: 'right', dropOrder: 7 },
  { title: 'P50', cell: ({ p50Ms }) => milliseconds(p50Ms), align: 'right', dropOrder: 5 },
  { title: 'P99', cell: ({ p99Ms }) => milliseconds(p99Ms), align: 'right', dropOrder: 4 },
  // Today's timeout and the arrow to the advice read as one: `TIMEOUT -> ADVICE`.
  {
    title: 'TIMEOUT',
    cell: ({ configuredTimeoutMs, enforced }) =>
      enforced ? 'applied' : milliseconds(configuredTimeoutMs),
    align: 'right',
  },
  {
    title: '-> ADVICE',
    cell: ({ advice }) =>
      advice.timeoutMs === undefined ? '' : `-> ${duration(advice.timeoutMs)}`,
    tone: () => 'strong',
  },
  { title: '(LOWER..UPPER)', cell: ({ advice }) => bracketed(range(advice)), dropOrder: 8 },
  {
    title: 'BASIS',
    cell: ({ advice }) => advice.basis,
    dropOrder: 6,
    tone: ({ advice }) => basisTone(advice),
  },
];
