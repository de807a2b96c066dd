import type { Detector } from '../../../src/detector/types.ts';

/** Heartbeats at these instants, sent `delayMs` before. */
export function feed(detector: Detector, arrivalsMs: readonly number[], delayMs = 0): void {
  arrivalsMs.forEach((arrivedAtMs, seq) =>
    detector.heartbeat({ arrivedAtMs, sentAtMs: arrivedAtMs - delayMs, seq }),
  );
}

/** n heartbeats, one every `intervalMs`, the first at 0. */
export function regular(n: number, intervalMs: number): number[] {
  return Array.from({ length: n }, (_, i) => i * intervalMs);
}

/** How long after the last heartbeat phi gets there. */
export function silenceMs(detector: Detector, phi: number, lastMs: number): number {
  return detector.deadlineMs(phi) - lastMs;
}

/** Heartbeats that came after the deadline. */
export function mistakes(
  detector: Detector,
  phi: number,
  beats: readonly {
    readonly arrivedAtMs: number;
    readonly sentAtMs: number;
    readonly seq: number;
  }[],
): number {
  let late = 0;
  for (const beat of beats) {
    if (beat.arrivedAtMs > detector.deadlineMs(phi)) late++;
    detector.heartbeat(beat);
  }
  return late;
}
