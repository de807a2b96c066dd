/**
 * What the chronyd of this machine says of our wall clock, asked over UDP as chronyc does.
 *
 * chrony compares kernel time stamps with several servers and so knows more than we can measure.
 * Its bound is root delay / 2 + root dispersion around its estimate. It speaks of the wall clock,
 * so the error with which we know that one joins the bounds.
 */
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { MAX_DRIFT_PPM } from '../src/clock/offset-estimator.ts';
import type { OffsetBounds, WallOffset } from '../src/clock/types.ts';
import type { Diagnostics } from '../src/telemetry/diagnostics.ts';
import {
  type ChronyTracking,
  encodeTrackingRequest,
  readTrackingReply,
} from './chrony-tracking.ts';
import { ROOT_DISTANCE_MAX_MS } from './ntp/packet.ts';
import {
  type SourceReading,
  type SourceRefusal,
  SourceRefusals,
  STALE_MS,
  type TimeSource,
  type TimeSourceEvent,
} from './time-source.ts';

export interface ChronyOptions {
  /** Steady clock less `performance.now()`, in ms. */
  readonly steadyBaseMs: number;
  /** Our wall clock as it is known now. */
  readonly wallBase: () => WallOffset;
  readonly diagnostics: Diagnostics;
  readonly onEvent?: ((event: TimeSourceEvent) => void) | undefined;
  /** How fast our clock may drift, in ppm. Default 200. */
  readonly maxDriftPpm?: number | undefined;
  /** UDP port of its monitoring on 127.0.0.1. Default 323. */
  readonly port?: number | undefined;
}

const PORT = 323;
const POLL_MS = 16_000;
/** Where it is not there, it is looked for so seldom. */
const ABSENT_MAX_MS = 600_000;
const TIMEOUT_MS = 1000;
/** chrony's numbers have 24 bits. */
const ROUNDING = 2 ** -23;

/** What was last learned, in terms of the steady clock. */
interface Learned {
  readonly tracking: ChronyTracking;
  readonly atMs: number;
  readonly offsetMs: number;
  /** When it was learned; they grow with age. */
  readonly bounds: OffsetBounds;
}

type Answer =
  | { readonly bytes: Uint8Array; readonly why?: undefined }
  | { readonly bytes?: undefined; readonly why: string };

