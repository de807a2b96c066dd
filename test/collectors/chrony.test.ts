import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Chrony } from '../../collectors/chrony.ts';
import { encodeTrackingRequest, readTrackingReply } from '../../collectors/chrony-tracking.ts';
import type { TimeSourceEvent } from '../../collectors/time-source.ts';
import type { WallOffset } from '../../src/clock/types.ts';
import { Diagnostics } from '../../src/telemetry/diagnostics.ts';
import { runs } from '../support/properties.ts';

const SEQUENCE = 0x01020304;
/**
 * Recorded from chronyd 4.3 whose source was 10 s behind. `chronyc -c tracking` at the same time:
 * 7F000001,127.0.0.1,9,1795417797.899969044,-9.999985695,0.000000009,0.000001314,-0.222,0.004,
 * 0.415,0.000036231,0.000001316,0.5,Normal
 */
const SYNCHRONISED = Buffer.from(
  '060200000021000500000000000000000102030400000000000000007f0000017f000001000000000000000000000000' +
    '0001000000090000000000006b03e6c535a470140b60000fce9368b4dcb055e9ff1c9db1f4881bbc00d45503e697f6bd' +
    'dcaf933d02817959',
  'hex',
);
/** The same before it had a source. */
const UNSYNCHRONISED = Buffer.from(
  '060200000021000500000000000000000102030400000000000000000000000000000000000000000000000000000000' +
    '000000000000000300000000000000000000000000000000000000000000000000000000000000000000000004800000' +
    '0480000000000000',
  'hex',
);
const STEADY_BASE_MS = 1_795_417_000_000;
const WALL: WallOffset = { baseMs: STEADY_BASE_MS + 7, errorMs: 0.002 };

function changed(at: number, value: number): Buffer {
  const bytes = Buffer.from(SYNCHRONISED);
  bytes[at] = value;
  return bytes;
}

/** chrony's format of a number, as exact as it can be. */
function float(value: number): number {
  const exponent = value === 0 ? 0 : Math.floor(Math.log2(Math.abs(value))) + 2;
  const coefficient = Math.round(value * 2 ** (25 - exponent));
  return ((exponent & 0x7f) * 2 ** 25 + (coefficient & 0x1ffffff)) >>> 0;
}

describe('the question', () => {
  it('is as long as its answer, and asks for tracking', () => {
    const bytes = encodeTrackingRequest(SEQUENCE);
    expect(bytes).toHaveLength(SYNCHRONISED.length);
    expect([...bytes.subarray(0, 12)]).toEqual([6, 1, 0, 0, 0, 33, 0, 0, 1, 2, 3, 4]);
    expect(bytes.subarray(12).every((byte) => byte === 0)).toBe(true);
  });
});

describe('an answer', () => {
  it('says what chronyc shows', () => {
    const { tracking } = readTrackingReply(SYNCHRONISED, SEQUENCE);
    expect(tracking).toEqual({
      leap: 'none',
      stratum: 9,
      offsetMs: expect.closeTo(-9999.985695, 6) as number,
      rootDelayMs: expect.closeTo(0.036231, 6) as number,
      rootDispersionMs: expect.closeTo(0.001308, 6) as number,
    });
  });

  it('says that nothing is known', () => {
    const { tracking } = readTrackingReply(UNSYNCHRONISED, SEQUENCE);
    expect(tracking).toMatchObject({ leap: 'unsynchronised', rootDispersionMs: 1000 });
  });

  it.each([
    ['short', 'short', SYNCHRONISED.subarray(0, 103)],
    ['empty', 'short', Buffer.alloc(0)],
    ['of version 5', 'version', changed(0, 5)],
    ['a question', 'mode', changed(1, 1)],
    ['to another command', 'sequence', changed(5, 34)],
    ['to another question', 'sequence', changed(19, 5)],
    ['a failure', 'status', changed(9, 1)],
    ['about something else', 'sequence', changed(7, 6)],
  ])('is refused that is %s', (_, reason, bytes) => {
    expect(readTrackingReply(bytes, SEQUENCE)).toMatchObject({ tracking: undefined, reason });
  });

  it('has numbers of 24 bits', () => {
    const size = fc.double({ min: 1e-9, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(size, fc.boolean(), (magnitude, isNegative) => {
        const value = isNegative ? -magnitude : magnitude;
        const bytes = Buffer.from(SYNCHRONISED);
        bytes.writeUInt32BE(float(value), 68);
        const { tracking } = readTrackingReply(bytes, SEQUENCE);
        expect(Math.abs(tracking!.offsetMs / 1000 - value)).toBeLessThan(magnitude * 2 ** -22);
      }),
      runs(500),
    );
  });

  it('is never thrown at', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 130 }), (bytes) => {
        expect(readTrackingReply(bytes, SEQUENCE).tracking).toBeUndefined();
      }),
      runs(500),
    );
  });
});

