import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { intersect, type TimeSource } from '../../src/clock/intersection.ts';
import { runs } from '../support/properties.ts';

const TRUTH = 0;

const anyHonest = fc
  .tuple(fc.nat(50), fc.nat(50))
  .map(([below, above]) => [-below, above] as const);
const anyLie = fc
  .tuple(fc.integer({ min: -60, max: 60 }), fc.nat(40))
  .map(([low, width]) => [low, low + width] as const)
  .filter(([low, high]) => low > TRUTH || high < TRUTH);
const anySource = fc
  .tuple(fc.integer({ min: -20, max: 20 }), fc.nat(15))
  .map(([low, width]) => [low, low + width] as const);

function named(bounds: readonly (readonly [number, number])[]): TimeSource[] {
  return bounds.map(([lowMs, highMs], i) => ({ name: `s${i}`, bounds: { lowMs, highMs } }));
}

/** Whole sources, and fewer lies than honest ones, in any order. */
const anyFleet = fc
  .array(anyHonest, { minLength: 1, maxLength: 7 })
  .chain((honest) =>
    fc
      .array(anyLie, { maxLength: honest.length - 1 })
      .chain((lies) =>
        fc.shuffledSubarray([...honest, ...lies], { minLength: honest.length + lies.length }),
      ),
  );

/** How many sources hold a point. */
function depthAt(point: number, all: readonly TimeSource[]): number {
  return all.filter(({ bounds }) => bounds.lowMs <= point && point <= bounds.highMs).length;
}

/** Every half: intervals with whole ends that share anything share one of these. */
const POINTS = Array.from({ length: 421 }, (_, i) => (i - 210) / 2);

describe('with fewer than half liars', () => {
  it('the truth is inside, and whoever is named has lied', () =>
    fc.assert(
      fc.property(anyFleet, (fleet) => {
        const all = named(fleet);
        const { bounds, truechimers, falsetickers } = intersect(all);
        expect(bounds!.lowMs).toBeLessThanOrEqual(TRUTH);
        expect(bounds!.highMs).toBeGreaterThanOrEqual(TRUTH);
        for (const { name, bounds: own } of all) {
          if (own.lowMs <= TRUTH && TRUTH <= own.highMs) expect(truechimers).toContain(name);
          if (own.highMs < bounds!.lowMs || own.lowMs > bounds!.highMs) {
            expect(falsetickers).toContain(name);
          }
        }
        expect(truechimers.length + falsetickers.length).toBe(all.length);
      }),
      runs(500),
    ));
});

describe('whatever the sources say', () => {
  it('the bounds are those of all points that a majority holds, no wider', () =>
    fc.assert(
      fc.property(fc.array(anySource, { maxLength: 9 }), (given) => {
        const all = named(given);
        const held = POINTS.filter((point) => depthAt(point, all) > all.length / 2);
        const { bounds, truechimers, falsetickers } = intersect(all);
        expect(bounds?.lowMs).toBe(held[0]);
        expect(bounds?.highMs).toBe(held.at(-1));
        const touching = all.filter(({ bounds: own }) =>
          held.some((point) => own.lowMs <= point && point <= own.highMs),
        );
        expect(truechimers).toEqual(touching.map(({ name }) => name));
        if (!bounds) expect(falsetickers).toEqual([]);
      }),
      runs(500),
    ));

  it('the likeliest are those where most meet', () =>
    fc.assert(
      fc.property(fc.array(anySource, { minLength: 1, maxLength: 9 }), (given) => {
        const all = named(given);
        const { bounds, likeliest } = intersect(all);
        fc.pre(bounds !== undefined);
        const most = Math.max(...POINTS.map((point) => depthAt(point, all)));
        const held = POINTS.filter((point) => depthAt(point, all) === most);
        expect([likeliest!.lowMs, likeliest!.highMs]).toEqual([held[0], held.at(-1)]);
      }),
      runs(300),
    ));
});
