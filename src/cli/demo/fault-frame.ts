/** What the demo says of a fault: who saw it, when, as what, on what evidence. */
import { duration } from '../../timeout/reason.ts';
import type { Paint } from '../look.ts';
import { type Column, renderTable } from '../table.ts';
import { indented } from '../text.ts';
import { FAULTS } from './faults.ts';
import type { LeaseReport } from './lease-report.ts';
import type { FaultReport, Sighting } from './sightings.ts';
import { stateMark, stateTone } from './state-mark.ts';

/** What was done, a table of who saw it, and the whole in a sentence. */
export function faultLines(report: FaultReport, width: number, paint: Paint): string[] {
  const { sightings } = report;
  const table =
    sightings.length === 0 ? [] : renderTable({ columns: COLUMNS, rows: sightings, width, paint });
  return ['', ...headline(report, width), ...table, ...faultSummary(report, width)];
}

function headline({ fault, does, ends, atS, lastedMs }: FaultReport, width: number): string[] {
  const end = lastedMs === undefined ? 'still lasts' : `${ends} ${duration(lastedMs)} later`;
  return indented(`fault ${fault}: ${does}, ${atS} s after the load began; ${end}`, width, '');
}

/** The whole of it in a sentence or three. */
export function faultSummary(report: FaultReport, width: number): string[] {
  const { fault, ends, sightings, missedBy, accused, lease } = report;
  const all = FAULTS[fault].views.length;
  const missed = missedBy.map(({ observer }) => observer).join(', ');
  const [first, last] = [sightings[0], sightings.at(-1)];
  const seen =
    first && last
      ? `${fault}: seen by ${sightings.length} of ${all}, first after ${duration(first.afterMs)}, last after ${duration(last.afterMs)}`
      : `${fault}: nobody has seen it`;
  const parts = [
    `${seen}${first && missed !== '' ? ` (not by ${missed})` : ''}; ${trust(report, all, ends)}`,
    ...(lease ? [leaseWords(lease)] : []),
    ...(accused.length === 0 ? [] : [`called so by mistake: ${mistakes(report)}`]),
  ];
  return parts.flatMap((part) => indented(part, width, ''));
}

function leaseWords(lease: LeaseReport): string {
  const { holder, token, successor, newToken, takenOverAfterMs = 0, refused, staleWrites } = lease;
  const held = `${holder} held the lease with token ${token}`;
  if (successor === undefined) return `${held}; nobody has taken it over`;
  const taken = `${successor} took over with token ${newToken} after ${duration(takenOverAfterMs)}`;
  return `${held}; ${taken}; late writes refused: ${refused}, taken: ${staleWrites}`;
}

function trust({ sightings, lastedMs }: FaultReport, all: number, ends: string): string {
  if (lastedMs === undefined) return 'it still lasts';
  const after = sightings.flatMap(({ trustedAfterMs }) => trustedAfterMs ?? []);
  if (after.length === 0) return 'trusted again by nobody so far';
  const latestMs = Math.max(...after);
  const when =
    latestMs < 0
      ? 'while it still lasted'
      : `at the latest ${duration(latestMs)} after it was ${ends}`;
  return `trusted again by ${after.length} of ${sightings.length === 0 ? all : sightings.length}, ${when}`;
}

function mistakes({ accused }: FaultReport): string {
  const words = accused.map(({ observer, node, state }) => `${node} ${state} by ${observer}`);
  return [...new Set(words)].join(', ');
}

function trustedCell({ trustedAfterMs }: Sighting): string {
  if (trustedAfterMs === undefined) return 'not yet';
  return trustedAfterMs < 0 ? 'meanwhile' : `after ${duration(trustedAfterMs)}`;
}

const COLUMNS: readonly Column<Sighting>[] = [
  { title: 'OBSERVER', cell: ({ observer }) => observer },
  { title: 'SAW', cell: ({ node }) => node, dropOrder: 9 },
  { title: 'AFTER', cell: ({ afterMs }) => duration(afterMs), align: 'right' },
  {
    title: 'AS',
    cell: ({ state }) => stateMark(state),
    tone: ({ state }) => stateTone(state),
  },
  { title: 'EVIDENCE', cell: ({ evidence }) => evidence.join(', '), cut: 'end', dropOrder: 7 },
  {
    title: 'AT WORST',
    cell: ({ worst }) => stateMark(worst),
    tone: ({ worst }) => stateTone(worst),
  },
  {
    title: 'AFTER',
    cell: ({ worstAfterMs }) => duration(worstAfterMs),
    align: 'right',
    dropOrder: 8,
  },
  { title: 'TRUSTED AGAIN', cell: trustedCell },
];
