import { describe, expect, it } from 'vitest';
import { createPekkoDetector, PEKKO_PHI } from '../../../src/detector/baselines/index.ts';
import { feed, regular, silenceMs } from './support.ts';

/** Enough to push the two invented gaps out of the window. */
const SETTLED = regular(1200, 1000);
const LAST_MS = 1_199_000;

function settled() {
  const detector = createPekkoDetector();
  feed(detector, SETTLED);
  return detector;
}

describe('Pekko', () => {
  it('suspects a quiet sender after 4.52 s', () => {
    expect(silenceMs(settled(), PEKKO_PHI, LAST_MS)).toBeCloseTo(1000 + 3000 + 522.6, 0);
  });

  it('is at Infinity after 6.2 s, and its deadline is finite all the same', () => {
    const detector = settled();
    expect(detector.phi(LAST_MS + 6100)).toBeLessThan(Infinity);
    expect(detector.phi(LAST_MS + 6200)).toBe(Infinity);
    expect(silenceMs(detector, 1e6, LAST_MS)).toBeGreaterThan(6100);
    expect(silenceMs(detector, 1e6, LAST_MS)).toBeLessThan(6200);
  });

  it.each([
    [5.5, 8.91],
    [6, 10.78],
    [8, 21.2],
  ])('takes y = %f for phi %f, as its approximation does', (y, phi) => {
    expect(settled().phi(LAST_MS + 4000 + 100 * y)).toBeCloseTo(phi, 1);
  });

  it.each([0.1, 0.5, 1, 3, 8, 20, 100, 300])('reaches phi %f at its deadline', (phi) => {
    const detector = settled();
    const deadlineMs = detector.deadlineMs(phi);
    expect(detector.phi(deadlineMs)! / phi).toBeCloseTo(1, 6);
  });

  it('starts with two gaps of 0.75 and 1.25 intervals', () => {
    const detector = createPekkoDetector({ intervalMs: 400 });
    feed(detector, [5000]);
    // Deviation 100 ms, mean 400 ms.
    expect(silenceMs(detector, PEKKO_PHI, 5000)).toBeCloseTo(400 + 3000 + 522.6, 0);
    feed(createPekkoDetector(), [0]);
    const slow = createPekkoDetector({ intervalMs: 4000 });
    feed(slow, [0]);
    expect(silenceMs(slow, PEKKO_PHI, 0)).toBeCloseTo(4000 + 3000 + 5226, -1);
  });

  it('never learns a link that is slower than its deadline', () => {
    const detector = createPekkoDetector({ acceptablePauseMs: 0 });
    feed(detector, regular(500, 5000));
    expect(silenceMs(detector, PEKKO_PHI, 499 * 5000)).toBeLessThan(5000);
    const learning = createPekkoDetector({ acceptablePauseMs: 0, threshold: 1e6 });
    feed(learning, regular(500, 2200));
    expect(silenceMs(learning, PEKKO_PHI, 499 * 2200)).toBeGreaterThan(2200);
  });
});
