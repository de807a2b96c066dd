import fc from 'fast-check';
import { fcRuns, seed } from './capabilities.ts';

// A maxLength means what it says; fast-check would stop at about ten.
fc.configureGlobal({ defaultSizeToMaxWhenMaxSpecified: true });

/** Settings of fast-check: the run's seed, and how often in a normal and in the long run. */
export function runs(normal: number, verify = 20 * normal) {
  return { seed: seed(), numRuns: fcRuns(normal, verify) };
}
