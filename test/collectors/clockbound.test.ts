import { mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ClockBound } from '../../collectors/clockbound.ts';
import type { TimeSourceEvent } from '../../collectors/time-source.ts';
import type { WallOffset } from '../../src/clock/types.ts';
import { Diagnostics } from '../../src/telemetry/diagnostics.ts';
import { runs } from '../support/properties.ts';

interface Segment {
  readonly magic: readonly [number, number];
  readonly bytes: number;
  readonly version: number;
  readonly generation: number;
  /** By `performance.now`. */
  readonly asOfMs: number;
  readonly voidAfterMs: number;
  readonly boundNs: bigint;
  readonly maxDriftPpb: number;
  readonly status: number;
}

const STEADY_BASE_MS = 1_795_417_000_000;
const WALL: WallOffset = { baseMs: STEADY_BASE_MS + 7, errorMs: 0.002 };

/** What the daemon of that version would write. */
function segment(fields: Partial<Segment> = {}): Buffer {
  const nowMs = performance.now();
  const all: Segment = {
    ...{ magic: [0x414d5a4e, 0x43420200], version: 2, generation: 4 },
    bytes: (fields.version ?? 2) === 1 ? 72 : 80,
    ...{ asOfMs: nowMs - 1000, voidAfterMs: nowMs + 1_000_000 },
    ...{ boundNs: 500_000n, maxDriftPpb: 50_000, status: 1 },
    ...fields,
  };
  const isV1 = all.version === 1;
  const bytes = Buffer.alloc(isV1 ? 72 : 80);
  bytes.writeUInt32LE(all.magic[0], 0);
  bytes.writeUInt32LE(all.magic[1], 4);
  bytes.writeUInt32LE(all.bytes, 8);
  bytes.writeUInt16LE(all.version, 12);
  bytes.writeUInt16LE(all.generation, 14);
  writeTimespec(bytes, 16, all.asOfMs);
  writeTimespec(bytes, 32, all.voidAfterMs);
  bytes.writeBigInt64LE(all.boundNs, 48);
  if (!isV1) bytes.writeBigUInt64LE(77n, 56); // the disruption marker
  bytes.writeUInt32LE(all.maxDriftPpb, isV1 ? 56 : 64);
  bytes.writeInt32LE(all.status, isV1 ? 64 : 68);
  return bytes;
}

function writeTimespec(bytes: Buffer, at: number, monoMs: number): void {
  const baseNs = process.hrtime.bigint() - BigInt(Math.round(performance.now() * 1e6));
  const ns = baseNs + BigInt(Math.round(monoMs * 1e6));
  bytes.writeBigInt64LE(ns / 1_000_000_000n, at);
  bytes.writeBigInt64LE(ns % 1_000_000_000n, at + 8);
}

function sourceOf(bytes?: Buffer) {
  const dir = mkdtempSync(join(tmpdir(), 'tardy-clockbound-'));
  const path = join(dir, 'shm0');
  if (bytes) writeFileSync(path, bytes);
  const events: TimeSourceEvent[] = [];
  const diagnostics = new Diagnostics();
  const onEvent = (event: TimeSourceEvent) => events.push(event);
  const wallBase = () => WALL;
  const source = new ClockBound({
    ...{ path, wallBase, diagnostics, onEvent },
    steadyBaseMs: STEADY_BASE_MS,
  });
  onTestFinished(() => {
    source.stop();
    rmSync(dir, { recursive: true });
  });
  return { source, path, events };
}

