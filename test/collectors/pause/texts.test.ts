import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parsePressure, parseSteal, parseUptime } from '../../../collectors/pause/machine.ts';
import { ProcFile } from '../../../collectors/pause/proc-file.ts';
import { parseSchedStat } from '../../../collectors/pause/schedstat.ts';

const GARBAGE = [undefined, '', '\0\0', 'garbage', 'cpu', 'some total=', '-1 -1 -1', 'cpu  a b'];

describe('what the kernel says', () => {
  it('of a thread', () => {
    const none = { runMs: undefined, waitMs: undefined, runs: undefined };
    expect(parseSchedStat('65343827 3357487 25\n')).toEqual({
      ...{ runMs: 65.343827, waitMs: 3.357487, runs: 25 },
    });
    for (const text of GARBAGE) expect(parseSchedStat(text)).toEqual(none);
  });

  it('of pressure', () => {
    const text = 'some avg10=0.45 avg60=0.24 avg300=0.85 total=1142395\nfull avg10=0.00 total=7\n';
    expect(parsePressure(text)).toBe(1142.395);
    for (const garbage of GARBAGE) expect(parsePressure(garbage)).toBeUndefined();
  });

  it('of stolen time', () => {
    const text = 'cpu  3414943 203724 321967 2756872 4288 0 16542 2044 0 0\ncpu0 1 2 3 4 5 6 7 8\n';
    expect(parseSteal(text)).toBe(20_440);
    for (const garbage of GARBAGE) expect(parseSteal(garbage)).toBeUndefined();
  });

  it('of the time since boot', () => {
    expect(parseUptime('33792.98 27568.76\n')).toBe(33_792_980);
    for (const garbage of GARBAGE) expect(parseUptime(garbage)).toBeUndefined();
  });
});

describe('ProcFile', () => {
  it('reads what a file says now', () => {
    const folder = mkdtempSync(join(tmpdir(), 'tardy-proc-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'stat');
    writeFileSync(path, 'one');
    const file = new ProcFile(path);
    expect(file.read()).toBe('one');
    writeFileSync(path, 'another');
    expect(file.read()).toBe('another');
    file.close();
    expect(file.read()).toBeUndefined();
    file.close();
  });

  it.each([
    ['no such file', '/nowhere/at/all'],
    ['a folder', tmpdir()],
  ])('knows nothing of %s', (_, path) => {
    expect(new ProcFile(path).read()).toBeUndefined();
  });
});
