/**
 * Tables for terminals: no lines, two blanks between columns, numbers to the right. Where the
 * terminal is too narrow, whole columns go, the least important first; then long names are cut.
 */
import type { Paint, Tone } from './look.ts';
import { cut, printable } from './text.ts';

export interface Column<Row> {
  readonly title: string;
  /** Blank where there is no data. */
  readonly cell: (row: Row) => string;
  readonly align?: 'left' | 'right';
  /** The column with the highest number goes first; one without never goes. */
  readonly dropOrder?: number;
  /** May be cut when nothing else helps; which end may be lost. */
  readonly cut?: 'start' | 'end';
  readonly tone?: (row: Row) => Tone | undefined;
}

export interface TableOptions<Row> {
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  /** Infinity where it goes to a file or a pipe. */
  readonly width: number;
  readonly paint: Paint;
  /** Lines to print under a row. */
  readonly under?: (row: Row) => readonly string[];
}

const GAP = '  ';
/** A name cut shorter tells nothing. */
const CUT_WIDTH_MIN = 8;

interface Sized<Row> {
  readonly column: Column<Row>;
  readonly cells: readonly string[];
  readonly width: number;
}

export function renderTable<Row>(options: TableOptions<Row>): string[] {
  const { columns, rows, width, paint, under } = options;
  const sized = shrink(
    dropUntilItFits(
      columns.map((column) => measure(column, rows)),
      width,
    ),
    width,
  );
  const heading = sized.map(({ column, width: cell }) => pad(column.title, cell, column.align));
  const lines = [paint('heading', cut(heading.join(GAP).trimEnd(), width))];
  rows.forEach((row, i) => {
    lines.push(rowLine(sized, row, i, paint), ...(under?.(row) ?? []));
  });
  return lines;
}

function measure<Row>(column: Column<Row>, rows: readonly Row[]): Sized<Row> {
  const cells = rows.map((row) => printable(column.cell(row)));
  const width = Math.max(column.title.length, ...cells.map((cell) => cell.length));
  return { column, cells, width };
}

function totalWidth<Row>(columns: readonly Sized<Row>[]): number {
  const gaps = GAP.length * Math.max(0, columns.length - 1);
  return columns.reduce((total, { width }) => total + width, gaps);
}

function dropUntilItFits<Row>(columns: readonly Sized<Row>[], width: number): Sized<Row>[] {
  let kept = [...columns];
  while (totalWidth(kept) > width) {
    const orders = kept.map(({ column }) => column.dropOrder ?? -Infinity);
    const next = Math.max(...orders);
    if (next === -Infinity) break;
    kept = kept.filter((_, i) => orders[i] !== next);
  }
  return kept;
}

/** Takes what is still missing from the columns that may be cut, the widest first. */
function shrink<Row>(columns: readonly Sized<Row>[], width: number): Sized<Row>[] {
  let over = totalWidth(columns) - width;
  const widestFirst = columns
    .filter(({ column }) => column.cut !== undefined)
    .sort((a, b) => b.width - a.width);
  const widths = new Map<Sized<Row>, number>();
  for (const each of widestFirst) {
    const taken = Math.max(0, Math.min(over, each.width - CUT_WIDTH_MIN));
    widths.set(each, each.width - taken);
    over -= taken;
  }
  return columns.map((each) => ({ ...each, width: widths.get(each) ?? each.width }));
}

function rowLine<Row>(columns: readonly Sized<Row>[], row: Row, i: number, paint: Paint): string {
  const last = columns.length - 1;
  return columns
    .map(({ column, cells, width }, at) => {
      const text = cut(cells[i] ?? '', width, column.cut);
      const padded =
        at === last && column.align !== 'right' ? text : pad(text, width, column.align);
      const tone = column.tone?.(row);
      return tone && text !== '' ? paint(tone, padded) : padded;
    })
    .join(GAP)
    .trimEnd();
}

function pad(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  return align === 'left' ? text.padEnd(width) : text.padStart(width);
}
