import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAnswer, ROOT_DISTANCE_MAX_MS } from '../../../collectors/ntp/packet.ts';
import { runs } from '../../support/properties.ts';
import { COOKIE, NOW_MS, packet } from './support.ts';

const question = { cookie: COOKIE, t1WallMs: NOW_MS, t4WallMs: NOW_MS + 10 };
const YEAR_MS = 365 * 86_400_000;

describe('answers of any kind', () => {
  it('are read or refused, never thrown at', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(readAnswer(bytes, question).answer).toBeUndefined();
      }),
      runs(2000),
    );
  });

  it('are taken only if they can be true, whatever was changed in them', () => {
    const change = fc.tuple(fc.nat(47), fc.nat(255));
    const changes = fc.array(change, { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(changes, (all) => {
        const bytes = packet();
        for (const [at, value] of all) bytes[at] = value;
        const { answer } = readAnswer(bytes, question);
        if (!answer) return;
        const { t2WallMs, t3WallMs, stratum, leap, rootDistanceMs } = answer;
        expect(bytes.subarray(24, 32)).toEqual(Buffer.from(COOKIE));
        expect(t2WallMs).toBeLessThanOrEqual(t3WallMs);
        expect(t3WallMs - t2WallMs).toBeLessThan(1010);
        expect(t2WallMs).toBeGreaterThanOrEqual(Date.UTC(2026, 0, 1));
        expect(stratum).toBeGreaterThanOrEqual(1);
        expect(stratum).toBeLessThanOrEqual(15);
        expect(leap).not.toBe('unsynchronised');
        expect(rootDistanceMs).toBeGreaterThan(0);
        expect(rootDistanceMs).toBeLessThanOrEqual(ROOT_DISTANCE_MAX_MS);
      }),
      runs(3000),
    );
  });
});

describe('times', () => {
  it('are read to a microsecond in any era, if our clock is less than 68 years off', () => {
    const whenMs = fc.double({ min: Date.UTC(2026, 0, 2), max: Date.UTC(2400, 0, 1), noNaN: true });
    const offMs = fc.double({ min: -67 * YEAR_MS, max: 67 * YEAR_MS, noNaN: true });
    fc.assert(
      fc.property(whenMs, offMs, (t2WallMs, oursOffMs) => {
        const oursMs = t2WallMs + oursOffMs;
        const bytes = packet({ t2WallMs, t3WallMs: t2WallMs, referenceWallMs: t2WallMs - 1 });
        const ours = { cookie: COOKIE, t1WallMs: oursMs, t4WallMs: oursMs + 1 };
        const { answer } = readAnswer(bytes, ours);
        expect(Math.abs(answer!.t2WallMs - t2WallMs)).toBeLessThan(0.002);
      }),
      runs(2000),
    );
  });
});
