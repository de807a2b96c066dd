/**
 * 2W-FD: the later of two expected arrivals, one over a short window that follows a change at
 * once and one over a long window that forgets no slow stretch, plus a constant margin. As with
 * Chen, the margin has no published default; three intervals is ours.
 *
 * Source: Tomsic, Sens, Garcia, Arantes, Sopena, 2W-FD: a failure detector algorithm with QoS,
 * IPDPS 2015; windows of 1 and 1000.
 */
import type { Detector } from '../types.ts';
import { ArrivalEstimate, type StampOption } from './arrival-estimate.ts';
import { createBaseline } from './baseline.ts';
import { deadlineRule, INTERVAL_MS, type IntervalOption, notNegative } from './deadline-rule.ts';

export interface TwoWindowOptions extends IntervalOption, StampOption {
  /** Default 1. */
  readonly shortWindowSize?: number;
  /** Default 1000. */
  readonly longWindowSize?: number;
  /** Larger: fewer mistakes, slower. Default 3 × intervalMs. */
  readonly marginMs?: number;
}

export function createTwoWindowDetector(options: TwoWindowOptions = {}): Detector {
  const { intervalMs = INTERVAL_MS, shortWindowSize = 1, longWindowSize = 1000 } = options;
  const marginMs = notNegative('marginMs', options.marginMs ?? 3 * intervalMs);
  return createBaseline(() => {
    const short = new ArrivalEstimate(options, shortWindowSize);
    const long = new ArrivalEstimate(options, longWindowSize);
    return deadlineRule((beat) => {
      short.learn(beat);
      long.learn(beat);
      return Math.max(short.nextMs(), long.nextMs()) + marginMs - beat.arrivedAtMs;
    });
  });
}
