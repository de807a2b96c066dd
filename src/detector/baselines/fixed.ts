/** What most systems have: suspected after a constant silence, whatever the link is like. */
import type { Detector } from '../types.ts';
import { createBaseline } from './baseline.ts';
import { deadlineRule, INTERVAL_MS, type IntervalOption, positive } from './deadline-rule.ts';

export interface FixedOptions extends IntervalOption {
  /** Default 3 × intervalMs, as in Moleculer (10 s and 30 s). */
  readonly timeoutMs?: number;
}

export function createFixedDetector(options: FixedOptions = {}): Detector {
  const intervalMs = positive('intervalMs', options.intervalMs ?? INTERVAL_MS);
  const timeoutMs = positive('timeoutMs', options.timeoutMs ?? 3 * intervalMs);
  return createBaseline(() => deadlineRule(() => timeoutMs));
}
