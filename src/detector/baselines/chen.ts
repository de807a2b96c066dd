/**
 * NFD-E of Chen, Toueg and Aguilera: the expected arrival of the next heartbeat plus a constant
 * margin. The paper derives the margin from what the user demands and gives no default; three
 * intervals, as Pekko's pause, is ours.
 *
 * Source: Chen, Toueg, Aguilera, On the Quality of Service of Failure Detectors, 2002.
 */
import type { Detector } from '../types.ts';
import { ArrivalEstimate, type StampOption } from './arrival-estimate.ts';
import { createBaseline } from './baseline.ts';
import { deadlineRule, INTERVAL_MS, type IntervalOption, notNegative } from './deadline-rule.ts';

export interface ChenOptions extends IntervalOption, StampOption {
  /** Heartbeats that the expectation rests on. Default 1000. */
  readonly windowSize?: number;
  /** The paper's alpha. Larger: fewer mistakes, slower. Default 3 × intervalMs. */
  readonly marginMs?: number;
}

export function createChenDetector(options: ChenOptions = {}): Detector {
  const { intervalMs = INTERVAL_MS, windowSize = 1000 } = options;
  const marginMs = notNegative('marginMs', options.marginMs ?? 3 * intervalMs);
  return createBaseline(() => {
    const expected = new ArrivalEstimate(options, windowSize);
    return deadlineRule((beat) => {
      expected.learn(beat);
      return expected.nextMs() + marginMs - beat.arrivedAtMs;
    });
  });
}
