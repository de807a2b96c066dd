import { describe, expect, it } from 'vitest';
import { COLOURED, PLAIN } from '../../src/cli/look.ts';
import { type Column, renderTable } from '../../src/cli/table.ts';

interface Row {
  readonly peer: string;
  readonly route: string;
  readonly n: string;
  readonly basis: string;
}

const COLUMNS: readonly Column<Row>[] = [
  { title: 'PEER', cell: ({ peer }) => peer, cut: 'start' },
  { title: 'ROUTE', cell: ({ route }) => route, cut: 'end' },
  { title: 'N', cell: ({ n }) => n, align: 'right', dropOrder: 2 },
  { title: 'BASIS', cell: ({ basis }) => basis, dropOrder: 1, tone: () => 'good' },
];
const ROWS: readonly Row[] = [
  { peer: 'users:8080', route: 'GET /users/:id', n: '12,040', basis: 'measured' },
  { peer: 'db:5432', route: 'GET /', n: '2', basis: '' },
];

const table = (width: number, rows: readonly Row[] = ROWS) =>
  renderTable({ columns: COLUMNS, rows, width, paint: PLAIN });

describe('a table', () => {
  it('aligns names to the left and numbers to the right, without blanks at the end', () => {
    expect(table(Infinity)).toEqual([
      'PEER        ROUTE                N  BASIS',
      'users:8080  GET /users/:id  12,040  measured',
      'db:5432     GET /                2',
    ]);
  });

  it('drops whole columns where the terminal is narrow, least important first', () => {
    expect(table(44)[0]).toBe('PEER        ROUTE                N  BASIS');
    expect(table(43)[0]).toBe('PEER        ROUTE           BASIS');
    expect(table(35)[0]).toBe('PEER        ROUTE');
  });

  it('then cuts the longest names, each at the end that tells less', () => {
    expect(table(22)).toEqual(['PEER        ROUTE', 'users:8080  GET /use..', 'db:5432     GET /']);
    expect(table(18)[1]).toBe('..s:8080  GET /u..');
  });

  it('is never wider than the terminal while its names can be cut', () => {
    for (let width = 18; width < 60; width++) {
      expect(Math.max(...table(width).map((line) => line.length))).toBeLessThanOrEqual(width);
    }
  });

  it('lets nothing in a cell act on the terminal', () => {
    const rows = [{ ...ROWS[0]!, route: 'GET /\x1b[31m\n' }];
    expect(table(Infinity, rows)[1]).toBe('users:8080  GET /?[31m?  12,040  measured');
  });

  it('has its heading alone without rows', () => {
    expect(table(80, [])).toEqual(['PEER  ROUTE  N  BASIS']);
  });

  it('prints lines under a row', () => {
    const under = ({ peer }: Row) => (peer === 'db:5432' ? ['    why'] : []);
    const lines = renderTable({ columns: COLUMNS, rows: ROWS, width: 80, paint: PLAIN, under });
    expect(lines.slice(2)).toEqual(['db:5432     GET /                2', '    why']);
  });

  it('is as wide with colours as without', () => {
    const lines = renderTable({ columns: COLUMNS, rows: ROWS, width: 44, paint: COLOURED });
    expect(lines[1]).toBe('users:8080  GET /users/:id  12,040  \x1b[36mmeasured\x1b[39m');
    expect(lines[2]).toBe('db:5432     GET /                2');
  });
});
