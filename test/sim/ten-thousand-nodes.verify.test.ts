import { describe, expect, it } from 'vitest';
import { Observers } from '../../src/membership/observers.ts';
import { simulate } from '../../src/testing/index.ts';
import { seed } from '../support/capabilities.ts';
import { SIMULATION_MS } from './support.ts';

const NODES = 10_000;
/** Less than a node may take to start: those that never do are not suspected yet. */
const SECONDS = 9;
const names = Array.from({ length: NODES }, (_, index) => `node-${index}`);
const observers = new Observers(names);

/** A node, those who watch it, and those who watch them: the others are names on the list. */
function neighbourhood(name: string): Set<number> {
  const near = [name, ...observers.of(name)];
  const all = new Set([...near, ...near.flatMap((peer) => observers.of(peer))]);
  return new Set([...all].map((peer) => names.indexOf(peer)));
}

describe('ten thousand members, each watched by nine', () => {
  it(
    'see one crash, whoever is assigned to, at the cost of nine',
    () => {
      const crashed = seed() % NODES;
      const running = neighbourhood(`node-${crashed}`);
      const run = simulate(seed(), {
        ...{ nodes: NODES, durationMs: SECONDS * 1000, link: CONSTANT },
        runs: (index) => running.has(index),
        faults: [{ kind: 'crash', how: 'host', node: crashed, atMs: 5000 }],
      });
      expect(run.violations.map(({ message }) => message)).toEqual([]);
      expect(run.detectionMs).toHaveLength(9);
      expect(Math.max(...run.detectionMs)).toBeLessThan(3000);
      // Nine questions a second out and as many in, each answered, and what doubt adds.
      expect(run.messages / SECONDS / running.size).toBeLessThan(4 * 9 * 1.25);
    },
    SIMULATION_MS,
  );
});

const CONSTANT = { delay: { kind: 'constant', delayMs: 1 } } as const;
