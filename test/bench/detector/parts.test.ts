import { describe, expect, it } from 'vitest';
import { benchRun } from '../../../bench/detector/bench-run.ts';
import { regimePart, shiftPart } from '../../../bench/detector/changes.ts';
import { CONTENDERS, TARDY } from '../../../bench/detector/contenders.ts';
import { gatePart } from '../../../bench/detector/gate.ts';
import { PARTS, readOptions } from '../../../bench/detector/options.ts';
import { reliabilityPart } from '../../../bench/detector/reliability.ts';
import { settingsPart } from '../../../bench/detector/settings.ts';
import { timingPart } from '../../../bench/detector/timing.ts';
import { tracesFor } from '../../../bench/detector/trace-list.ts';

function optionsOf(...args: string[]) {
  const options = readOptions(['--seed', '3', '--quick', ...args]);
  if (typeof options === 'string') throw new Error(options);
  return options;
}

describe('options', () => {
  it('are all parts, the judging traces and the gate by default', () => {
    const expected = { parts: PARTS, seed: 3, set: 'judging', gate: true, seeds: 1, only: [] };
    expect(readOptions(['--seed', '3'])).toMatchObject(expected);
  });

  it('name parts, detectors and traces', () => {
    const args = ['--part', 'timing,cost', '--only', 'tardy', '--trace', 'lan', '--train'];
    expect(readOptions([...args, '--gate', 'off'])).toMatchObject({
      ...{ parts: ['timing', 'cost'], only: ['tardy'], traces: ['lan'] },
      ...{ set: 'training', gate: false },
    });
  });

  it.each([
    [['--part', 'speed'], '--part must be among timing'],
    [['--gate', 'ajar'], '--gate must be on or off; got ajar'],
    [['--seed=-1'], '--seed must be an integer >= 0; got -1'],
    [['--seeds', '0'], '--seeds must be an integer >= 1; got 0'],
  ])('%j: %s', (args, message) => {
    expect(readOptions(args)).toContain(message);
  });
});

describe('the bench', () => {
  const options = optionsOf('--trace', 'lan@100,stalls,pauses@100,interval-x2@100');
  const run = benchRun(options, tracesFor(options), () => undefined);

  it('plays the traces that are asked for', () => {
    expect(run.traces.map(({ name }) => name)).toEqual([
      ...['lan@100ms', 'pauses@100ms', 'interval-x2@100ms', 'stalls@100ms'],
    ]);
    expect(new Set(run.traces.map(({ set }) => set))).toEqual(new Set(['judging']));
    expect(tracesFor(optionsOf('--seeds', '2', '--trace', 'lan@1s'))).toHaveLength(2);
  });

  it('shows what the gate is worth', () => {
    const [off, on] = gatePart(run).tables[0]!.rows;
    const fixed = gatePart(run).tables[0]!.columns.indexOf('fixed 3');
    expect(Number(off![fixed])).toBeGreaterThan(0);
    expect(on![fixed]).toBe('0');
  });

  it('shows that Chen by sequence number breaks down, and nobody else', () => {
    const { columns, rows } = shiftPart(run).tables[0]!;
    const of = (name: string) => Number(rows[0]![columns.indexOf(name)]!.split(' + ')[1]);
    expect(of('chen seq')).toBeGreaterThan(300);
    for (const name of ['pekko', 'cassandra', 'chen sent', '2w sent']) expect(of(name)).toBe(0);
  });

  it('has a row for each trace, and figures for all', () => {
    const parts = [timingPart, settingsPart, reliabilityPart].map((make) => make(run));
    for (const { tables } of parts) {
      for (const table of tables) {
        expect(table.rows.length).toBeGreaterThanOrEqual(run.traces.length);
        for (const row of table.rows) expect(row.length).toBeLessThanOrEqual(table.columns.length);
        expect(JSON.stringify(table.rows)).not.toContain('undefined');
      }
    }
    expect(regimePart(run).tables[0]!.rows).toHaveLength(1);
  });

  it('ours with no more mistakes has no more mistakes', () => {
    const figures = timingPart(run).figures as {
      matched: { theirs: { mistakes: number }; equalMistakes: { mistakes: number } }[];
    }[];
    for (const { theirs, equalMistakes } of figures.flatMap(({ matched }) => matched)) {
      expect(equalMistakes.mistakes).toBeLessThanOrEqual(theirs.mistakes);
    }
  });

  it('goes without ours too', () => {
    const without = benchRun(optionsOf('--only', 'pekko'), run.traces, () => undefined);
    expect(without.contenders.map(({ name }) => name)).toEqual(['pekko']);
    expect(timingPart(without).tables).toEqual([]);
    expect(settingsPart(without).goals).toEqual([]);
    expect(reliabilityPart(without).goals).toEqual([]);
  });

  it('has names that do not begin with one another, so that --only can tell them apart', () => {
    expect(CONTENDERS[0]).toBe(TARDY);
    for (const { name } of CONTENDERS) {
      const others = CONTENDERS.filter((other) => other.name !== name);
      expect(others.some((other) => other.name.startsWith(name))).toBe(false);
    }
  });
});
