/** What every source of time has in common: its reading, what it refused, what it tells of. */
import type { Leap, Offset } from '../src/clock/types.ts';
import type { Diagnostics } from '../src/telemetry/diagnostics.ts';
import type { NtpRefusal } from './ntp/packet.ts';

/**
 * A bound that old is more than a second wide by drift alone; a source that silent may be gone,
 * and what it said last should not vote for ever.
 */
export const STALE_MS = 3_600_000;

/** Why an answer was not taken. */
export type SourceRefusal =
  | NtpRefusal
  /** An answer to something that was not asked. */
  | 'sequence'
  /** The daemon says that it failed. */
  | 'status'
  /** Shared memory of something else, or of a version that is not known. */
  | 'format'
  /** Shared memory that never held still while it was read. */
  | 'torn';

/** What a source says at one instant. */
export interface SourceReading {
  /** `ntp:host:port`, `chrony` or `clockbound`. */
  readonly name: string;
  /** True time less our steady clock; undefined while it is not known. */
  readonly offset: Offset | undefined;
  readonly leap: Leap;
  /** Of the server; of chrony that of this machine. From 1, next to a reference clock, to 15. */
  readonly stratum?: number;
  /** Bound of the error that the source admits itself, in ms. */
  readonly rootDistanceMs?: number;
  readonly lastAnswerAgoMs?: number;
  /** Why there is no offset, in words. */
  readonly why?: string;
}

export type TimeSourceEvent =
  | {
      readonly type: 'source-refused';
      readonly atMs: number;
      readonly source: string;
      readonly reason: SourceRefusal;
      readonly why: string;
    }
  | {
      /** It disagrees with what it said before: its clock or the path was changed, or it lies. */
      readonly type: 'source-step';
      readonly atMs: number;
      readonly source: string;
      /** By so much, ± errorMs; positive: forward. */
      readonly byMs: number;
      readonly errorMs: number;
    };

export interface TimeSource {
  readonly name: string;
  readonly refusals: ReadonlyMap<SourceRefusal, number>;
  /** `monoMs`: now, by `performance.now`. */
  reading(monoMs: number): SourceReading;
  stop(): void;
}

/** The same reason of the same source is told so often: each poll may bring it again. */
const AGAIN_MS = 600_000;

/** Counts what a source refused, and tells of each reason now and then. */
export class SourceRefusals {
  readonly counts = new Map<SourceRefusal, number>();
  readonly #source: string;
  readonly #told = new Map<SourceRefusal, number>();
  readonly #tell: (event: TimeSourceEvent) => void;

  constructor(
    source: string,
    diagnostics: Diagnostics,
    onEvent?: (event: TimeSourceEvent) => void,
  ) {
    this.#source = source;
    this.#tell = diagnostics.guard('time source event', (event: TimeSourceEvent) =>
      onEvent?.(event),
    );
  }

  add(reason: SourceRefusal, why: string, atMs: number): void {
    this.counts.set(reason, (this.counts.get(reason) ?? 0) + 1);
    if (atMs - (this.#told.get(reason) ?? -Infinity) < AGAIN_MS) return;
    this.#told.set(reason, atMs);
    this.#tell({ type: 'source-refused', atMs, source: this.#source, reason, why });
  }
}
