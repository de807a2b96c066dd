/**
 * Chen's expected arrival with a margin that follows the errors, as Jacobson's does for TCP:
 *
 *   error = arrived − expected − delay,  delay += γ error,  var += γ (|error| − var),
 *   deadline = expected + β delay + φ var.
 *
 * It has one operating point, and an aggressive one.
 *
 * Source: Bertier, Marin, Sens, Implementation and Performance Evaluation of an Adaptable Failure
 * Detector, 2002; γ = 0.1, β = 1, φ = 4.
 */
import type { Detector } from '../types.ts';
import { ArrivalEstimate, type StampOption } from './arrival-estimate.ts';
import { createBaseline, type SilenceRule } from './baseline.ts';
import { deadlineRule, type IntervalOption, notNegative } from './deadline-rule.ts';

export interface BertierOptions extends IntervalOption, StampOption {
  /** Heartbeats that the expectation rests on. Default 1000. */
  readonly windowSize?: number;
  /** How much a new error weighs. Default 0.1. */
  readonly gamma?: number;
  /** Weight of the mean error. Default 1. */
  readonly beta?: number;
  /** Weight of its spread. Default 4. */
  readonly phi?: number;
}

export function createBertierDetector(options: BertierOptions = {}): Detector {
  const weights = {
    gamma: notNegative('gamma', options.gamma ?? 0.1),
    beta: notNegative('beta', options.beta ?? 1),
    phi: notNegative('phi', options.phi ?? 4),
  };
  return createBaseline(() =>
    bertierRule(new ArrivalEstimate(options, options.windowSize ?? 1000), weights),
  );
}

function bertierRule(
  expected: ArrivalEstimate,
  { gamma, beta, phi }: { readonly gamma: number; readonly beta: number; readonly phi: number },
): SilenceRule {
  let delayMs = 0;
  let spreadMs = 0;
  return deadlineRule((beat, gapMs) => {
    if (gapMs !== undefined) {
      const errorMs = beat.arrivedAtMs - expected.nextMs() - delayMs;
      delayMs += gamma * errorMs;
      spreadMs += gamma * (Math.abs(errorMs) - spreadMs);
    }
    expected.learn(beat);
    return expected.nextMs() + beta * delayMs + phi * spreadMs - beat.arrivedAtMs;
  });
}
