import { describe, expect, it } from 'vitest';
import {
  encodeQuestion,
  type NtpAnswer,
  type NtpRefusal,
  readAnswer,
  ROOT_DISTANCE_MAX_MS,
} from '../../../collectors/ntp/packet.ts';
import { COOKIE, NOW_MS, packet, type PacketFields } from './support.ts';

/** 7 February 2036, 06:28:16 UTC: the seconds of the header begin again. */
const ROLLOVER_MS = Date.UTC(2036, 1, 7, 6, 28, 16);

function read(bytes: Uint8Array, t1WallMs = NOW_MS, t4WallMs = NOW_MS + 10) {
  return readAnswer(bytes, { cookie: COOKIE, t1WallMs, t4WallMs });
}

function reasonFor(fields: Partial<PacketFields>): NtpRefusal | undefined {
  const reading = read(packet(fields));
  return reading.answer ? undefined : reading.reason;
}

function taken(bytes: Uint8Array, nearWallMs = NOW_MS): NtpAnswer {
  const reading = read(bytes, nearWallMs, nearWallMs + 10);
  if (!reading.answer) throw new Error(`refused: ${reading.why}`);
  return reading.answer;
}

describe('a question', () => {
  it('says that it is one of version 4, and nothing of us', () => {
    const bytes = encodeQuestion(COOKIE);
    expect(bytes).toHaveLength(48);
    expect([...bytes]).toEqual([0x23, ...new Array<number>(39).fill(0), ...COOKIE]);
  });
});

describe('an answer', () => {
  it('is read', () => {
    const answer = taken(packet({ t2WallMs: NOW_MS + 2.5, t3WallMs: NOW_MS + 3.25, leap: 1 }));
    expect(answer).toMatchObject({ leap: 'insert', stratum: 2 });
    expect(answer.t2WallMs).toBeCloseTo(NOW_MS + 2.5, 3);
    expect(answer.t3WallMs).toBeCloseTo(NOW_MS + 3.25, 3);
  });

  it('admits an error of root delay / 2 + root dispersion + precision', () => {
    const { rootDistanceMs } = taken(
      packet({ rootDelayMs: 500, rootDispersionMs: 250, precision: -6 }),
    );
    expect(rootDistanceMs).toBe(250 + 250 + 1000 / 64);
  });

  it('may be of version 3, carry extensions, and not say when it was last set', () => {
    expect(reasonFor({ version: 3 })).toBeUndefined();
    expect(reasonFor({ referenceWallMs: undefined })).toBeUndefined();
    const long = Buffer.concat([packet(), Buffer.alloc(20, 0xff)]);
    expect(read(long).answer).toBeDefined();
  });

  it('is read from the middle of a buffer', () => {
    const bytes = Buffer.concat([Buffer.alloc(5, 0xff), packet()]).subarray(5);
    expect(taken(bytes).t2WallMs).toBe(NOW_MS);
  });
});

