/** Runs many seeds and says which of them failed. */
import { expect } from 'vitest';
import { simulate, type SimulateOptions, type Simulation } from '../../src/testing/index.ts';
import { seed, VERIFY } from '../support/capabilities.ts';

/** Seeds in one test: it has to end within the timeout of a test. */
const SEEDS_A_TEST = 250;

/** Timeout of a test: other work on the same machine must not make it fail. */
export const SIMULATION_MS = 600_000;

/**
 * First seeds of tests that together run so many: other ones each time, from `SEED` on. In an
 * ordinary run as many as a few seconds allow.
 */
export function blocks(normal: number, verify: number): { first: number; seeds: number }[] {
  const seeds = VERIFY ? verify : normal;
  const count = Math.ceil(seeds / SEEDS_A_TEST);
  return Array.from({ length: count }, (_, i) => ({
    first: seed() + i * SEEDS_A_TEST,
    seeds: Math.min(SEEDS_A_TEST, seeds - i * SEEDS_A_TEST),
  }));
}

/** Expects no violation in any of the seeds; a failure shows the first story of each rule. */
export function expectClean(first: number, seeds: number, options: SimulateOptions): Simulation[] {
  const runs = Array.from({ length: seeds }, (_, i) => simulate(first + i, options));
  const stories = new Map<string, string>();
  for (const { rule, message } of runs.flatMap(({ violations }) => violations)) {
    if (!stories.has(rule)) stories.set(rule, message);
  }
  const failed = runs.filter(({ violations }) => violations.length > 0).map(({ seed: s }) => s);
  const told = [...stories.values()].join('\n\n');
  expect(failed, `simulate(seed, ${JSON.stringify(options)})\n${told}`).toEqual([]);
  return runs;
}
