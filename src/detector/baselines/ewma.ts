/** What people write themselves: a multiple of the exponentially weighted mean of the gaps. */
import { argumentError } from '../../errors.ts';
import type { Detector } from '../types.ts';
import { createBaseline } from './baseline.ts';
import { deadlineRule, INTERVAL_MS, type IntervalOption, positive } from './deadline-rule.ts';

export interface EwmaOptions extends IntervalOption {
  /** How much a new gap weighs, in (0, 1]. Default 1/8, as for TCP's smoothed round trip. */
  readonly gain?: number;
  /** Suspected after so many mean gaps. Default 3. */
  readonly factor?: number;
}

export function createEwmaDetector(options: EwmaOptions = {}): Detector {
  const { intervalMs = INTERVAL_MS, gain = 1 / 8 } = options;
  const factor = positive('factor', options.factor ?? 3);
  positive('intervalMs', intervalMs);
  if (!(gain > 0 && gain <= 1)) throw argumentError('gain', gain, 'a number in (0, 1]');
  return createBaseline(() => {
    let meanMs = intervalMs;
    return deadlineRule((_, gapMs = meanMs) => {
      meanMs += gain * (gapMs - meanMs);
      return factor * meanMs;
    });
  });
}
