import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Leap } from '../../src/clock/types.ts';
import { referenceOf, type Source } from '../../src/timekeeping/reference.ts';
import { runs } from '../support/properties.ts';

const source = (name: string, lowMs: number, highMs: number, leap: Leap = 'none'): Source => ({
  ...{ name, bounds: { lowMs, highMs }, leap },
});
const silent = (name: string): Source => ({ name, bounds: undefined, leap: 'unsynchronised' });
const known = (own: readonly Source[], peers: readonly Source[]) => referenceOf(own, () => peers);
const UNKNOWN = { bounds: undefined, sources: [], falsetickers: [], leap: 'unsynchronised' };

describe('true time', () => {
  it('is not known without sources, and with sources that say nothing', () => {
    expect(known([], [])).toEqual(UNKNOWN);
    expect(known([silent('a'), silent('b')], [])).toEqual(UNKNOWN);
  });

  it('is what the only one says', () => {
    expect(known([source('a', -1, 2), silent('b')], [])).toEqual({
      ...{ bounds: { lowMs: -1, highMs: 2 }, sources: ['a'], falsetickers: [], leap: 'none' },
    });
  });

  it('is what a majority says; who says something else is named', () => {
    const four = [source('a', -1, 2), source('b', 0, 3), source('c', -2, 1)];
    const liar = source('liar', 9999, 10_001);
    expect(known([...four, liar], [])).toEqual({
      ...{ bounds: { lowMs: 0, highMs: 1 }, sources: ['a', 'b', 'c'], falsetickers: ['liar'] },
      leap: 'none',
    });
  });

  it('is not known if no majority agrees', () => {
    expect(known([source('a', 0, 1), source('b', 5, 6)], [])).toEqual(UNKNOWN);
  });

  it('is what peers say only where we have no source that speaks', () => {
    const peer = source('peer:b', -5, 5);
    expect(known([], [peer]).sources).toEqual(['peer:b']);
    expect(known([silent('a')], [peer]).sources).toEqual(['peer:b']);
    expect(known([source('a', -1, 1)], [peer]).sources).toEqual(['a']);
    expect(known([source('a', 0, 1), source('b', 5, 6)], [peer])).toEqual(UNKNOWN);
  });

  it.each<[string, Leap, readonly Leap[]]>([
    ['the only one says so', 'insert', ['insert']],
    ['one of three says so', 'none', ['none', 'insert', 'none']],
    ['half say so', 'none', ['insert', 'none', 'insert', 'none']],
    ['two of three say so', 'insert', ['insert', 'none', 'insert']],
    ['two of three say that one goes', 'delete', ['none', 'delete', 'delete']],
    ['each says something else', 'none', ['insert', 'delete', 'none']],
    ['most say something, and not the same', 'none', ['insert', 'insert', 'delete', 'delete']],
  ])('has a leap second coming if more than half of those relied on say so: %s', (_, leap, say) => {
    const sources = say.map((each, i) => source(`${i}`, 0, 1, each));
    expect(known(sources, []).leap).toBe(leap);
  });

  it('has no leap second coming by the word of falsetickers, however many there are', () => {
    const liars = [source('x', 50, 60, 'insert'), source('y', 90, 91, 'insert')];
    const three = ['a', 'b', 'c'].map((name) => source(name, 0, 1));
    expect(known([...three, ...liars], [])).toMatchObject({
      ...{ leap: 'none', falsetickers: ['x', 'y'] },
    });
    const said = [source('a', 0, 1, 'insert'), source('b', 0, 1, 'insert'), source('c', 0, 1)];
    const silent = liars.map((liar) => ({ ...liar, leap: 'none' as const }));
    expect(known([...said, ...silent], []).leap).toBe('insert'); // two of the three relied on
  });

  it('lies in the bounds as long as fewer than half lie', () => {
    const honest = fc.tuple(
      fc.double({ min: 0, max: 100, noNaN: true }),
      fc.double({ min: 0, max: 100, noNaN: true }),
    );
    const lie = fc.tuple(
      fc.double({ min: -1e4, max: 1e4, noNaN: true }),
      fc.double({ min: 0, max: 1e3, noNaN: true }),
    );
    const any = fc.tuple(
      fc.array(honest, { minLength: 1, maxLength: 6 }),
      fc.array(lie, { maxLength: 5 }),
    );
    const property = fc.property(any, ([truths, lies]) => {
      const fewer = lies.slice(0, truths.length - 1);
      const sources = [
        ...truths.map(([below, above], i) => source(`true-${i}`, -below, above)),
        ...fewer.map(([lowMs, widthMs], i) => source(`lie-${i}`, lowMs, lowMs + widthMs)),
      ];
      const { bounds, falsetickers } = known(sources, []);
      expect(bounds!.lowMs).toBeLessThanOrEqual(0);
      expect(bounds!.highMs).toBeGreaterThanOrEqual(0);
      for (const name of falsetickers) expect(name).toMatch(/^lie/);
    });
    fc.assert(property, runs(200));
  });
});
