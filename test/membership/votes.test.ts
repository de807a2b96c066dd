import { describe, expect, it } from 'vitest';
import { RULES } from '../../src/membership/rules.ts';
import { Votes, type Word } from '../../src/membership/votes.ts';

const INTERVAL_MS = 1000;
const LIFE = '1'.repeat(8);

function word(parts: Partial<Word> = {}): Word {
  return { vote: 'suspect', heardAtMs: 0, saidAtMs: 0, boot: LIFE, ...parts };
}

function votes(...said: readonly (readonly [observer: string, word: Word])[]): Votes {
  const all = new Votes(RULES, INTERVAL_MS);
  for (const [observer, one] of said) all.say(observer, 'p', one);
  return all;
}

describe('a vote', () => {
  it('holds for three intervals', () => {
    const all = votes(['a', word()]);
    expect(all.about('p', LIFE, 3000)).toHaveLength(1);
    expect(all.about('p', LIFE, 3001)).toEqual([]);
    expect(all.isSuspecting('a', 'p', 3000)).toBe(true);
    expect(all.isSuspecting('a', 'p', 3001)).toBe(false);
  });

  it('holds on when it is said again', () => {
    const all = votes(['a', word()], ['a', word({ saidAtMs: 2000 })]);
    expect(all.about('p', LIFE, 5000)).toHaveLength(1);
  });

  it('is replaced by the next of the same observer', () => {
    const all = votes(['a', word()], ['a', word({ vote: 'alive', saidAtMs: 1 })]);
    expect(all.suspecting('p', LIFE, ['a'], 1)).toEqual([]);
    expect(all.about('p', LIFE, 1)).toHaveLength(1);
  });

  it('is about one life; where either side knows none, it counts', () => {
    const all = votes(['a', word()], ['b', word({ boot: '' })]);
    const by = (boot: string) => all.about('p', boot, 0).map(([name]) => name);
    expect(by(LIFE)).toEqual(['a', 'b']);
    expect(by('2'.repeat(8))).toEqual(['b']);
    expect(by('')).toEqual(['a', 'b']);
  });

  it('counts only of those assigned', () => {
    const all = votes(['a', word()], ['x', word()], ['b', word({ vote: 'stalled' })]);
    expect(all.suspecting('p', LIFE, ['a', 'b'], 0)).toEqual(['a']);
  });

  it('about somebody else is another vote', () => {
    const all = votes(['a', word()]);
    expect(all.about('q', LIFE, 0)).toEqual([]);
    expect(all.isSuspecting('a', 'q', 0)).toBe(false);
  });
});

describe('when the next vote ceases to hold', () => {
  it('is the earliest of those that still hold', () => {
    const all = votes(
      ['a', word({ saidAtMs: 500 })],
      ['b', word({ saidAtMs: 900 })],
      ['c', word({ saidAtMs: -9000 })],
    );
    expect(all.nextExpiryMs('p', 1000)).toBe(3500);
    expect(all.nextExpiryMs('p', 3501)).toBe(3900);
    expect(all.nextExpiryMs('p', 3901)).toBe(Infinity);
    expect(all.nextExpiryMs('q', 0)).toBe(Infinity);
  });
});

describe('every word', () => {
  it('is told with who said it of whom', () => {
    const all = votes(['a', word()]);
    all.say('a', 'q', word({ vote: 'alive' }));
    expect(
      [...all.all()].map(([observer, peer, { vote }]) => `${observer} ${peer} ${vote}`),
    ).toEqual(['a p suspect', 'a q alive']);
  });
});
