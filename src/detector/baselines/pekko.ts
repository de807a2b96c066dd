/**
 * Phi accrual as Pekko and Akka have it.
 *
 * Gaps are taken for normal with mean + acceptable pause and max(deviation, floor), and the
 * logistic function stands in for the normal one:
 *
 *   y = (t − mean') / sd',  e = exp(−y (1.5976 + 0.070566 y²)),  phi = −log10(e / (1 + e)).
 *
 * Kept with its flaws: far out the approximation makes phi too large (10.78 for 9.01 at y = 6);
 * `e` is 0 from y ≈ 21.6 on, so phi is Infinity from 6.2 s of silence on with the defaults at one
 * heartbeat a second; a gap that ended after the suspicion is not learned, so a link that is
 * slower than its deadline never is. Only `deadlineMs` is finite always: for a phi that is
 * never reached it says when phi becomes Infinity.
 *
 * Source: apache/pekko PhiAccrualFailureDetector.scala and the cluster's reference.conf.
 */
import type { Detector } from '../types.ts';
import { createBaseline, type SilenceRule } from './baseline.ts';
import { INTERVAL_MS, type IntervalOption, notNegative, positive } from './deadline-rule.ts';
import { SampleWindow } from './sample-window.ts';

/** Pekko's `threshold`. */
export const PEKKO_PHI = 8;

export interface PekkoOptions extends IntervalOption {
  /** Suspected from this phi on, and then nothing is learned. Default 8. */
  readonly threshold?: number;
  /** `max-sample-size`. Default 1000. */
  readonly windowSize?: number;
  /** Floor of the deviation: too low, and a quiet link is suspected at once. Default 100 ms. */
  readonly minStandardDeviationMs?: number;
  /** Added to the mean: silence that is always forgiven. Default 3000 ms. */
  readonly acceptablePauseMs?: number;
}

const SLOPE = 1.5976;
const CUBE = 0.070566;
/** exp(−x) is 0 from here on. */
const UNDERFLOW = 745.14;

export function createPekkoDetector(options: PekkoOptions = {}): Detector {
  const settings = {
    intervalMs: positive('intervalMs', options.intervalMs ?? INTERVAL_MS),
    threshold: positive('threshold', options.threshold ?? PEKKO_PHI),
    windowSize: options.windowSize ?? 1000,
    minSdMs: positive('minStandardDeviationMs', options.minStandardDeviationMs ?? 100),
    pauseMs: notNegative('acceptablePauseMs', options.acceptablePauseMs ?? 3000),
  };
  return createBaseline(() => pekkoRule(settings));
}

interface Settings {
  readonly intervalMs: number;
  readonly threshold: number;
  readonly windowSize: number;
  readonly minSdMs: number;
  readonly pauseMs: number;
}

function pekkoRule(settings: Settings): SilenceRule {
  const gaps = new SampleWindow(settings.windowSize);
  // Two invented gaps, so that a sender that is heard once can be suspected.
  gaps.push(0.75 * settings.intervalMs);
  gaps.push(1.25 * settings.intervalMs);
  const meanMs = () => gaps.mean + settings.pauseMs;
  const sdMs = () => Math.max(gaps.standardDeviation, settings.minSdMs);
  const phi = (silenceMs: number) => logisticPhi((silenceMs - meanMs()) / sdMs());
  return {
    learn(_, gapMs) {
      if (gapMs !== undefined && phi(gapMs) < settings.threshold) gaps.push(gapMs);
    },
    phi,
    silenceMs: (wanted) => meanMs() + sdMs() * standardised(wanted),
  };
}

/** Both branches of the source are e / (1 + e); which one is used decides where it rounds. */
function logisticPhi(y: number): number {
  const e = Math.exp(-y * (SLOPE + CUBE * y * y));
  return Math.max(0, y > 0 ? -Math.log10(e / (1 + e)) : -Math.log10(1 - 1 / (1 + e)));
}

/**
 * The y at which phi has this value. With x = ln(10^phi − 1) it is the one real root of
 * CUBE y³ + SLOPE y = x, which the hyperbolic sine of a third gives.
 */
function standardised(phi: number): number {
  const exact = phi > 15 ? phi * Math.LN10 : Math.log(Math.max(10 ** phi - 1, Number.MIN_VALUE));
  const x = Math.min(exact, UNDERFLOW);
  const scale = 2 * Math.sqrt(SLOPE / (3 * CUBE));
  return scale * Math.sinh(Math.asinh((3 * x) / (scale * SLOPE)) / 3);
}
