import { describe, expect, it } from 'vitest';
import { BurstMeter } from '../../src/timeout/burst-meter.ts';
import { seed } from '../support/capabilities.ts';
import { randomFrom } from '../support/random.ts';

/** A first-order Markov chain: a slow reply is followed by a slow one with chance `stay`. */
function inflationOf({ share, stay, n }: { share: number; stay: number; n: number }): number {
  const random = randomFrom(seed());
  const enter = (share * (1 - stay)) / (1 - share);
  const meter = new BurstMeter();
  let slow = false;
  for (let i = 0; i < n; i++) {
    slow = random.next() < (slow ? stay : enter);
    meter.observe(slow);
  }
  return meter.varianceInflation();
}

describe('the variance inflation', () => {
  it('is 1 before ten slow replies', () => {
    const meter = new BurstMeter();
    expect(meter.varianceInflation()).toBe(1);
    for (let i = 0; i < 9; i++) meter.observe(true);
    expect(meter.varianceInflation()).toBe(1);
  });

  it('is about 1 for slow replies that come independently', () => {
    expect(inflationOf({ share: 0.01, stay: 0.01, n: 200_000 })).toBeLessThan(1.3);
  });

  // (1 + r) / (1 − r), r = (stay − share) / (1 − share)
  it.each([
    [0.5, 2.96],
    [0.8, 8.9],
    [0.9, 18.8],
  ])('is that of a Markov chain that stays slow with chance %d: %d', (stay, expected) => {
    const found = inflationOf({ share: 0.01, stay, n: 400_000 });
    expect(found).toBeGreaterThan(expected / 2);
    expect(found).toBeLessThan(expected * 2);
  });

  it.each([
    [2, 2.96], // r = (0.5 − 0.002) / 0.998 = 0.499
    [10, 18.8], // r = (0.9 − 0.01) / 0.99 = 0.899
  ])('of runs of %i slow replies in a thousand is %d', (length, expected) => {
    const meter = new BurstMeter();
    for (let i = 0; i < 100_000; i++) meter.observe(i % 1000 < length);
    expect(meter.varianceInflation() / expected).toBeGreaterThan(0.9);
    expect(meter.varianceInflation() / expected).toBeLessThan(1.1);
  });

  it('believes no bursts longer than 200 on the mean', () => {
    const meter = new BurstMeter();
    for (let i = 0; i < 100_000; i++) meter.observe(false);
    for (let i = 0; i < 5000; i++) meter.observe(true);
    expect(meter.varianceInflation()).toBeLessThanOrEqual(1.995 / 0.005 + 1e-6);
    expect(meter.varianceInflation()).toBeGreaterThan(100);
  });

  it('forgets bursts that are over', () => {
    const meter = new BurstMeter();
    for (let i = 0; i < 2000; i++) meter.observe(i % 100 < 20);
    expect(meter.varianceInflation()).toBeGreaterThan(5);
    for (let i = 0; i < 400_000; i++) meter.observe(i % 100 === 0);
    expect(meter.varianceInflation()).toBeLessThan(1.3);
  });

  it('is a number when every reply is slow', () => {
    const meter = new BurstMeter();
    for (let i = 0; i < 20_000; i++) meter.observe(true);
    expect(meter.varianceInflation()).toBeGreaterThanOrEqual(1);
  });
});
