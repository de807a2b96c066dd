/**
 * Our clocks at work: the wall clock and its base, the sources of true time, the hybrid logical
 * clock, and the clocks of servers as their responses tell them.
 */
import { randomBytes } from 'node:crypto';
import { uptime } from 'node:os';
import { startTimeSources, type TimeSources } from '../../collectors/time-sources.ts';
import type { SourceReading } from '../../collectors/time-source.ts';
import { HybridClock } from '../clock/hlc.ts';
import type { Offset, OffsetBounds } from '../clock/types.ts';
import type { Happening } from '../events/types.ts';
import type { Instant } from '../membership/types.ts';
import type { Diagnostics } from '../telemetry/diagnostics.ts';
import { type ServerClock, clockHeader } from './clock-header.ts';
import { Clock } from './clock.ts';
import { HeaderClocks, type RoundTrip, type ServerOffset } from './header-clocks.ts';
import { type Reference, referenceOf, type Source } from './reference.ts';
import { WallClock } from './wall-clock.ts';

export interface TimekeepingOptions {
  readonly ntpServers: readonly string[];
  /** Ask chronyd and ClockBound of this machine. */
  readonly localTime: boolean;
  readonly maxDriftPpm: number;
  readonly diagnostics: Diagnostics;
  readonly emit: (event: Happening) => void;
  /** What peers tell of true time: true time less our wall clock, by peer. */
  readonly peers: () => readonly { name: string; bounds: OffsetBounds }[];
  /** The machine was suspended: what was known of other clocks is void. */
  readonly onSuspended: () => void;
  /** Time since boot, suspension included, in ms. Default: the system's. */
  readonly uptimeMs?: () => number;
  /** Default: one on the system's clocks. */
  readonly wall?: WallClock;
}

/** The clock that counts suspension has a grain of 10 ms: less than this is noise. */
const SUSPENDED_MIN_MS = 100;

/** A source of true time, and what it says: true time less our wall clock. */
export type SourceView = SourceReading & { readonly isFalseticker: boolean };

export class Timekeeping {
  readonly hlc = new HybridClock();
  readonly clock: Clock;
  /** Steps of our own wall clock so far. */
  steps = 0;
  readonly #options: TimekeepingOptions;
  /** Of this process, among those that serve under one name. */
  readonly #life = randomBytes(2).toString('hex');
  readonly #uptimeMs: () => number;
  /** Time since boot less the monotonic clock. */
  #bootAheadMs: number;
  #suspensions = 0;
  /** The wall clock was found ahead because of a suspension: nobody has set it. */
  #wasSuspended = false;
  readonly #wall: WallClock;
  /** Our steady clock less our monotonic one. */
  readonly #steadyBaseMs: number;
  readonly #headers: HeaderClocks;
  #sources: TimeSources | undefined;

