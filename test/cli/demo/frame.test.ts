import { describe, expect, it } from 'vitest';
import { frame } from '../../../src/cli/demo/frame.ts';
import { PLAIN } from '../../../src/cli/look.ts';
import { DEMO_REPORT, KILL_REPORT } from './support.ts';

const about = {
  full: ['tardy demo: what it does', '  http://a/timeouts', '  http://a/peers', ''],
  short: ['http://a/timeouts'],
};
const picture = (width: number, height: number) =>
  frame(DEMO_REPORT, { width, height, paint: PLAIN, about });

describe('the picture of the demo', () => {
  it.each([
    ['120 columns', '120', 120, 40],
    ['80 columns', '80', 80, 24],
    ['50 columns', '50', 50, 30],
    ['a pipe', 'pipe', Infinity, Infinity],
  ])('for %s', async (_, name, width, height) => {
    const lines = picture(width, height);
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot(`../golden/demo-${name}.txt`);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
  });

  it('tells less where there are fewer lines, and is never too high', () => {
    const has = (height: number, text: string) => picture(120, height).join('\n').includes(text);
    expect(has(40, 'tardy demo')).toBe(true);
    expect(has(15, 'tardy demo')).toBe(false);
    expect(has(15, 'half as long again')).toBe(true);
    expect(has(13, '! a bound')).toBe(false);
    expect(has(9, 'half as long again')).toBe(false);
    for (let height = 0; height < 40; height++) {
      expect(picture(120, height).length).toBeLessThanOrEqual(height);
    }
  });

  it.each([
    ['120 columns', '120', 120, 60],
    ['80 columns and 24 lines', '80', 80, 24],
    ['a pipe', 'pipe', Infinity, Infinity],
  ])('with a fault, for %s', async (_, name, width, height) => {
    const report = { ...DEMO_REPORT, faults: [KILL_REPORT] };
    const lines = frame(report, { width, height, paint: PLAIN, about });
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot(`../golden/demo-kill-${name}.txt`);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
    expect(lines.length).toBeLessThanOrEqual(height);
  });

  it('keeps the sentence about a fault where there is no room for its table', () => {
    const report = { ...DEMO_REPORT, faults: [KILL_REPORT] };
    const lines = frame(report, { width: 120, height: 13, paint: PLAIN, about });
    expect(lines.join('\n')).toMatch(/\nkill: seen by 5 of 5[^\n]*\n?.*$/);
    expect(lines.join('\n')).not.toContain('OBSERVER');
  });

  it('says which fault is still to come', () => {
    const report = { ...DEMO_REPORT, planned: 'drop' as const };
    const [, line] = frame(report, { width: 120, height: 40, paint: PLAIN });
    expect(line).toBe('fault drop: as soon as there was load for a while and all are trusted');
  });

  it('says that there is no advice yet', () => {
    const report = { ...DEMO_REPORT, firstAdviceMs: undefined };
    const lines = frame(report, { width: 80, height: 24, paint: PLAIN });
    expect(lines[0]).toBe('14.7 s of load; no advice yet; target: 1 % of live replies cut off');
  });
});
