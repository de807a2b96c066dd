import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EVERYONE, Observers, OBSERVERS } from '../../src/membership/observers.ts';
import { runs } from '../support/properties.ts';

function named(count: number, salt = 0): string[] {
  return Array.from({ length: count }, (_, i) => `node-${salt}-${i}:3000`);
}

const anyGroup = fc.record({
  count: fc.integer({ min: EVERYONE + 1, max: 120 }),
  k: fc.integer({ min: 1, max: 12 }),
  salt: fc.nat(1000),
});

describe('up to 50 members', () => {
  it.each([1, 2, 3, EVERYONE])('%i: everyone watches everyone else', (count) => {
    const names = named(count);
    const observers = new Observers(names);
    for (const name of names) {
      const others = names.filter((other) => other !== name).sort();
      expect(observers.of(name)).toEqual(others);
      expect(observers.watchedBy(name)).toEqual(others);
    }
  });

  it('a name that is listed twice is one member', () => {
    const observers = new Observers(['b', 'a', 'b']);
    expect(observers.members).toEqual(['a', 'b']);
    expect(observers.of('a')).toEqual(['b']);
  });
});

describe('above 50 members', () => {
  it('each has k observers, never itself: nine unless told otherwise', () => {
    const names = named(EVERYONE + 1);
    const observers = new Observers(names);
    for (const name of names) {
      expect(observers.of(name)).toHaveLength(OBSERVERS);
      expect(observers.of(name)).not.toContain(name);
    }
  });

  it('who watches whom is the same, read from either side', () =>
    fc.assert(
      fc.property(anyGroup, ({ count, k, salt }) => {
        const names = named(count, salt);
        const observers = new Observers(names, k);
        for (const observer of names) {
          const watched = names.filter((name) => observers.of(name).includes(observer)).sort();
          expect(observers.watchedBy(observer)).toEqual(watched);
        }
      }),
      runs(20),
    ));

  it('every node reckons the same, in whatever order it lists the members', () =>
    fc.assert(
      fc.property(anyGroup, fc.nat(119), ({ count, k, salt }, at) => {
        const names = named(count, salt);
        const turned = [...names.slice(at % count), ...names.slice(0, at % count)].reverse();
        const [here, there] = [new Observers(names, k), new Observers(turned, k)];
        for (const name of names) expect(there.of(name)).toEqual(here.of(name));
      }),
      runs(20),
    ));

  it('when a member goes, only those that it watched get another observer, one each', () =>
    fc.assert(
      fc.property(anyGroup, fc.nat(119), ({ count, k, salt }, at) => {
        fc.pre(count > EVERYONE + 1);
        const names = named(count, salt);
        const gone = names[at % count]!;
        const before = new Observers(names, k);
        const after = new Observers(
          names.filter((name) => name !== gone),
          k,
        );
        for (const name of after.members) {
          const kept = before.of(name).filter((observer) => observer !== gone);
          expect(after.of(name)).toEqual(expect.arrayContaining(kept));
          expect(after.of(name)).toHaveLength(k);
        }
      }),
      runs(20),
    ));

  it('the work is shared: nobody watches three times the mean of 500', () => {
    const names = named(500);
    const observers = new Observers(names);
    const loads = names.map((name) => observers.watchedBy(name).length);
    expect(loads.reduce((a, b) => a + b)).toBe(500 * OBSERVERS);
    expect(Math.max(...loads)).toBeLessThan(3 * OBSERVERS);
    expect(Math.min(...loads)).toBeGreaterThan(0);
  });
});

describe('a stranger', () => {
  it('is watched by nobody, and watches everyone', () => {
    const observers = new Observers(['a', 'b']);
    expect(observers.has('x')).toBe(false);
    expect(observers.of('x')).toEqual([]);
    expect(observers.watchedBy('x')).toEqual(['a', 'b']);
  });
});
