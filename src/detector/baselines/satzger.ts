/**
 * The adaptive accrual detector of Satzger: P(t) = share of the last gaps s with s <= α t, read
 * from the gaps themselves, no distribution assumed. Suspected at P >= 0.5 with α = 0.9, so after
 * 1.11 × the median gap: about one heartbeat in three on a jittery link.
 *
 * phi is −log10(1 − P). With n gaps it ends at log10(n + 1), just before the largest: where P is
 * 1 and the formula Infinity, phi goes on in a straight line of the silence, so that it is
 * finite. Every gap is learned, outages too. Before the second heartbeat the interval is the
 * only sample; the paper is silent on this.
 *
 * Source: Satzger, Pietzowski, Trumler, Ungerer, A new adaptive accrual failure detector, 2007;
 * constants of the npm package adaptive-accrual-failure-detector 1.0.0.
 */
import type { Detector } from '../types.ts';
import { createBaseline, type SilenceRule } from './baseline.ts';
import { INTERVAL_MS, type IntervalOption, positive } from './deadline-rule.ts';
import { SampleWindow } from './sample-window.ts';

/** P = 0.5. */
export const SATZGER_PHI = -Math.log10(0.5);

/** Two heartbeats may arrive at once; a silence is divided by the largest gap all the same. */
const LEAST_GAP_MS = 1e-6;

export interface SatzgerOptions extends IntervalOption {
  /** Default 1000. */
  readonly windowSize?: number;
  /** The paper's α: below 1, more patient. With 1, phi is that of the plain distribution. Default 0.9. */
  readonly scale?: number;
}

export function createSatzgerDetector(options: SatzgerOptions = {}): Detector {
  const { intervalMs = INTERVAL_MS, windowSize = 1000 } = options;
  const scale = positive('scale', options.scale ?? 0.9);
  positive('intervalMs', intervalMs);
  return createBaseline(() => satzgerRule(windowSize, scale, intervalMs));
}

function satzgerRule(windowSize: number, scale: number, intervalMs: number): SilenceRule {
  const window = new SampleWindow(windowSize);
  const sorted = new Float64Array(windowSize);
  let size = 0;
  /** The n-th smallest gap, from 1 on. */
  const gapMs = (n: number) => (size === 0 ? intervalMs : (sorted[n - 1] as number));

  return {
    learn(_, arrivalGapMs) {
      if (arrivalGapMs === undefined) return;
      const gap = Math.max(LEAST_GAP_MS, arrivalGapMs);
      const dropped = window.push(gap);
      if (dropped !== undefined) remove(sorted, size--, dropped);
      insert(sorted, size++, gap);
    },
    phi(silenceMs) {
      const n = Math.max(1, size);
      const scaledMs = scale * silenceMs;
      const largestMs = gapMs(n);
      if (scaledMs >= largestMs) return (Math.log10(n + 1) * scaledMs) / largestMs;
      return -Math.log10(1 - countUpTo(sorted, size, scaledMs) / n) + 0;
    },
    silenceMs(phi) {
      const n = Math.max(1, size);
      const end = Math.log10(n + 1);
      if (phi >= end) return ((phi / end) * gapMs(n)) / scale;
      // The smallest k of n with −log10(1 − k / n) >= phi; a rounding error is no reason for one more.
      const k = Math.min(n, Math.ceil(n * (1 - 10 ** -phi) - 1e-9));
      return k === 0 ? 0 : gapMs(k) / scale;
    },
  };
}

/** How many of the first `size` are <= value. */
function countUpTo(sorted: Float64Array, size: number, value: number): number {
  let low = 0;
  let high = size;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function insert(sorted: Float64Array, size: number, value: number): void {
  const at = countUpTo(sorted, size, value);
  sorted.copyWithin(at + 1, at, size);
  sorted[at] = value;
}

function remove(sorted: Float64Array, size: number, value: number): void {
  const at = countUpTo(sorted, size, value) - 1;
  sorted.copyWithin(at, at + 1, size);
}
