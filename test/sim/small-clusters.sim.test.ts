import { describe, it } from 'vitest';
import { blocks, expectClean, SIMULATION_MS } from './support.ts';

describe('two nodes in trouble for ten minutes', () => {
  it.each(blocks(20, 1000))(
    'keep the rules: $seeds seeds from $first',
    ({ first, seeds }) => {
      expectClean(first, seeds, { nodes: 2 });
    },
    SIMULATION_MS,
  );
});

describe('three nodes in trouble for ten minutes', () => {
  it.each(blocks(60, 5000))(
    'keep the rules: $seeds seeds from $first',
    ({ first, seeds }) => {
      expectClean(first, seeds, { nodes: 3 });
    },
    SIMULATION_MS,
  );
});
