/**
 * The bound of our wall clock's error that AWS ClockBound keeps in shared memory, read as a file.
 *
 * Its daemon writes what chronyd says, once a second, under a generation number that is odd while
 * it writes. Its instants are of CLOCK_MONOTONIC, which `process.hrtime` reads too. The bound
 * holds at an instant and grows by a drift that the daemon was told; after `void_after` it is
 * worth nothing. A wall clock stepped by anybody but chronyd is noticed by it only at its next
 * look, so this source is one among others.
 *
 * Source: docs/PROTOCOL.md of aws/clock-bound, shared memory protocol, versions 1 and 2.
 */
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import type { WallOffset } from '../src/clock/types.ts';
import type { Diagnostics } from '../src/telemetry/diagnostics.ts';
import {
  type SourceReading,
  type SourceRefusal,
  SourceRefusals,
  type TimeSource,
  type TimeSourceEvent,
} from './time-source.ts';

export interface ClockBoundOptions {
  /** Steady clock less `performance.now()`, in ms. */
  readonly steadyBaseMs: number;
  /** Our wall clock as it is known now. */
  readonly wallBase: () => WallOffset;
  readonly diagnostics: Diagnostics;
  readonly onEvent?: ((event: TimeSourceEvent) => void) | undefined;
  /** The shared memory. Default CLOCKBOUND_PATH. */
  readonly path?: string | undefined;
}

/** One state of the shared memory; instants in ms of `performance.now()`. */
interface Segment {
  readonly asOfMs: number;
  readonly voidAfterMs: number;
  readonly boundMs: number;
  readonly maxDriftPpb: number;
  readonly status: number;
}

type SegmentReading =
  | { readonly segment: Segment }
  | { readonly segment: undefined; readonly reason: SourceRefusal; readonly why: string };

export const CLOCKBOUND_PATH = '/var/run/clockbound/shm0';
/** "AMZNCB" and a number, as two words of the machine: all that run ClockBound are little endian. */
const MAGIC = [0x414d5a4e, 0x43420200] as const;
/** Where versions differ, and how long they are. */
const LAYOUTS = new Map([
  [1, { maxDrift: 56, status: 64, bytes: 72 }],
  [2, { maxDrift: 64, status: 68, bytes: 80 }],
]);
const HEADER_BYTES = 16;
const BYTES_MAX = 80;
/** The daemon writes for a microsecond in a second: more tries mean that it died writing. */
const TRIES = 5;
/** A drift of 100 % is no drift. */
const MAX_DRIFT_PPB = 1e9;
/** Instants of the coarse clock are those of the last tick of the kernel: 100 to 1,000 a second. */
const COARSE_MS = 10;

const SYNCHRONISED = 1;
const FREE_RUNNING = 2;
const STATUS = [
  'it does not know how far the clock is off',
  'synchronised',
  'free running',
  'the clock was disrupted (a migration of the machine)',
];

export class ClockBound implements TimeSource {
  readonly name = 'clockbound';
  readonly #options: ClockBoundOptions;
  readonly #refusals: SourceRefusals;
  readonly #path: string;
  /** CLOCK_MONOTONIC less `performance.now()`, in ms. */
  readonly #monotonicBaseMs = monotonicBaseMs();
  readonly #bytes = Buffer.alloc(BYTES_MAX);
  readonly #again = Buffer.alloc(HEADER_BYTES);
  #fd: number | undefined;

  constructor(options: ClockBoundOptions) {
    this.#options = options;
    this.#path = options.path ?? CLOCKBOUND_PATH;
    this.#refusals = new SourceRefusals(this.name, options.diagnostics, options.onEvent);
  }

