import { describe, expect, it } from 'vitest';
import { chosen, PARTS, readOptions } from '../../../bench/timeouts/options.ts';
import { goal, goalTable, marked, verdict } from '../../../bench/timeouts/report.ts';

describe('goals', () => {
  const facts = { what: 'achieved/target', low: 0.95, high: 1.05 };

  it.each([
    [0.95, undefined, 'met'],
    [1.05, undefined, 'met'],
    [1.06, undefined, 'missed'],
    [1.06, [0.94, 1.06], 'missed?'],
    [1.07, [0.94, 1.06], 'missed'],
    [NaN, [0.94, 1.06], 'missed'],
  ] as const)('%f with chance %j is %s', (measured, chance, expected) => {
    const found = goal({ ...facts, measured, ...(chance ? { chance } : {}) });
    expect(verdict(found)).toBe(expected);
  });

  it('stand beside their figures', () => {
    const table = goalTable([
      goal({ ...facts, measured: 2 }),
      goal({ what: 'late', measured: 1, high: 5 }),
    ]);
    expect(table.title).toBe('Goals: 1 of 2 met');
    expect(table.rows).toEqual([
      ['achieved/target', '2.00', '0.95 … 1.05', '', 'missed'],
      ['late', '1.000', '≤ 5', '', 'met'],
    ]);
  });

  it('mark a cell that misses them', () => {
    const missed = goal({ ...facts, measured: 2 });
    const byChance = goal({ ...facts, measured: 1.06, chance: [0.9, 1.1] });
    expect(marked('2', missed, byChance)).toBe('2 ✗');
    expect(marked('1.06', byChance)).toBe('1.06 ✗?');
    expect(marked('1', undefined)).toBe('1');
  });
});

describe('options', () => {
  it('are all parts and a seed by default', () => {
    expect(readOptions(['--seed', '7'])).toMatchObject({ parts: PARTS, seed: 7, quick: false });
  });

  it('name parts, rules and streams', () => {
    const args = ['--part', 'cost,timers', '--only', 'tardy,fixed', '--stream', 'step'];
    expect(readOptions(args)).toMatchObject({
      parts: ['cost', 'timers'],
      only: ['tardy', 'fixed'],
      streams: ['step'],
    });
  });

  it('say what is wrong with them', () => {
    expect(readOptions(['--part', 'speed'])).toContain('--part must be among simulation');
    expect(readOptions(['--requests', '5'])).toContain('integer >= 20000; got 5');
  });

  it('choose by the start of a name', () => {
    const rules = [{ name: 'Fixed 1 s' }, { name: 'tardy' }];
    expect(chosen(rules, ['fix'])).toEqual([{ name: 'Fixed 1 s' }]);
    expect(chosen(rules, [])).toHaveLength(2);
  });
});
