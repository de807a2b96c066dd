/** A recorded trace through a failure detector: what it would have suspected, and when. */
import type { Detector, Heartbeat } from '../detector/types.ts';

/** A span in which the receiver itself stood still, by its monotonic clock. */
export interface Pause {
  readonly fromMs: number;
  readonly toMs: number;
}

/** From the deadline to the next heartbeat; without `toMs`, for good. */
export interface Suspicion {
  readonly fromMs: number;
  readonly toMs?: number;
  /** Index of the heartbeat that ended it. */
  readonly endedBy?: number;
}

export interface ReplayOptions {
  /** Suspected from this phi on. Default 8. */
  readonly phi?: number;
  /** Own pauses of the receiver, in order. */
  readonly pauses?: readonly Pause[];
  /** Watch until then, in ms. Default: the last heartbeat. */
  readonly untilMs?: number;
}

/**
 * Feeds the heartbeats in order and returns the suspicions that a receiver would have raised
 * who asks at every instant. A pause is told once it is over, before what arrives later.
 */
export function replay(
  detector: Detector,
  beats: readonly Heartbeat[],
  options: ReplayOptions = {},
): Suspicion[] {
  const { phi = 8, pauses = [], untilMs } = options;
  const suspicions: Suspicion[] = [];
  let pausesTold = 0;
  /** When the silence since the last heartbeat becomes a suspicion, given all pauses until then. */
  function deadlineMs(untilInstantMs: number): number {
    let pause = pauses[pausesTold];
    while (pause !== undefined && pause.toMs <= untilInstantMs) {
      const raisedMs = detector.deadlineMs(phi);
      // Raised before the pause: what comes later does not take it back.
      if (raisedMs <= pause.fromMs) return raisedMs;
      detector.localPause(pause.fromMs, pause.toMs);
      pause = pauses[++pausesTold];
    }
    return detector.deadlineMs(phi);
  }
  beats.forEach((beat, index) => {
    const fromMs = index === 0 ? Infinity : deadlineMs(beat.arrivedAtMs);
    if (fromMs < beat.arrivedAtMs)
      suspicions.push({ fromMs, toMs: beat.arrivedAtMs, endedBy: index });
    // The detector hears of every pause, also of those that could not change the verdict.
    for (let pause = pauses[pausesTold]; pause; pause = pauses[pausesTold]) {
      if (pause.toMs > beat.arrivedAtMs) break;
      detector.localPause(pause.fromMs, pause.toMs);
      pausesTold++;
    }
    detector.heartbeat(beat);
  });
  if (beats.length > 0 && untilMs !== undefined) {
    const fromMs = deadlineMs(untilMs);
    if (fromMs < untilMs) suspicions.push({ fromMs });
  }
  return suspicions;
}