describe('a hostile answer is refused:', () => {
  const cases: readonly (readonly [string, NtpRefusal, Partial<PacketFields>])[] = [
    ["kiss-o'-death RATE", 'rate', { stratum: 0, leap: 3, referenceId: 'RATE' }],
    ["kiss-o'-death DENY", 'deny', { stratum: 0, leap: 3, referenceId: 'DENY' }],
    ["kiss-o'-death RSTR", 'restricted', { stratum: 0, leap: 3, referenceId: 'RSTR' }],
    ['any other kiss code', 'kiss', { stratum: 0, leap: 3, referenceId: 'INIT' }],
    ['a kiss code with times filled in', 'rate', { stratum: 0, leap: 0, referenceId: 'RATE' }],
    ['leap 3', 'unsynchronised', { leap: 3 }],
    ['stratum 0 without a code', 'unsynchronised', { leap: 3, stratum: 0, referenceId: '\0' }],
    ['stratum 0 that calls itself synchronised', 'stratum', { stratum: 0, referenceId: '\0' }],
    ['stratum 16', 'stratum', { stratum: 16 }],
    ['stratum 255', 'stratum', { stratum: 255 }],
    ['another cookie', 'origin', { origin: COOKIE.map((byte, i) => (i === 7 ? 0 : byte)) }],
    ['a client', 'mode', { mode: 3 }],
    ['a broadcast', 'mode', { mode: 5 }],
    ['version 2', 'version', { version: 2 }],
    ['version 5', 'version', { version: 5 }],
    ['no receive time', 'no-time', { t2WallMs: undefined }],
    ['no transmit time', 'no-time', { t3WallMs: undefined }],
    ['T3 before T2', 'time-order', { t3WallMs: NOW_MS - 0.001 }],
    ['held for longer than the exchange', 'negative-delay', { t3WallMs: NOW_MS + 10.02 }],
    ['root dispersion 5 s', 'root-distance', { rootDispersionMs: 5000 }],
    ['root delay 3 s', 'root-distance', { rootDelayMs: 3000 }],
    ['a clock that reads in steps of 2 s', 'root-distance', { precision: 1 }],
    ['the coarsest precision', 'root-distance', { precision: 127 }],
    ['root delay below zero', 'root-range', { rootDelayMs: 65_535_000 }],
    ['root dispersion 20 s', 'root-range', { rootDispersionMs: 20_000 }],
    ['last set in its future', 'reference-time', { referenceWallMs: NOW_MS + 5 }],
    ['the year 2001', 'too-early', { t2WallMs: 1e12, t3WallMs: 1e12, referenceWallMs: 1e12 }],
  ];
  it.each(cases)('%s', (_, reason, fields) => {
    expect(reasonFor(fields)).toBe(reason);
  });

  it.each([0, 1, 47])('%i bytes', (length) => {
    expect(read(packet().subarray(0, length))).toMatchObject({ reason: 'short' });
  });

  it('a kiss that is not to a question of ours is no kiss: anybody can send it', () => {
    const fields = { stratum: 0, leap: 3, referenceId: 'DENY', origin: new Uint8Array(8) };
    expect(reasonFor(fields)).toBe('origin');
  });

  it('says why in words', () => {
    const reading = read(packet({ rootDispersionMs: 5000 }));
    expect(reading).toMatchObject({
      why: `it may be 5002 ms off, at most ${ROOT_DISTANCE_MAX_MS} is of use`,
    });
  });

  it('but not for rounding', () => {
    expect(reasonFor({ referenceWallMs: NOW_MS + 0.9 })).toBeUndefined();
    expect(reasonFor({ t3WallMs: NOW_MS + 10.0015 })).toBeUndefined();
    // A clock that reads in steps of 15 ms may seem to have held it for 15 ms too long.
    expect(reasonFor({ t3WallMs: NOW_MS + 25, precision: -6 })).toBeUndefined();
    // Drift is no excuse here: how much there may be, only the estimator is told.
    const held = packet({ t3WallMs: NOW_MS + 1000.19 });
    expect(read(held, NOW_MS, NOW_MS + 1000)).toMatchObject({ reason: 'negative-delay' });
  });
});

describe('the era', () => {
  it('is the one nearest to our own idea of time, on both sides of the rollover of 2036', () => {
    for (const aheadMs of [-1000, -0.25, 0.25, 1000, 86_400_000]) {
      const t2WallMs = ROLLOVER_MS + aheadMs;
      const bytes = packet({ t2WallMs, t3WallMs: t2WallMs, referenceWallMs: t2WallMs - 5000 });
      for (const oursMs of [-3_600_000, 0, 3_600_000]) {
        expect(taken(bytes, ROLLOVER_MS + oursMs).t2WallMs).toBeCloseTo(t2WallMs, 3);
      }
    }
  });

  it('may begin between receive and transmit, and since the clock was set', () => {
    const bytes = packet({
      referenceWallMs: ROLLOVER_MS - 7000,
      t2WallMs: ROLLOVER_MS - 0.5,
      t3WallMs: ROLLOVER_MS + 0.5,
    });
    const { t2WallMs, t3WallMs } = taken(bytes, ROLLOVER_MS);
    expect(t3WallMs - t2WallMs).toBeCloseTo(1, 3);
  });

  it('does not make an old lie true', () => {
    const fields = {
      t2WallMs: ROLLOVER_MS + 1,
      t3WallMs: ROLLOVER_MS - 1,
      referenceWallMs: undefined,
    };
    expect(read(packet(fields), ROLLOVER_MS)).toMatchObject({ reason: 'time-order' });
  });

  it('is right although our own clock begins in 1970', () => {
    const t2WallMs = Date.UTC(2041, 0, 1);
    const bytes = packet({ t2WallMs, t3WallMs: t2WallMs, referenceWallMs: t2WallMs });
    expect(taken(bytes, 0).t2WallMs).toBe(t2WallMs);
  });
});
