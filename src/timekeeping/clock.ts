/**
 * What time it is, and how sure that is: an interval, never only a point.
 *
 * Source: Corbett et al. 2012 (Spanner's TrueTime): `now` is an interval that holds true time; who
 * waits until it lies wholly beyond a timestamp may tell others that the timestamp has passed.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Order, compareIntervals } from '../clock/ordering.ts';
import type { HybridClock } from '../clock/hlc.ts';
import type { Leap, OffsetBounds, TimeInterval } from '../clock/types.ts';
import { argumentError, TardyError } from '../errors.ts';
import type { Instant } from '../membership/types.ts';
import type { Reference } from './reference.ts';

/** True time lies in [earliest, latest], in ms since 1970. */
export interface TimeReading extends TimeInterval {
  /**
   * What it rests on: names of sources, joined by commas; `none`: nobody told us true time, and
   * the interval is without end.
   */
  readonly source: string;
  /** What our own wall clock says. */
  readonly wallMs: number;
  readonly leap: Leap;
}

export interface CommitWaitOptions {
  readonly signal?: AbortSignal;
  /** Wait no longer than this, in ms. Default 10,000. */
  readonly maxWaitMs?: number;
}

export interface ClockOptions {
  readonly now: () => Instant;
  readonly reference: (nowMs: number) => Reference;
  readonly hlc: HybridClock;
}

const MAX_WAIT_MS = 10_000;
/** Beyond this, a timer fires at once. */
const TIMER_MAX_MS = 2 ** 31 - 1;

export class Clock {
  readonly #options: ClockOptions;

  constructor(options: ClockOptions) {
    this.#options = options;
  }

  /** What time it is. Without a source: from minus to plus infinity, `source` is `none`. */
  now(): TimeReading {
    const { monoMs, wallMs } = this.#options.now();
    const { bounds, sources, leap } = this.#options.reference(monoMs);
    const source = sources.length > 0 ? sources.join(',') : 'none';
    return { ...intervalAt(wallMs, bounds), source, wallMs, leap };
  }

  /** Which was first, for certain; `unknown` if the intervals overlap. */
  compare(a: TimeInterval, b: TimeInterval): Order {
    return compareIntervals(a, b);
  }

  /**
   * Resolves once `timestampMs` has passed for certain: `now().earliest` lies beyond it. Rejects
   * with ERR_TARDY_CLOCK if nobody tells us true time, or it would take longer than `maxWaitMs`;
   * with the reason of `signal` once that is aborted; with ERR_TARDY_ARGUMENT for no timestamp.
   */
  async commitWait(timestampMs: number, options: CommitWaitOptions = {}): Promise<void> {
    if (!Number.isFinite(timestampMs)) {
      throw argumentError('timestampMs', timestampMs, 'milliseconds since 1970');
    }
    const { signal, maxWaitMs = MAX_WAIT_MS } = options;
    if (!(maxWaitMs >= 0)) throw argumentError('maxWaitMs', maxWaitMs, 'milliseconds >= 0');
    const startedMs = this.#options.now().monoMs;
    for (;;) {
      signal?.throwIfAborted();
      const { earliest, source } = this.now();
      if (earliest > timestampMs) return;
      if (source === 'none') throw unknowable(timestampMs);
      const waitMs = timestampMs - earliest;
      const waitedMs = this.#options.now().monoMs - startedMs;
      if (waitedMs + waitMs > maxWaitMs) throw tooFar(timestampMs, waitMs, maxWaitMs);
      const restMs = Math.min(Math.max(1, Math.ceil(waitMs)), TIMER_MAX_MS);
      // Its own error of an abort is of no interest: the reason is thrown above.
      await sleep(restMs, undefined, signal ? { signal } : {}).catch(() => undefined);
    }
  }

  /**
   * A timestamp of the hybrid logical clock, for an event of ours: greater than that of every
   * event we have heard of. 48 bits of wall time in ms, 16 bits that count.
   */
  hlc(): bigint {
    return this.#options.hlc.send(this.#options.now().wallMs);
  }
}

function intervalAt(wallMs: number, bounds: OffsetBounds | undefined): TimeInterval {
  if (!bounds) return { earliest: -Infinity, latest: Infinity };
  return { earliest: wallMs + bounds.lowMs, latest: wallMs + bounds.highMs };
}

function unknowable(timestampMs: number): TardyError {
  return new TardyError(
    'ERR_TARDY_CLOCK',
    `nobody tells us true time, so nobody knows when ${timestampMs} has passed; set ntpServers`,
  );
}

function tooFar(timestampMs: number, waitMs: number, maxWaitMs: number): TardyError {
  const wait = `${timestampMs} will have passed for certain in ${Math.ceil(waitMs)} ms`;
  return new TardyError('ERR_TARDY_CLOCK', `${wait}; maxWaitMs is ${maxWaitMs}`);
}
