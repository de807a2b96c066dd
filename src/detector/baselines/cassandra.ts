/**
 * Phi accrual as Cassandra has it: gaps are taken for exponential, phi = t / (mean ln 10).
 *
 * Convicted at phi 8: after 18.42 × the mean gap. The first sample is invented, twice the
 * interval, and stays in the window as any other ("err high"). Gaps over twice the interval are
 * not learned, so that outages do not pollute, at the price of links that are never learned.
 * Its guard against own pauses (nobody is convicted for 5 s after one of more than 5 s) belongs
 * to whoever calls; here all rivals are told of them the same way.
 *
 * Source: apache/cassandra gms/FailureDetector.java; CASSANDRA-2597 for the exponential.
 */
import type { Detector } from '../types.ts';
import { createBaseline, type SilenceRule } from './baseline.ts';
import { INTERVAL_MS, type IntervalOption, positive } from './deadline-rule.ts';
import { SampleWindow } from './sample-window.ts';

/** Cassandra's `phi_convict_threshold`. */
export const CASSANDRA_PHI = 8;

const PHI_FACTOR = 1 / Math.LN10;

export interface CassandraOptions extends IntervalOption {
  /** Default 1000. */
  readonly windowSize?: number;
  /** `FD_INITIAL_VALUE`, the invented first gap. Default 2 × intervalMs. */
  readonly initialGapMs?: number;
  /** `FD_MAX_INTERVAL`: longer gaps are not learned. Default `initialGapMs`. */
  readonly maxGapMs?: number;
}

export function createCassandraDetector(options: CassandraOptions = {}): Detector {
  const intervalMs = positive('intervalMs', options.intervalMs ?? INTERVAL_MS);
  const initialMs = positive('initialGapMs', options.initialGapMs ?? 2 * intervalMs);
  const maxMs = positive('maxGapMs', options.maxGapMs ?? initialMs);
  return createBaseline(() => cassandraRule(options.windowSize ?? 1000, initialMs, maxMs));
}

function cassandraRule(windowSize: number, initialMs: number, maxMs: number): SilenceRule {
  const gaps = new SampleWindow(windowSize);
  return {
    learn(_, gapMs) {
      if (gapMs === undefined) gaps.push(initialMs);
      else if (gapMs <= maxMs) gaps.push(gapMs);
    },
    phi: (silenceMs) => (PHI_FACTOR * silenceMs) / gaps.mean,
    silenceMs: (phi) => (phi / PHI_FACTOR) * gaps.mean,
  };
}