describe('ClockBound as a source', () => {
  it.each([1, 2])('bounds true time, by version %d of its memory', (version) => {
    const asOfMs = performance.now() - 10_000;
    const { source, events } = sourceOf(segment({ version, asOfMs }));
    const { offset, ...rest } = source.reading(asOfMs + 20_000);
    expect(rest).toMatchObject({ name: 'clockbound', leap: 'none' });
    expect(rest).not.toHaveProperty('why');
    expect(rest.lastAnswerAgoMs).toBeCloseTo(20_000, 1);
    // 0.5 ms, and 50 ppm of 20 s
    expect(rest.rootDistanceMs).toBeCloseTo(1.5, 5);
    expect(offset!.offsetMs).toBe(7);
    expect(offset!.lowMs).toBeCloseTo(7 - 1.502, 5);
    expect(offset!.highMs).toBeCloseTo(7 + 1.502, 5);
    expect(events).toEqual([]);
  });

  it('reads what is written later, also to a new file', () => {
    const { source, path } = sourceOf(segment());
    source.reading(performance.now());
    writeFileSync(path, segment({ generation: 6, boundNs: 9_000_000n, maxDriftPpb: 0 }));
    expect(source.reading(performance.now()).rootDistanceMs).toBe(9);
    writeFileSync(`${path}.new`, segment({ generation: 2, boundNs: 3_000_000n, maxDriftPpb: 0 }));
    renameSync(`${path}.new`, path);
    expect(source.reading(performance.now()).rootDistanceMs).toBe(3);
  });

  it('is valid while the clock runs free, too', () => {
    const { source } = sourceOf(segment({ status: 2 }));
    expect(source.reading(performance.now()).offset).toBeDefined();
  });

  it.each([
    [0, /does not know/],
    [3, /disrupted/],
    [4, /status 4/],
    [-1, /status -1/],
  ])('says nothing with status %d', (status, why) => {
    const { source } = sourceOf(segment({ status }));
    const reading = source.reading(performance.now());
    expect(reading).toMatchObject({ offset: undefined, leap: 'unsynchronised' });
    expect(reading.why).toMatch(why);
  });

  it('says nothing after its bound is void, or before it holds', () => {
    const nowMs = performance.now();
    const { source } = sourceOf(segment({ asOfMs: nowMs - 2000, voidAfterMs: nowMs + 1000 }));
    expect(source.reading(nowMs + 900).offset).toBeDefined();
    expect(source.reading(nowMs + 1100)).toMatchObject({
      offset: undefined,
      why: 'its bound is no longer valid',
    });
    expect(source.reading(nowMs - 2005).offset).toBeDefined();
    expect(source.reading(nowMs - 2100)).toMatchObject({
      offset: undefined,
      why: 'its bound is of the future',
    });
  });

  it.each([
    ['torn', 'torn', () => segment({ generation: 5 })],
    ['not ClockBound', 'format', () => segment({ magic: [0x41, 0x43420200] })],
    ['other ClockBound', 'format', () => segment({ magic: [0x414d5a4e, 0x43420300] })],
    ['never written', 'format', () => segment({ generation: 0 })],
    ['of version 0', 'version', () => segment({ version: 0 })],
    ['of version 3', 'version', () => segment({ version: 3 })],
    ['empty', 'short', () => Buffer.alloc(0)],
    ['cut off', 'short', () => segment().subarray(0, 79)],
    ['a header alone', 'short', () => segment().subarray(0, 16)],
    ['too short by its own word', 'short', () => segment({ bytes: 40 })],
    ['drifting by 100 %', 'format', () => segment({ maxDriftPpb: 1e9 })],
    ['bound below zero', 'format', () => segment({ boundNs: -1n })],
  ])('refuses memory that is %s', (_, reason, bytes) => {
    const { source, events } = sourceOf(bytes());
    const reading = source.reading(performance.now());
    expect(reading.offset).toBeUndefined();
    expect(reading.why).toBeDefined();
    expect(Object.fromEntries(source.refusals)).toEqual({ [reason]: 1 });
    expect(events).toMatchObject([{ type: 'source-refused', source: 'clockbound', reason }]);
  });

  it('is absent without an error, and may come and go', () => {
    const { source, path, events } = sourceOf();
    expect(source.reading(0)).toMatchObject({ offset: undefined, why: `no ${path}` });
    writeFileSync(path, segment());
    expect(source.reading(performance.now()).offset).toBeDefined();
    rmSync(path);
    expect(source.reading(0)).toMatchObject({ offset: undefined, why: `no ${path}` });
    expect(events).toEqual([]);
  });

  it('never throws, whatever is written', () => {
    const { source, path } = sourceOf(segment());
    fc.assert(
      fc.property(fc.nat(79), fc.uint8Array({ minLength: 1, maxLength: 8 }), (at, change) => {
        const bytes = segment();
        bytes.set(change.subarray(0, 80 - at), at);
        writeFileSync(path, bytes);
        const { offset } = source.reading(performance.now());
        if (offset) expect(offset.lowMs).toBeLessThanOrEqual(offset.highMs);
      }),
      runs(300),
    );
    truncateSync(path, 3);
    expect(source.reading(0).offset).toBeUndefined();
  });
});
