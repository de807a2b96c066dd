/**
 * Rules that know a deadline and nothing of suspicion: fixed, Chen, Bertier, two windows, EWMA.
 *
 * phi is the silence in units of the silence that the rule allows: 0 at the heartbeat, 1 at the
 * published deadline, and on in a straight line. So `deadlineMs(DEADLINE_PHI)` is the published
 * rule; other values scale it.
 */
import { argumentError } from '../../errors.ts';
import type { Heartbeat } from '../types.ts';
import type { SilenceRule } from './baseline.ts';

/** The phi at which every rule that is a plain deadline suspects. */
export const DEADLINE_PHI = 1;

/** A deadline may lie before the heartbeat it follows; phi is finite all the same. */
const LEAST_ALLOWED_MS = 1e-6;

/** `allowed`: learns from a heartbeat, and says how long a silence may last after it. */
export function deadlineRule(
  allowed: (beat: Heartbeat, gapMs: number | undefined) => number,
): SilenceRule {
  let allowedMs = LEAST_ALLOWED_MS;
  return {
    learn(beat, gapMs) {
      allowedMs = Math.max(LEAST_ALLOWED_MS, allowed(beat, gapMs));
    },
    phi: (silenceMs) => (DEADLINE_PHI * silenceMs) / allowedMs,
    silenceMs: (phi) => (phi / DEADLINE_PHI) * allowedMs,
  };
}

/** What every rule must be told: how often the sender means to send, in ms; 1000 by default. */
export interface IntervalOption {
  readonly intervalMs?: number;
}

export const INTERVAL_MS = 1000;

/** A setting that must be > 0, or an error that names it. */
export function positive(name: string, value: number): number {
  if (value > 0 && Number.isFinite(value)) return value;
  throw argumentError(name, value, 'a finite number > 0');
}

/** A setting that must be >= 0, or an error that names it. */
export function notNegative(name: string, value: number): number {
  if (value >= 0 && Number.isFinite(value)) return value;
  throw argumentError(name, value, 'a finite number >= 0');
}
