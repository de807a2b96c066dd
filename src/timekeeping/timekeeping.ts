/**
 * Our clocks at work: the wall clock and its base, the sources of true time, the hybrid logical
 * clock, and the clocks of servers as their responses tell them.
 */
import { startTimeSources, type TimeSources } from '../../collectors/time-sources.ts';
import type { SourceReading } from '../../collectors/time-source.ts';
import { HybridClock } from '../clock/hlc.ts';
import type { Offset, OffsetBounds } from '../clock/types.ts';
import type { Happening } from '../events/types.ts';
import type { Instant } from '../membership/types.ts';
import type { Diagnostics } from '../telemetry/diagnostics.ts';
import { type ServerClock, clockHeader } from './clock-header.ts';
import { Clock } from './clock.ts';
import { HeaderClocks, type RoundTrip } from './header-clocks.ts';
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
}

/** A source of true time, and what it says: true time less our wall clock. */
export type SourceView = SourceReading & { readonly isFalseticker: boolean };

export class Timekeeping {
  readonly hlc = new HybridClock();
  readonly clock: Clock;
  /** Steps of our own wall clock so far. */
  steps = 0;
  readonly #options: TimekeepingOptions;
  readonly #wall: WallClock;
  /** Our steady clock less our monotonic one. */
  readonly #steadyBaseMs: number;
  readonly #headers: HeaderClocks;
  #sources: TimeSources | undefined;

  constructor(options: TimekeepingOptions) {
    const { maxDriftPpm, diagnostics } = options;
    this.#options = options;
    this.#wall = new WallClock({ diagnostics });
    this.#steadyBaseMs = this.#wall.base().baseMs;
    this.#headers = new HeaderClocks({ maxDriftPpm, steadyBaseMs: this.#steadyBaseMs });
    this.clock = new Clock({
      now: this.now,
      reference: (nowMs) => this.reference(nowMs),
      hlc: this.hlc,
    });
    this.#wall.onStep(({ atMs, byMs, errorMs }) => {
      this.steps++;
      options.emit({ type: 'wall-step', atMs, byMs, errorMs });
    });
  }

  /** Throws ERR_TARDY_CONFIG for a server that cannot be read. */
  start(): void {
    const { ntpServers, localTime, maxDriftPpm, diagnostics, emit } = this.#options;
    const local = localTime ? 'auto' : false;
    this.#sources = startTimeSources({
      ...{ ntpServers, chrony: local, clockbound: local, maxDriftPpm, diagnostics },
      steadyBaseMs: this.#steadyBaseMs,
      wallBase: () => this.#wall.base(),
      onEvent: emit,
    });
    this.#wall.refine();
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
  readonly now = (): Instant => ({ ...this.#wall.now(), wallSteps: this.steps });

  /** What true time is, as far as all sources together say. */
  reference(nowMs: number): Reference {
    return referenceOf(this.#own(nowMs), () =>
      this.#options
        .peers()
        .map(({ name, bounds }) => ({ name: `peer:${name}`, bounds, leap: 'none' })),
    );
  }

  /** The same from sources of our own, to be handed on to peers. */
  ownReference(nowMs: number): OffsetBounds | undefined {
    return referenceOf(this.#own(nowMs), () => []).bounds;
  }

  /** Every source of our own. */
  sources(nowMs: number): SourceView[] {
    const { falsetickers } = this.reference(nowMs);
    return this.#readings(nowMs).map((reading) => ({
      ...reading,
      isFalseticker: falsetickers.includes(reading.name),
    }));
  }

  /** By source, why answers were refused, and how many. */
  refusals(): ReturnType<TimeSources['refusals']> {
    return this.#sources?.refusals() ?? new Map();
  }

  /** What `Tardy-Clock` says of a request that came at `receivedAtMs`. */
  headerNow(receivedAtMs: number): string {
    const { monoMs, wallMs, wallErrorMs = 0 } = this.now();
    const heldMs = Math.max(0, monoMs - receivedAtMs);
    return clockHeader({ sentAtWallMs: wallMs, heldMs, errorMs: wallErrorMs });
  }

  /** A server said what time it is. */
  readonly serverSaid = (peer: string, trip: RoundTrip, server: ServerClock): void => {
    this.#headers.replied(peer, trip, server);
  };

  /** The clock of a server less our wall clock, as its responses tell it. */
  serverOffset(peer: string, nowMs: number): Offset | undefined {
    const offset = this.#headers.at(peer, nowMs);
    return offset && this.#againstWall(offset);
  }

  #own(nowMs: number): Source[] {
    return this.#readings(nowMs).map(({ name, offset, leap }) => ({ name, leap, bounds: offset }));
  }

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
