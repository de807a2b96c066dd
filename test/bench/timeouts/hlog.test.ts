import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readIntervals } from '../../../bench/timeouts/hlog.ts';

const TRACES = new URL('../../../bench/timeouts/traces/', import.meta.url);

describe('interval logs', () => {
  it.each([
    ['version 1', gunzipSync(readFileSync(new URL('ycsb.logV1.hlog.gz', TRACES))).toString(), 500],
    ['version 2', readFileSync(new URL('jHiccup-2.0.7S.logV2.hlog', TRACES)).toString(), 30],
  ])('%s: the largest value decoded is the one written beside it', (_, log, atLeast) => {
    let compared = 0;
    for (const line of log.split('\n')) {
      const [interval] = readIntervals(line, 1_000_000);
      const written = Number(line.split(',')[2]);
      if (!interval) continue;
      const end = interval.lowsMs.at(-1)! + interval.widthsMs.at(-1)!;
      expect(Math.abs(end - written)).toBeLessThan(0.01 * written + 0.0006); // three decimals
      compared++;
    }
    expect(compared).toBeGreaterThan(atLeast);
  });

  it('says what is wrong with a line', () => {
    expect(() => readIntervals('1.0,2.0', 1000)).toThrow('not a line of an interval log');
  });
});