export class Chrony implements TimeSource {
  readonly name = 'chrony';
  readonly #options: ChronyOptions;
  readonly #refusals: SourceRefusals;
  #learned: Learned | undefined;
  #why = 'not asked yet';
  #waitMs = POLL_MS;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(options: ChronyOptions) {
    this.#options = options;
    this.#refusals = new SourceRefusals(this.name, options.diagnostics, options.onEvent);
  }

  /** Asks now and every 16 s; where nobody answers, ever more seldom. */
  start(): void {
    void this.poll().then(() => {
      if (this.#isStopped) return;
      this.#timer = setTimeout(() => this.start(), this.#waitMs).unref();
    });
  }

  /** Asks now; resolves when the answer is in, or none came. Never rejects. */
  async poll(): Promise<void> {
    const isLearned = await this.#ask().catch((error: unknown) => {
      this.#options.diagnostics.failed('chrony', error);
      return false;
    });
    this.#waitMs = isLearned ? POLL_MS : Math.min(2 * this.#waitMs, ABSENT_MAX_MS);
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  get refusals(): ReadonlyMap<SourceRefusal, number> {
    return this.#refusals.counts;
  }

  reading(monoMs: number): SourceReading {
    const { name } = this;
    if (!this.#learned) return { name, offset: undefined, leap: 'unsynchronised', why: this.#why };
    const { tracking, atMs, offsetMs, bounds } = this.#learned;
    const lastAnswerAgoMs = monoMs - atMs;
    const grownMs = this.#driftMs(lastAnswerAgoMs);
    const { leap, stratum } = tracking;
    const known = { name, leap, stratum, rootDistanceMs: distanceMs(tracking), lastAnswerAgoMs };
    if (lastAnswerAgoMs > STALE_MS) return { ...known, offset: undefined, why: this.#why };
    const offset = { offsetMs, lowMs: bounds.lowMs - grownMs, highMs: bounds.highMs + grownMs };
    return { ...known, offset };
  }

  /** True if there is a reading. */
  async #ask(): Promise<boolean> {
    const { wallBase, port = PORT } = this.#options;
    const sequence = randomInt(2 ** 32);
    const before = wallBase();
    const askedMs = performance.now();
    const { bytes, why } = await exchange(port, encodeTrackingRequest(sequence));
    const atMs = performance.now();
    if (!bytes) {
      this.#why = why;
      return false;
    }
    const reading = readTrackingReply(bytes, sequence);
    if (!reading.tracking) return this.#refused(reading.reason, reading.why);
    const { tracking } = reading;
    const after = wallBase();
    if (Math.abs(after.baseMs - before.baseMs) > after.errorMs + before.errorMs) {
      return this.#refused('inconsistent', 'our wall clock was stepped while it was asked');
    }
    return this.#learn(tracking, after, { askedMs, atMs });
  }

  #learn(
    tracking: ChronyTracking,
    { baseMs, errorMs }: WallOffset,
    { askedMs, atMs }: { readonly askedMs: number; readonly atMs: number },
  ): boolean {
    if (tracking.leap === 'unsynchronised') {
      this.#learned = undefined;
      return this.#refused('unsynchronised', 'chronyd is not synchronised');
    }
    if (!(tracking.rootDelayMs >= 0 && tracking.rootDispersionMs >= 0)) {
      return this.#refused('root-range', 'root delay or root dispersion is negative');
    }
    if (distanceMs(tracking) > ROOT_DISTANCE_MAX_MS) {
      const why = `it may be ${distanceMs(tracking).toFixed(0)} ms off`;
      return this.#refused('root-distance', why);
    }
    const wallMs = baseMs - this.#options.steadyBaseMs;
    const sinceAskedMs = this.#driftMs(atMs - askedMs);
    const { offsetMs } = tracking;
    const roundingMs = Math.abs(offsetMs) * ROUNDING;
    const halfMs = distanceMs(tracking) + errorMs + sinceAskedMs + roundingMs;
    // chronyd slews the offset away, much faster than clocks drift: it may be gone by now.
    const bounds = {
      lowMs: wallMs + Math.min(offsetMs, 0) - halfMs,
      highMs: wallMs + Math.max(offsetMs, 0) + halfMs,
    };
    this.#learned = { tracking, atMs, offsetMs: wallMs + offsetMs, bounds };
    return true;
  }

  #driftMs(elapsedMs: number): number {
    const { maxDriftPpm = MAX_DRIFT_PPM } = this.#options;
    return Math.abs(elapsedMs) * maxDriftPpm * 1e-6;
  }

  #refused(reason: SourceRefusal, why: string): false {
    this.#why = why;
    this.#refusals.add(reason, why, performance.now());
    return false;
  }
}

function distanceMs({ rootDelayMs, rootDispersionMs }: ChronyTracking): number {
  return rootDelayMs / 2 + rootDispersionMs;
}

/** Sends to chronyd and gives the first answer, or why there is none. Never rejects. */
function exchange(port: number, bytes: Uint8Array): Promise<Answer> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4').unref();
    let isOver = false;
    const end = (answer: Answer): void => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      socket.close();
      resolve(answer);
    };
    const fail = (error: NodeJS.ErrnoException | null): void => {
      if (error?.code === 'ECONNREFUSED') end({ why: `no chronyd at UDP port ${port}` });
      else if (error) end({ why: error.message });
    };
    // Whoever stood still must read what has come before giving up.
    const giveUp = (): void => void setImmediate(() => end({ why: 'chronyd does not answer' }));
    const timer = setTimeout(giveUp, TIMEOUT_MS).unref();
    socket.on('message', (reply) => end({ bytes: reply }));
    socket.on('error', fail);
    socket.connect(port, '127.0.0.1', () => !isOver && socket.send(bytes, fail));
  });
}
