/** Tardy's estimator as a rule, with its settings as they come but for the floor. */
import { createTimeoutEstimator } from '../../src/timeout/index.ts';
import type { RuleMaker } from './rule.ts';

export const TARDY = 'tardy';

export const tardy: RuleMaker = {
  name: TARDY,
  make: ({ targetRate }) => {
    // Without a floor: recorded replies of 0.4 ms lie below that of a Node timer.
    const estimator = createTimeoutEstimator({ targetRate, minMs: 0.01 });
    return {
      name: TARDY,
      timeoutMs: (nowMs) => estimator.timeoutMs(nowMs),
      observe: (observation) => estimator.observe(observation),
      begin: (nowMs) => estimator.begin(nowMs),
    };
  },
};