  stop(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  get refusals(): ReadonlyMap<SourceRefusal, number> {
    return this.#refusals.counts;
  }

  /** Reads the shared memory, which takes some microseconds. Never throws. */
  reading(monoMs: number): SourceReading {
    const { name } = this;
    const nothing = { name, offset: undefined, leap: 'unsynchronised' } as const;
    try {
      const found = this.#read();
      if (!found.segment) {
        this.#refusals.add(found.reason, found.why, monoMs);
        return { ...nothing, why: found.why };
      }
      return { ...nothing, ...this.#judged(found.segment, monoMs) };
    } catch (error) {
      this.stop();
      const { code } = error as NodeJS.ErrnoException;
      return { ...nothing, why: code === 'ENOENT' ? `no ${this.#path}` : String(error) };
    }
  }

  #judged(segment: Segment, monoMs: number): Partial<SourceReading> {
    const { status, asOfMs, voidAfterMs, boundMs, maxDriftPpb } = segment;
    const lastAnswerAgoMs = monoMs - asOfMs;
    if (status !== SYNCHRONISED && status !== FREE_RUNNING) {
      return { lastAnswerAgoMs, why: STATUS[status] ?? `status ${status}` };
    }
    if (monoMs >= voidAfterMs) return { lastAnswerAgoMs, why: 'its bound is no longer valid' };
    if (lastAnswerAgoMs < -COARSE_MS) return { why: 'its bound is of the future' };
    const { baseMs, errorMs } = this.#options.wallBase();
    const ageMs = Math.max(0, lastAnswerAgoMs);
    const rootDistanceMs = boundMs + ageMs * maxDriftPpb * 1e-9;
    const offsetMs = baseMs - this.#options.steadyBaseMs;
    const halfMs = rootDistanceMs + errorMs;
    const offset = { offsetMs, lowMs: offsetMs - halfMs, highMs: offsetMs + halfMs };
    return { offset, leap: 'none', rootDistanceMs, lastAnswerAgoMs: ageMs };
  }

  #read(): SegmentReading {
    const fd = this.#open();
    const bytes = this.#bytes;
    for (let i = 0; i < TRIES; i++) {
      const length = readSync(fd, bytes, 0, BYTES_MAX, 0);
      if (length < HEADER_BYTES) return refused('short', `${length} bytes`);
      readSync(fd, this.#again, 0, HEADER_BYTES, 0);
      const generation = bytes.readUInt16LE(14);
      const isStill = generation % 2 === 0 && this.#again.equals(bytes.subarray(0, HEADER_BYTES));
      if (isStill) return this.#segmentIn(bytes.subarray(0, length));
    }
    return refused('torn', 'it never held still while it was read');
  }

  #segmentIn(bytes: Buffer): SegmentReading {
    const isClockBound = bytes.readUInt32LE(0) === MAGIC[0] && bytes.readUInt32LE(4) === MAGIC[1];
    if (!isClockBound) return refused('format', `${this.#path} is not ClockBound's`);
    if (bytes.readUInt16LE(14) === 0) return refused('format', 'nothing was written to it yet');
    const version = bytes.readUInt16LE(12);
    const layout = LAYOUTS.get(version);
    if (!layout) return refused('version', `version ${version} of its shared memory`);
    const { maxDrift, status, bytes: wanted } = layout;
    if (Math.min(bytes.length, bytes.readUInt32LE(8)) < wanted) {
      return refused('short', `less than the ${wanted} bytes of version ${version}`);
    }
    const segment = {
      asOfMs: timespecMs(bytes, 16) - this.#monotonicBaseMs,
      voidAfterMs: timespecMs(bytes, 32) - this.#monotonicBaseMs,
      boundMs: Number(bytes.readBigInt64LE(48)) / 1e6,
      maxDriftPpb: bytes.readUInt32LE(maxDrift),
      status: bytes.readInt32LE(status),
    };
    if (segment.maxDriftPpb >= MAX_DRIFT_PPB || segment.boundMs < 0) {
      return refused('format', 'a drift of more than 100 % or a bound below zero');
    }
    return { segment };
  }

  /** A daemon that is started anew may have made a new file: then the old one is of the past. */
  #open(): number {
    if (this.#fd !== undefined && fstatSync(this.#fd).ino !== statSync(this.#path).ino) this.stop();
    this.#fd ??= openSync(this.#path, 'r');
    return this.#fd;
  }
}

function refused(reason: SourceRefusal, why: string): SegmentReading {
  return { segment: undefined, reason, why };
}

function timespecMs(bytes: Buffer, at: number): number {
  return Number(bytes.readBigInt64LE(at)) * 1000 + Number(bytes.readBigInt64LE(at + 8)) / 1e6;
}

function monotonicBaseMs(): number {
  return Number(process.hrtime.bigint()) / 1e6 - performance.now();
}
