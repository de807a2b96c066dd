import { describe, expect, it } from 'vitest';
import { Location } from '../../src/timeout/location.ts';
import { seed } from '../support/capabilities.ts';
import { countsOf } from '../support/histograms.ts';
import { type Random, randomFrom } from '../support/random.ts';

/** Follows `count` replies whose ln RTT is given; from a first guess at the first. */
function followed(count: number, logMs: (i: number) => number, location = new Location()) {
  for (let i = 0; i < count; i++) {
    const value = logMs(i);
    if (i === 0 && location.centre === 0) location.jump(value, 1);
    location.follow(value, false);
  }
  return location;
}

describe('the centre', () => {
  it.each([
    [500, 0.4],
    [20_000, 0.4],
    [20_000, 1.5],
  ])('of %i lognormal replies is within a few standard errors: σ %d', (count, sigma) => {
    const random = randomFrom(seed());
    const { centre, spread } = followed(count, () => 4 + sigma * random.normal());
    // The shortest memory of 128 replies weighs something; alone it would be 0.06 σ off.
    expect(Math.abs(centre - 4)).toBeLessThan(sigma * Math.max(4 / Math.sqrt(count), 0.1));
    expect(spread / sigma).toBeGreaterThan(0.85);
    expect(spread / sigma).toBeLessThan(1.2);
  });

  it('trembles by a fiftieth of the spread at most while nothing changes', () => {
    const random = randomFrom(seed());
    const location = followed(5000, () => 4 + 0.4 * random.normal());
    let squares = 0;
    for (let i = 0; i < 50_000; i++) {
      location.follow(4 + 0.4 * random.normal(), false);
      squares += (location.centre - 4) ** 2;
    }
    expect(Math.sqrt(squares / 50_000)).toBeLessThan(0.02 * 0.4);
  });

  it('follows a drift of a doubling in 20,000 replies with a lag of a tenth of the spread', () => {
    const random = randomFrom(seed());
    const at = (i: number) => 4 + (Math.LN2 * Math.max(0, i - 20_000)) / 20_000;
    const location = followed(20_000, (i) => at(i) + 0.4 * random.normal());
    let lag = 0;
    for (let i = 20_000; i < 60_000; i++) {
      location.follow(at(i) + 0.4 * random.normal(), false);
      if (i >= 40_000) lag += (at(i) - location.centre) / 20_000;
    }
    expect(lag).toBeGreaterThan(0);
    expect(lag).toBeLessThan(0.1 * 0.4);
  });

  it('is where it jumped to, and learns the rest from the next replies', () => {
    const random = randomFrom(seed());
    const location = followed(20_000, () => 4 + 0.4 * random.normal());
    const { spread } = location;
    location.jump(7, 4);
    expect(location.centre).toBe(7);
    expect(location.spread).toBe(spread);
    followed(500, () => 6.5 + 0.4 * random.normal(), location);
    expect(Math.abs(location.centre - 6.5)).toBeLessThan(0.2 * 0.4);
  });

  it('is hardly moved by one reply, however slow', () => {
    const random = randomFrom(seed());
    const location = followed(2000, () => 4 + 0.4 * random.normal());
    const before = location.centre;
    location.follow(15, false);
    expect(location.centre - before).toBeGreaterThan(0);
    expect(location.centre - before).toBeLessThan(3.1 * (0.4 / 128));
  });

  it('of a tail of any weight is near its middle', () => {
    const random = randomFrom(seed());
    const { centre } = followed(20_000, () => -Math.log(1 - random.next()) / 0.5); // Pareto 0.5
    expect(centre).toBeGreaterThan(Math.LN2 / 0.5 - 0.5);
    expect(centre).toBeLessThan(Math.LN2 / 0.5 + 1);
  });

  it('is pulled up by requests that were cut off above it, and not down by those below', () => {
    const random = randomFrom(seed());
    const location = followed(2000, () => 4 + 0.4 * random.normal());
    const { centre } = location;
    for (let i = 0; i < 20; i++) location.follow(5, true);
    expect(location.centre).toBeGreaterThan(centre);
    const pulled = location.centre;
    for (let i = 0; i < 20; i++) location.follow(-5, true);
    expect(location.centre).toBeGreaterThanOrEqual(pulled);
  });
});

describe('the spread', () => {
  it('of a tight distribution is found: 20.0 ± 0.1 ms', () => {
    const random = randomFrom(seed());
    const location = followed(100_000, () => Math.log(20 + 0.1 * random.normal()));
    expect(location.spread / 0.005).toBeGreaterThan(0.9);
    expect(location.spread / 0.005).toBeLessThan(1.2);
    expect(Math.abs(location.centre - Math.log(20))).toBeLessThan(0.0005);
  });

  it('is never none: replies that are all alike', () => {
    const location = followed(100_000, () => Math.log(20));
    expect(location.spread).toBe(0.001);
    expect(location.centre).toBeCloseTo(Math.log(20), 9);
  });

  it('starts anew when it has changed for good', () => {
    const random = randomFrom(seed());
    const location = followed(50_000, () => 4 + 0.4 * random.normal());
    followed(5000, () => 4 + 0.8 * random.normal(), location);
    expect(location.spread).toBeGreaterThan(0.7);
    followed(5000, () => 4 + 0.3 * random.normal(), location);
    expect(location.spread).toBeLessThan(0.36);
  });
});

describe('a fit of counts', () => {
  it.each([
    ['lognormal', (random: Random) => random.lognormal(50, 0.4)],
    ['wide', (random: Random) => random.lognormal(50, 1.5)],
    ['exponential', (random: Random) => random.exponential(50)],
  ])('finds what following them finds: %s', (_, draw) => {
    const random = randomFrom(seed());
    const replies = Array.from({ length: 20_000 }, () => draw(random));
    const fitted = new Location();
    fitted.fit(countsOf(replies));
    const location = followed(20_000, (i) => Math.log(replies[i]!));
    expect(Math.abs(fitted.centre - location.centre)).toBeLessThan(0.1 * fitted.spread);
    expect(fitted.spread / location.spread).toBeGreaterThan(0.95);
    expect(fitted.spread / location.spread).toBeLessThan(1.05);
  });

  it('of nothing changes nothing', () => {
    const location = followed(100, () => 4);
    const { centre, spread } = location;
    location.fit(countsOf([]));
    expect(location).toMatchObject({ centre, spread });
  });

  it.each([[0], [1e9], [20]])('of one reply of %d ms is finite', (ms) => {
    const location = new Location();
    location.fit(countsOf([ms]));
    expect(Number.isFinite(location.centre)).toBe(true);
    expect(location.spread).toBeGreaterThan(0);
  });
});

describe('a checkpoint of a location', () => {
  it('brings everything back: what comes after is as if nothing had been', () => {
    const random = randomFrom(seed());
    const replies = Array.from({ length: 4000 }, () => 4 + 0.4 * random.normal());
    const [spared, tried] = [1, 2].map(() => followed(3000, (i) => replies[i]!));
    const restore = tried!.checkpoint();
    for (let i = 0; i < 2000; i++) tried!.follow(9, i % 2 === 0);
    tried!.jump(9, 3);
    restore();
    for (const location of [spared!, tried!]) {
      followed(1000, (i) => replies[3000 + i]!, location);
    }
    expect(tried!.centre).toBe(spared!.centre);
    expect(tried!.spread).toBe(spared!.spread);
  });
});