/** Answers with these bytes, in which the sequence number is put; undefined: not at all. */
async function fakeChronyd(answer: () => Buffer | undefined) {
  const socket = createSocket('udp4');
  socket.on('message', (question, from) => {
    const bytes = answer();
    if (!bytes) return;
    const reply = Buffer.from(bytes);
    question.copy(reply, 16, 8, 12);
    socket.send(reply, from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const close = () => once(socket.close(), 'close');
  return { port: socket.address().port, close };
}

function chronyAt(port: number, wallBase = () => WALL) {
  const events: TimeSourceEvent[] = [];
  const diagnostics = new Diagnostics();
  const onEvent = (event: TimeSourceEvent) => events.push(event);
  const chrony = new Chrony({
    ...{ port, wallBase, diagnostics, onEvent },
    steadyBaseMs: STEADY_BASE_MS,
  });
  onTestFinished(() => chrony.stop());
  return { chrony, events, diagnostics };
}

async function fake(answer: () => Buffer | undefined): Promise<number> {
  const { port, close } = await fakeChronyd(answer);
  onTestFinished(() => void close());
  return port;
}

describe('chrony as a source', () => {
  it('bounds true time by root delay / 2 + root dispersion and our error of the wall clock', async () => {
    const { chrony, events } = chronyAt(await fake(() => SYNCHRONISED));
    expect(chrony.reading(0)).toMatchObject({ offset: undefined, why: 'not asked yet' });
    await chrony.poll();
    const atMs = performance.now();
    const { offset, lastAnswerAgoMs, ...rest } = chrony.reading(atMs);
    expect(rest).toMatchObject({ name: 'chrony', leap: 'none', stratum: 9 });
    expect(rest.rootDistanceMs).toBeCloseTo(0.0181 + 0.0013, 4);
    expect(lastAnswerAgoMs).toBeGreaterThan(0);
    expect(offset!.offsetMs).toBeCloseTo(7 - 9999.985695, 5);
    expect(offset!.lowMs).toBeLessThan(offset!.offsetMs - 0.0194 - 0.002);
    expect(events).toEqual([]);
  });

  it('allows for the slewing that brings the wall clock nearer', async () => {
    const { chrony } = chronyAt(await fake(() => SYNCHRONISED));
    await chrony.poll();
    const { offset } = chrony.reading(performance.now());
    expect(offset!.highMs).toBeGreaterThan(7 + 0.0194);
    expect(offset!.highMs).toBeLessThan(7.2);
  });

  it('grows by 200 ppm with age, until it is too old', async () => {
    const { chrony } = chronyAt(await fake(() => SYNCHRONISED));
    await chrony.poll();
    const nowMs = performance.now();
    const [young, old] = [chrony.reading(nowMs), chrony.reading(nowMs + 10_000)];
    expect(young.offset!.lowMs - old.offset!.lowMs).toBeCloseTo(2, 6);
    expect(old.offset!.highMs - young.offset!.highMs).toBeCloseTo(2, 6);
    expect(chrony.reading(nowMs + 3_700_000).offset).toBeUndefined();
  });

  it('says nothing while chronyd is not synchronised, not even what it said before', async () => {
    let bytes = SYNCHRONISED;
    const { chrony, events } = chronyAt(await fake(() => bytes));
    await chrony.poll();
    bytes = UNSYNCHRONISED;
    await chrony.poll();
    expect(chrony.reading(performance.now())).toEqual({
      ...{ name: 'chrony', offset: undefined, leap: 'unsynchronised' },
      why: 'chronyd is not synchronised',
    });
    expect(events).toMatchObject([{ type: 'source-refused', reason: 'unsynchronised' }]);
  });

  it.each([
    ['root dispersion of 2 s', 'root-distance', 96, 2],
    ['root dispersion below zero', 'root-range', 96, -0.1],
    ['root delay below zero', 'root-range', 92, -0.1],
  ])('refuses a %s', async (_, reason, at, seconds) => {
    const bytes = Buffer.from(SYNCHRONISED);
    bytes.writeUInt32BE(float(seconds), at);
    const { chrony } = chronyAt(await fake(() => bytes));
    await chrony.poll();
    expect(chrony.reading(0).offset).toBeUndefined();
    expect(Object.fromEntries(chrony.refusals)).toEqual({ [reason]: 1 });
  });

  it('takes nothing while our wall clock is stepped', async () => {
    let baseMs = 0;
    const stepping = () => ({ baseMs: (baseMs += 1), errorMs: 0.1 });
    const { chrony } = chronyAt(await fake(() => SYNCHRONISED), stepping);
    await chrony.poll();
    expect(chrony.reading(0).offset).toBeUndefined();
    expect(Object.fromEntries(chrony.refusals)).toEqual({ inconsistent: 1 });
  });

  it('is no source where there is no chronyd, and that is no failure', async () => {
    const { port, close } = await fakeChronyd(() => undefined);
    await close();
    const { chrony, events, diagnostics } = chronyAt(port);
    await chrony.poll();
    expect(chrony.reading(0)).toMatchObject({ why: `no chronyd at UDP port ${port}` });
    expect([events, diagnostics.errors, chrony.refusals.size]).toEqual([[], 0, 0]);
  });
});
