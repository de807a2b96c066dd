import { describe, expect, it } from 'vitest';
import { RateLine } from '../../src/clock/rate-line.ts';
import { RateWindow } from '../../src/clock/rate-window.ts';
import { seed } from '../support/capabilities.ts';
import { type Random, randomFrom } from '../support/random.ts';

/** The offset at an instant and two delays of an exchange then. */
interface Link {
  readonly offset: (atMs: number) => number;
  readonly delays: (random: Random, atMs: number) => readonly [outMs: number, backMs: number];
}

const jitter: Link['delays'] = (random) => [5 + random.exponential(3), 5 + random.exponential(3)];

/** Four exchanges a second. */
function feed(window: RateWindow, link: Link, random: Random, fromS: number, toS: number): void {
  for (let at = fromS * 1000; at < toS * 1000; at += 250) {
    const [outMs, backMs] = link.delays(random, at);
    window.add(at, link.offset(at) - backMs, link.offset(at) + outMs);
  }
}

const errorMs = (window: RateWindow, link: Link, atMs: number) =>
  Math.abs(window.at(atMs)!.offsetMs - link.offset(atMs));

describe('a line through a minute of exchanges', () => {
  it('is the line itself where there is no delay', () => {
    const line = new RateLine(200e-6, 0);
    const truth = (atMs: number) => 7 - 50e-6 * atMs;
    for (let at = 0; at <= 60_000; at += 1000) line.add(at, truth(at), truth(at));
    const rate = line.rate();
    // Within the wander that is allowed for.
    expect(Math.abs(rate + 50e-6)).toBeLessThanOrEqual(1e-6);
    expect(line.corridor(rate).middleMs).toBeCloseTo(truth(60_000), 2);
  });

  it('of one exchange has no slope, and none of two that allow all', () => {
    const line = new RateLine(200e-6, 0);
    line.add(0, -5, 5);
    expect(line.rate()).toBeCloseTo(0, 12);
    line.add(10, -50, 500);
    expect(line.rate()).toBeCloseTo(0, 12);
    expect(line.corridor(0).middleMs).toBeCloseTo(0, 9);
  });

  it('of two exchanges far apart has the slope between them, up to the limit', () => {
    const rateOf = (by: number) => {
      const line = new RateLine(200e-6, 0);
      line.add(0, -5, 5);
      line.add(1e6, by - 5, by + 5);
      return line.rate();
    };
    expect(rateOf(100)).toBeCloseTo(100e-6, 5);
    expect(Math.abs(rateOf(-100) + 100e-6)).toBeLessThan(1.1e-6);
    expect(rateOf(300)).toBe(200e-6);
    expect(rateOf(-300)).toBe(-200e-6);
  });

  it('has the widest corridor of all rates', () => {
    const random = randomFrom(seed());
    for (let run = 0; run < 50; run++) {
      const line = new RateLine(200e-6, 0);
      const drift = (2 * random.next() - 1) * 250e-6;
      for (let at = 0; at < 30_000; at += 1 + random.integer(2000)) {
        const [outMs, backMs] = jitter(random, at);
        line.add(at, drift * at - backMs, drift * at + outMs);
      }
      const widestMs = line.corridor(line.rate()).widthMs;
      for (let ppm = -200; ppm <= 200; ppm += 5) {
        expect(line.corridor(ppm * 1e-6).widthMs).toBeLessThanOrEqual(widestMs + 1e-9);
      }
    }
  });
});

describe('the window over 60 s of a link of 5 + exp(3) ms', () => {
  it('knows offset and rate, mostly within 0.3 ms and 5 ppm', () => {
    const random = randomFrom(seed());
    let far = 0;
    for (let run = 0; run < 60; run++) {
      const rate = (2 * random.next() - 1) * 150e-6;
      const link = { offset: (atMs: number) => 40 + rate * atMs, delays: jitter };
      const window = new RateWindow(200e-6);
      feed(window, link, random, 0, 60);
      const isFar =
        errorMs(window, link, 60_000) > 0.3 ||
        Math.abs((window.at(60_000)!.rate ?? Infinity) - rate) > 5e-6;
      far += Number(isFar);
    }
    expect(far).toBeLessThanOrEqual(6);
  });

  it('says no rate before it can know one', () => {
    const random = randomFrom(seed());
    const link = { offset: () => 0, delays: jitter };
    const window = new RateWindow(200e-6);
    expect(window.at(0)).toBeUndefined();
    feed(window, link, random, 0, 3);
    expect(window.at(3000)!.rate).toBeUndefined();
  });

  it('gets over a change of rate within 20 s, although the old line stays feasible', () => {
    const random = randomFrom(seed());
    let far = 0;
    for (let run = 0; run < 20; run++) {
      const link: Link = {
        offset: (atMs) => 100e-6 * Math.max(0, atMs - 90_000) - 50e-6 * atMs,
        delays: (dice) => [5 + dice.exponential(0.3), 5 + dice.exponential(0.3)],
      };
      const window = new RateWindow(200e-6);
      feed(window, link, random, 0, 110);
      far += Number(errorMs(window, link, 110_000) > 0.3);
    }
    expect(far).toBeLessThanOrEqual(2);
  });

  it('is not led astray by a queue in one direction', () => {
    const random = randomFrom(seed());
    const queued: Link = {
      offset: () => 0,
      delays: (dice, atMs) => [
        5 + dice.exponential(0.5) + (atMs > 40_000 ? 40 : 0),
        5 + dice.exponential(0.5),
      ],
    };
    const window = new RateWindow(200e-6);
    feed(window, queued, random, 0, 58);
    expect(errorMs(window, queued, 58_000)).toBeLessThan(1);
  });

  it('starts anew where no line is feasible', () => {
    const window = new RateWindow(200e-6);
    window.add(0, 0, 1);
    window.add(1000, 50, 51);
    expect(window.at(1000)!.offsetMs).toBeCloseTo(50.5, 9);
  });

  it('remembers a good exchange for a while, and forgets it within 75 s', () => {
    const link = { offset: () => 0, delays: jitter };
    const afterS = (seconds: number, firstMs: number) => {
      const window = new RateWindow(200e-6);
      window.add(0, -firstMs, firstMs);
      feed(window, link, randomFrom(seed()), 1, seconds);
      return window.at(seconds * 1000);
    };
    expect(afterS(30, 0.001)).not.toEqual(afterS(30, 500));
    expect(afterS(75, 0.001)).toEqual(afterS(75, 500));
  });

  it('leaves out what comes late', () => {
    const window = new RateWindow(200e-6);
    window.add(1000, -1, 1);
    window.add(500, 0.9, 1);
    expect(window.at(1000)!.offsetMs).toBeCloseTo(0, 9);
  });
});
