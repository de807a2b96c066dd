import { describe, expect, it } from 'vitest';
import { ShapeMonitor } from '../../src/timeout/shape-monitor.ts';
import { seed } from '../support/capabilities.ts';
import { type Random, randomFrom } from '../support/random.ts';

const KNOWN = 100_000;

/** Which of these replies are told not to fit. */
function misfits(
  monitor: ShapeMonitor,
  count: number,
  exceeds: (i: number) => boolean,
  total = KNOWN,
): number[] {
  return Array.from({ length: count }, (_, i) => i).filter((i) =>
    monitor.observe(exceeds(i), total),
  );
}

/** Slow replies in runs of `length`, a share p of all. */
function inRuns(random: Random, p: number, length: number): () => boolean {
  let left = 0;
  return () => {
    if (left === 0 && random.next() < p / (length * (1 - p))) left = length;
    return left > 0 && left-- > 0;
  };
}

describe.each([0.1, 0.01])('the monitor at S = %d', (p) => {
  it('is silent while the shape is the one that was counted', () => {
    const random = randomFrom(seed());
    const monitor = new ShapeMonitor(p);
    expect(misfits(monitor, 20_000 / p, () => random.next() < p).length).toBeLessThanOrEqual(1);
  });

  it.each([
    [2, 300],
    [4, 100],
    [0.4, 400],
  ])('tells a tail %d times as heavy within %i expected exceedances', (times, within) => {
    const random = randomFrom(seed());
    const monitor = new ShapeMonitor(p);
    misfits(monitor, 300 / p, () => random.next() < p);
    const told = misfits(monitor, within / p, () => random.next() < times * p);
    expect(told.length).toBeGreaterThan(0);
  });

  it('does not take bursts for another shape', () => {
    const random = randomFrom(seed());
    const monitor = new ShapeMonitor(p);
    const told = misfits(monitor, 20_000 / p, inRuns(random, p, 20));
    // Taken one by one, 1,000 bursts of 20 would be told some hundred times.
    expect(told.length).toBeLessThan(10);
  });

  it('concludes nothing from fewer than five expected exceedances', () => {
    const monitor = new ShapeMonitor(p);
    const [first] = misfits(monitor, 10 / p, (i) => i % 2 === 0);
    expect(first).toBeGreaterThanOrEqual(5 / p - 1.5);
  });

  it('is more patient where the level was read from few replies', () => {
    const exceeds = (i: number) => i % Math.round(1 / (2 * p)) === 0;
    const [known] = misfits(new ShapeMonitor(p), 500 / p, exceeds);
    const [guessed] = misfits(new ShapeMonitor(p), 500 / p, exceeds, 10 / p);
    expect(known).toBeDefined();
    expect(guessed ?? Infinity).toBeGreaterThan(known!);
  });

  it('goes on from a checkpoint as if nothing had been', () => {
    const [spared, tried] = [1, 2].map(() => new ShapeMonitor(p));
    for (const monitor of [spared!, tried!]) misfits(monitor, 3 / p, (i) => i % 3 === 0);
    const restore = tried!.checkpoint();
    misfits(tried!, 20 / p, () => true);
    restore();
    expect(tried).toEqual(spared);
    const told = [spared!, tried!].map((monitor) => misfits(monitor, 20 / p, (i) => i % 2 === 0));
    expect(told[1]).toEqual(told[0]);
  });
});
