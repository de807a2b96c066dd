import { describe, expect, it } from 'vitest';
import { drawFaults, type Fault } from '../../src/testing/faults.ts';
import { randomFrom } from '../../src/testing/random.ts';
import { seed } from '../support/capabilities.ts';

const PLAN = { nodes: 5, faults: 10, fromMs: 30_000, untilMs: 510_000 };

function endMs(fault: Fault): number {
  if ('forMs' in fault) return fault.atMs + fault.forMs;
  return fault.atMs + ('restartAfterMs' in fault ? (fault.restartAfterMs ?? 0) : 0);
}

describe('drawFaults', () => {
  const plans = Array.from({ length: 300 }, (_, i) => drawFaults(PLAN, randomFrom(seed() + i)));

  it('draws as many as asked for, in order, and the same again from the same seed', () => {
    for (const [i, faults] of plans.entries()) {
      expect(faults).toHaveLength(10);
      expect(faults).toEqual(faults.toSorted((a, b) => a.atMs - b.atMs));
      if (i < 10) expect(drawFaults(PLAN, randomFrom(seed() + i))).toEqual(faults);
    }
  });

  it('begins after the start and ends before the quiet time', () => {
    for (const fault of plans.flat()) {
      expect(fault.atMs).toBeGreaterThanOrEqual(PLAN.fromMs);
      // A node that must come back does so within half a second, even at the very end.
      expect(endMs(fault)).toBeLessThanOrEqual(PLAN.untilMs + 500);
    }
  });

  it('draws every kind, and only those that are wanted', () => {
    const kinds = new Set(plans.flat().map(({ kind }) => kind));
    const all = ['clog', 'crash', 'cut', 'delay', 'drift', 'goodbye', 'loss', 'members', 'pause'];
    expect([...kinds].sort()).toEqual([...all, 'wall-step']);
    const pauses = drawFaults({ ...PLAN, kinds: ['pause'] }, randomFrom(seed()));
    expect(new Set(pauses.map(({ kind }) => kind))).toEqual(new Set(['pause']));
  });

  it('leaves two nodes alive, whatever ends for good', () => {
    for (const faults of plans) {
      const gone = faults.filter(
        (fault) =>
          (fault.kind === 'members' && fault.change === 'remove') ||
          ((fault.kind === 'crash' || fault.kind === 'goodbye') && !fault.restartAfterMs),
      );
      expect(new Set(gone.map((fault) => ('node' in fault ? fault.node : -1))).size).toBeLessThan(
        4,
      );
    }
  });

  it('never cuts a node off from itself', () => {
    for (const fault of plans.flat()) {
      if (!('links' in fault)) continue;
      const { from, to } = fault.links;
      expect(from.length * to.length).toBeGreaterThan(0);
      expect(from.filter((node) => to.includes(node))).toEqual([]);
    }
  });
});
