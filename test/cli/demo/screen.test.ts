import { describe, expect, it } from 'vitest';
import { Screen } from '../../../src/cli/demo/screen.ts';
import { fakeContext } from '../support.ts';
import { DEMO_REPORT } from './support.ts';

const TERMINAL = { columns: 80, rows: 24 };

describe('the screen', () => {
  it('draws over the last picture on a terminal', () => {
    const { context, written } = fakeContext({ terminal: TERMINAL }, true);
    const screen = new Screen(context);
    screen.show(DEMO_REPORT);
    expect(written.out.startsWith('\x1b[0J14.7 s of load')).toBe(true);
    const lines = written.out.split('\n').length - 1;
    expect(lines).toBeLessThan(TERMINAL.rows);
    written.out = '';
    screen.show(DEMO_REPORT);
    expect(written.out.startsWith(`\x1b[${lines}F\x1b[0J14.7 s of load`)).toBe(true);
  });

  it('finds the top of a picture whose lines were broken by a narrower terminal', () => {
    const size = { ...TERMINAL };
    const { context, written } = fakeContext({ terminal: size }, true);
    const screen = new Screen(context);
    screen.show(DEMO_REPORT);
    const wide = written.out.split('\n').slice(0, -1);
    written.out = '';
    size.columns = 40;
    screen.show(DEMO_REPORT);
    const broken = wide.map((line) => line.replace('\x1b[0J', '').length);
    const rows = broken.reduce((sum, length) => sum + Math.max(1, Math.ceil(length / 40)), 0);
    expect(written.out.startsWith(`\x1b[${rows}F`)).toBe(true);
  });

  it('appends elsewhere, every five seconds, without escape sequences', () => {
    const { context, written, clock } = fakeContext();
    const screen = new Screen(context);
    for (; clock.nowMs <= 10_000; clock.nowMs += 1000) screen.show(DEMO_REPORT);
    expect(written.out.match(/s of load/g)).toHaveLength(3);
    expect(written.out).not.toContain('\x1b');
  });

  it('waits for the first advice before it appends', () => {
    const { context, written } = fakeContext();
    const early = { ...DEMO_REPORT, firstAdviceMs: undefined };
    new Screen(context).show(early);
    expect(written.out).toBe('');
  });
});
