import { describe, expect, it } from 'vitest';
import { createPhiAccrualDetector, SUSPECT_PHI } from '../../src/detector/phi-accrual.ts';
import { seed } from '../support/capabilities.ts';
import { type Random, randomFrom } from '../support/random.ts';

interface Link {
  readonly intervalMs: (atMs: number, beat: number) => number;
  readonly delayMs: (beat: number) => number;
  readonly lostShare?: number;
}

interface Seen {
  /** Beats that came so late that phi had passed 1, 2 and 3. */
  readonly late: [number, number, number];
  readonly beats: number;
  /** Numbers of the beats that were suspected before they came. */
  readonly mistakes: number[];
}

/** Beats over a link; what phi was when each came. */
function play(beats: number, { intervalMs, delayMs, lostShare = 0 }: Link, random: Random): Seen {
  const detector = createPhiAccrualDetector();
  const seen: Seen = { late: [0, 0, 0], beats, mistakes: [] };
  let sentAtMs = 0;
  for (let i = 0; i < beats; i++) {
    const arrivedAtMs = sentAtMs + delayMs(i);
    if (random.next() >= lostShare) {
      const phi = detector.phi(arrivedAtMs) ?? 0;
      for (const level of [1, 2, 3]) if (phi >= level) seen.late[level - 1]!++;
      if (phi >= SUSPECT_PHI) seen.mistakes.push(i);
      detector.heartbeat({ arrivedAtMs, sentAtMs, seq: i + 1, bootId: 'a' });
    }
    sentAtMs += intervalMs(sentAtMs, i);
  }
  return seen;
}

/** How far the shares are off what phi promises, in decades. */
function decadesOff({ late, beats }: Seen): number[] {
  return late.map((count, i) => Math.abs(Math.log10(count / beats) + i + 1));
}

describe('phi keeps its promise', () => {
  const random = randomFrom(seed());
  const links: readonly (readonly [string, Link])[] = [
    ['on a rack', { intervalMs: () => 1000, delayMs: () => 1 + random.lognormal(0.3, 0.6) }],
    [
      'with a timer that trembles',
      { intervalMs: () => 1000 + random.exponential(3), delayMs: () => 5 },
    ],
    ['over a long way', { intervalMs: () => 1000, delayMs: () => 80 + random.exponential(15) }],
  ];
  it.each(links)('%s', (_, link) => {
    const off = decadesOff(play(60_000, link, random));
    // 60 beats are expected beyond phi = 3: 0.1 decades are two of their standard deviations.
    expect(off[0]).toBeLessThan(0.1);
    expect(off[1]).toBeLessThan(0.1);
    expect(off[2]).toBeLessThan(0.2);
  });
});

describe('for good', () => {
  const random = randomFrom(seed() + 1);
  const jitter = () => random.exponential(5);

  it.each([
    ['the delay is three times as long', { intervalMs: () => 1000, after: 300 }],
    ['the delay is that of a satellite', { intervalMs: () => 1000, after: 6000 }],
  ])('%s: trusted again within 20 beats', (_, { intervalMs, after }) => {
    const delayMs = (i: number) => (i < 500 ? 100 : after) + jitter();
    const { mistakes } = play(1000, { intervalMs, delayMs }, random);
    expect(mistakes.filter((beat) => beat < 500 || beat >= 520)).toEqual([]);
  });

  it.each([2, 10])('the interval is %i times as long: trusted again within 20 beats', (times) => {
    const intervalMs = (_: number, beat: number) => (beat < 500 ? 1000 : 1000 * times);
    const link = { intervalMs, delayMs: () => 10 + jitter() };
    const { mistakes } = play(1000, link, random);
    expect(mistakes.filter((beat) => beat < 500 || beat > 520)).toEqual([]);
  });
});

describe('a pause of the sender', () => {
  it('is one mistake at most: its timer is shifted afterwards, and we follow', () => {
    const random = randomFrom(seed() + 2);
    const intervalMs = (_: number, beat: number) => (beat % 200 === 150 ? 8350 : 1000);
    const link = { intervalMs, delayMs: () => 5 + random.exponential(2) };
    const { mistakes } = play(4000, link, random);
    const pauses = Array.from({ length: 20 }, (_, i) => 200 * i + 151);
    expect(mistakes.filter((beat) => !pauses.includes(beat))).toEqual([]);
  });
});

describe('lost beats', () => {
  it('one in a hundred is no mistake', () => {
    const random = randomFrom(seed() + 3);
    const link = { intervalMs: () => 1000, delayMs: () => 5 + random.exponential(2) };
    // Three in a row are lost once in a million.
    const { mistakes } = play(20_000, { ...link, lostShare: 0.01 }, random);
    expect(mistakes.length).toBeLessThanOrEqual(1);
  });
});
