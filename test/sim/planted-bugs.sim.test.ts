import { describe, expect, it } from 'vitest';
import { simulate } from '../../src/testing/index.ts';
import { seed } from '../support/capabilities.ts';
import { PLANTED } from './planted.ts';
import { SIMULATION_MS } from './support.ts';

/** A bug that takes longer to be found is as good as hidden. */
const SEEDS_MAX = 1000;

describe('the simulator', () => {
  it.each(PLANTED)(
    'finds that $name',
    ({ options, foundBy }) => {
      const isFound = (s: number): boolean =>
        simulate(s, options).violations.some(({ rule }) => foundBy.includes(rule));
      let tried = 1;
      while (tried < SEEDS_MAX && !isFound(seed() + tried)) tried++;
      expect(tried).toBeLessThan(SEEDS_MAX);
    },
    SIMULATION_MS,
  );
});
