import { fcRuns, seed } from './capabilities.ts';

/** Settings of fast-check: the run's seed, and how often in a normal and in the long run. */
export function runs(normal: number, verify = 20 * normal) {
  return { seed: seed(), numRuns: fcRuns(normal, verify) };
}
