import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RollingCount } from '../../src/histogram.ts';
import { runs } from '../support/properties.ts';

describe('any rolling count', () => {
  it('counts all of the window and nothing older than a slice more', () =>
    fc.assert(
      fc.property(
        fc.array(fc.nat(400), { maxLength: 100 }),
        fc.constantFrom(600, 1000, 77),
        (gaps, windowMs) => {
          const count = new RollingCount(windowMs);
          const times: number[] = [];
          let nowMs = 0;
          for (const gap of gaps) {
            nowMs += gap;
            count.add(nowMs);
            times.push(nowMs);
            const since = (ageMs: number) => times.filter((atMs) => atMs > nowMs - ageMs).length;
            expect(count.total(nowMs)).toBeGreaterThanOrEqual(since(windowMs));
            expect(count.total(nowMs)).toBeLessThanOrEqual(since((windowMs * 7) / 6 + 1e-6));
          }
        },
      ),
      runs(200),
    ));
});
