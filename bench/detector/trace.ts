/**
 * A trace: the heartbeats of one sender as they arrived at one receiver.
 *
 * Lost ones are missing, and so are those that were overtaken: every detector ignores them.
 */
import type { Pause } from '../../src/pause/pause-log.ts';

export type Origin = 'synthetic' | 'resampled' | 'recorded';

/** Whether detectors may be tuned on it. */
export type TraceSet = 'training' | 'judging';

export interface Trace {
  readonly name: string;
  readonly origin: Origin;
  readonly set: TraceSet;
  /** How often the sender means to send. */
  readonly intervalMs: number;
  readonly seq: Float64Array;
  /** By the sender's clock. */
  readonly sentMs: Float64Array;
  /** When the receiver's process read it, by the receiver's clock. */
  readonly arrivedMs: Float64Array;
  /** From the send to `arrivedMs`, by the receiver's clock. */
  readonly delayMs: Float64Array;
  /** When the receiver stood still, in order. */
  readonly pauses: readonly Pause[];
  /** Indices of the first heartbeat after each pause of the sender. */
  readonly senderPauses: readonly number[];
  /** Indices of the first heartbeat after each change for the slower. */
  readonly slowdowns: readonly number[];
}

/** A heartbeat as it was sent. */
export interface Sent {
  readonly seq: number;
  /** By the receiver's clock, and by the sender's. */
  readonly atMs: number;
  readonly clockMs: number;
  /** On its way; undefined if it was lost. */
  readonly delayMs: number | undefined;
  readonly afterPause: boolean;
  readonly afterSlowdown: boolean;
}

type About = Pick<Trace, 'name' | 'origin' | 'set' | 'intervalMs' | 'pauses'>;

/** What arrives of what was sent. */
export function traceOf(about: About, sent: readonly Sent[]): Trace {
  const arrivals = sent
    .flatMap((beat) =>
      beat.delayMs === undefined
        ? []
        : [{ beat, arrivedMs: readMs(beat.atMs + beat.delayMs, about.pauses) }],
    )
    .sort((a, b) => a.arrivedMs - b.arrivedMs || a.beat.seq - b.beat.seq);
  let newest = -Infinity;
  const kept = arrivals.filter(({ beat }) => {
    const isNewer = beat.seq > newest;
    if (isNewer) newest = beat.seq;
    return isNewer;
  });
  const seq = Float64Array.from(kept, ({ beat }) => beat.seq);
  const marked = (is: (beat: Sent) => boolean) =>
    sent.filter(is).map((beat) => seq.findIndex((each) => each >= beat.seq));
  return {
    ...about,
    seq,
    sentMs: Float64Array.from(kept, ({ beat }) => beat.clockMs),
    arrivedMs: Float64Array.from(kept, ({ arrivedMs }) => arrivedMs),
    delayMs: Float64Array.from(kept, ({ beat, arrivedMs }) => arrivedMs - beat.atMs),
    senderPauses: marked((beat) => beat.afterPause).filter((at) => at >= 0),
    slowdowns: marked((beat) => beat.afterSlowdown).filter((at) => at >= 0),
  };
}

/** What arrives while the process stands still is read when it goes on. */
function readMs(arrivedMs: number, pauses: readonly Pause[]): number {
  let [low, high] = [0, pauses.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((pauses[middle] as Pause).toMs <= arrivedMs) low = middle + 1;
    else high = middle;
  }
  const pause = pauses[low];
  return pause && pause.fromMs < arrivedMs ? pause.toMs : arrivedMs;
}

/** A part of a trace, from one index to before another. */
export function sliced(trace: Trace, from: number, to: number, as: Partial<About>): Trace {
  const within = (indices: readonly number[]) =>
    indices.filter((at) => at >= from && at < to).map((at) => at - from);
  return {
    ...trace,
    ...as,
    seq: trace.seq.slice(from, to),
    sentMs: trace.sentMs.slice(from, to),
    arrivedMs: trace.arrivedMs.slice(from, to),
    delayMs: trace.delayMs.slice(from, to),
    senderPauses: within(trace.senderPauses),
    slowdowns: within(trace.slowdowns),
  };
}
