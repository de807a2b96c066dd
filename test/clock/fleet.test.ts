import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fleetView } from '../../src/clock/fleet.ts';
import { runs } from '../support/properties.ts';

const BUDGET_MS = 500;
const OURS = { name: 'we', bounds: { lowMs: 0, highMs: 0 } };
const ahead = (name: string, lowMs: number, highMs = lowMs) => ({
  ...{ name, bounds: { lowMs, highMs } },
});

describe('a fleet of clocks', () => {
  it('goes together, all of it', () => {
    const clocks = [OURS, ahead('a', -3, 2), ahead('b', 100), ahead('c', -200)];
    expect(fleetView(clocks, BUDGET_MS)).toEqual({ outliers: [], agrees: true });
  });

  it('names the one that is off', () => {
    const clocks = [OURS, ahead('a', 1), ahead('b', 9999, 10_001)];
    expect(fleetView(clocks, BUDGET_MS)).toEqual({ outliers: ['b'], agrees: true });
  });

  it('names ourselves, if it is us', () => {
    const clocks = [OURS, ahead('a', 9998), ahead('b', 10_001)];
    expect(fleetView(clocks, BUDGET_MS)).toEqual({ outliers: ['we'], agrees: true });
  });

  it('of two that differ accuses neither', () => {
    expect(fleetView([OURS, ahead('a', 9999)], BUDGET_MS)).toEqual({
      ...{ outliers: [], agrees: false },
    });
  });

  it('of halves accuses neither', () => {
    const clocks = [OURS, ahead('a', 1), ahead('b', 9999), ahead('c', 9998)];
    expect(fleetView(clocks, BUDGET_MS)).toEqual({ outliers: [], agrees: false });
  });

  it('accuses nobody of what is not certain', () => {
    const clocks = [OURS, ahead('a', 0), ahead('b', 490, 700)];
    expect(fleetView(clocks, BUDGET_MS).outliers).toEqual([]);
    expect(fleetView([OURS, ahead('a', 0), ahead('b', 500)], BUDGET_MS).outliers).toEqual([]);
    expect(fleetView([OURS, ahead('a', 0), ahead('b', 500.1)], BUDGET_MS).outliers).toEqual(['b']);
  });

  it('of which we alone are known goes together', () => {
    expect(fleetView([OURS], BUDGET_MS)).toEqual({ outliers: [], agrees: true });
  });

  it('names no clock that may be within half a budget of a majority that is', () => {
    const anyClock = fc.record({
      truthMs: fc.double({ min: -BUDGET_MS / 2, max: BUDGET_MS / 2, noNaN: true }),
      belowMs: fc.double({ min: 0, max: 1e4, noNaN: true }),
      aboveMs: fc.double({ min: 0, max: 1e4, noNaN: true }),
    });
    const anyLie = fc.double({ min: -1e5, max: 1e5, noNaN: true });
    const any = fc.tuple(
      fc.array(anyClock, { minLength: 2, maxLength: 6 }),
      fc.array(anyLie, { maxLength: 5 }),
    );
    const property = fc.property(any, ([good, lies]) => {
      const clocks = [
        ...good.map(({ truthMs, belowMs, aboveMs }, i) =>
          ahead(`good-${i}`, truthMs - belowMs, truthMs + aboveMs),
        ),
        ...lies.slice(0, good.length - 1).map((ms, i) => ahead(`lie-${i}`, ms)),
      ];
      const { outliers, agrees } = fleetView(clocks, BUDGET_MS);
      expect(agrees).toBe(true);
      expect(outliers.filter((name) => name.startsWith('good'))).toEqual([]);
    });
    fc.assert(property, runs(200));
  });
});