  constructor(options: TimekeepingOptions) {
    const { maxDriftPpm, diagnostics, uptimeMs = () => uptime() * 1000, wall } = options;
    this.#options = options;
    this.#uptimeMs = uptimeMs;
    this.#wall = wall ?? new WallClock({ diagnostics });
    this.#bootAheadMs = this.#bootAhead();
    this.#steadyBaseMs = this.#wall.base().baseMs;
    this.#headers = new HeaderClocks({ maxDriftPpm, steadyBaseMs: this.#steadyBaseMs });
    this.clock = new Clock({
      now: this.now,
      reference: (nowMs) => this.reference(nowMs),
      hlc: this.hlc,
    });
    this.#wall.onChange(() => this.#lookForSuspension());
    this.#wall.onStep(({ atMs, byMs, errorMs }) => {
      if (this.#wasSuspended) return void (this.#wasSuspended = false);
      this.steps++;
      options.emit({ type: 'wall-step', atMs, byMs, errorMs });
    });
  }

  /** Throws ERR_TARDY_CONFIG for a server that cannot be read. */
  start(): void {
    this.#ask();
    this.#wall.refine();
  }

  #ask(): void {
    const { ntpServers, localTime, maxDriftPpm, diagnostics, emit } = this.#options;
    const local = localTime ? 'auto' : false;
    this.#sources = startTimeSources({
      ...{ ntpServers, chrony: local, clockbound: local, maxDriftPpm, diagnostics },
      steadyBaseMs: this.#steadyBaseMs,
      wallBase: () => {
        this.#wall.now(); // it may have been set since it was read last
        return this.#wall.base();
      },
      onEvent: emit,
    });
  }

  stop(): void {
    this.#sources?.stop();
    this.#sources = undefined;
  }

  /** To be called now and then, so that a step of the wall clock is seen soon. */
  tick(): void {
    this.#wall.tick();
  }

  /** This moment, by our two clocks. */
  readonly now = (): Instant => {
    const now = this.#wall.now();
    return { ...now, wallSteps: this.#wall.changes - this.#suspensions };
  };

  /** What true time is, as far as all sources together say. */
  reference(nowMs: number): Reference {
    return referenceOf(sourcesOf(this.#readings(nowMs)), this.#peers);
  }

  /** The same from sources of our own, to be handed on to peers. */
  ownReference(nowMs: number): OffsetBounds | undefined {
    return referenceOf(sourcesOf(this.#readings(nowMs)), () => []).bounds;
  }

  /** Every source of our own, and what all together say. */
  look(nowMs: number): { readonly sources: SourceView[]; readonly reference: Reference } {
    const readings = this.#readings(nowMs);
    const reference = referenceOf(sourcesOf(readings), this.#peers);
    const isFalseticker = ({ name }: SourceReading) => reference.falsetickers.includes(name);
    const sources = readings.map((each) => ({ ...each, isFalseticker: isFalseticker(each) }));
    return { sources, reference };
  }

  /** By source, why answers were refused, and how many. */
  refusals(): ReturnType<TimeSources['refusals']> {
    return this.#sources?.refusals() ?? new Map();
  }

  /** What `Tardy-Clock` says of a request that came at `receivedAtMs`. */
  headerNow(receivedAtMs: number): string {
    const { monoMs, wallMs, wallErrorMs: errorMs = 0, wallSteps: steps = 0 } = this.now();
    const heldMs = Math.max(0, monoMs - receivedAtMs);
    return clockHeader({ sentAtWallMs: wallMs, heldMs, errorMs, steps, life: this.#life });
  }

  /** A server said what time it is. */
  readonly serverSaid = (peer: string, trip: RoundTrip, server: ServerClock): void => {
    this.#headers.replied(peer, trip, server);
  };

  /** The clock of a server less our wall clock, as its responses tell it. */
  serverOffset(peer: string, nowMs: number): ServerOffset | undefined {
    const offset = this.#headers.at(peer, nowMs);
    return offset && { ...this.#againstWall(offset), steps: offset.steps };
  }

  /** Nothing that was measured against the steady clock holds if that stood still. */
  #lookForSuspension(): void {
    const before = this.#bootAheadMs;
    this.#bootAheadMs = this.#bootAhead();
    if (this.#bootAheadMs - before < SUSPENDED_MIN_MS) return;
    this.#suspensions++;
    this.#wasSuspended = true;
    this.#headers.forget(performance.now());
    this.#options.onSuspended();
    if (!this.#sources) return;
    this.#sources.stop();
    this.#ask();
  }

  #bootAhead(): number {
    return this.#uptimeMs() - performance.now();
  }

  readonly #peers = (): Source[] =>
    this.#options
      .peers()
      .map(({ name, bounds }) => ({ name: `peer:${name}`, bounds, leap: 'none' }));

  #readings(nowMs: number): SourceReading[] {
    const readings = this.#sources?.readings(nowMs) ?? [];
    return readings.map((reading) => ({
      ...reading,
      offset: reading.offset && this.#againstWall(reading.offset),
    }));
  }

  /** From less our steady clock to less our wall clock. */
  #againstWall(steady: Offset): Offset {
    const { baseMs, errorMs } = this.#wall.base();
    const shiftMs = baseMs - this.#steadyBaseMs;
    return {
      ...steady,
      offsetMs: steady.offsetMs - shiftMs,
      lowMs: steady.lowMs - shiftMs - errorMs,
      highMs: steady.highMs - shiftMs + errorMs,
    };
  }
}

/** ClockBound hands on what chronyd says: the two have one voice. */
function sourcesOf(readings: readonly SourceReading[]): Source[] {
  const hasClockBound = readings.some(({ name, offset }) => name === 'clockbound' && offset);
  return readings
    .filter(({ name }) => !(hasClockBound && name === 'chrony'))
    .map(({ name, offset, leap }) => ({ name, leap, bounds: offset }));
}
