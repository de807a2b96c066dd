import { describe, expect, it } from 'vitest';
import {
  createEwmaDetector,
  createFixedDetector,
  createSatzgerDetector,
  DEADLINE_PHI,
  SATZGER_PHI,
} from '../../../src/detector/baselines/index.ts';
import { randomFrom } from '../../support/random.ts';
import { feed, mistakes, regular, silenceMs } from './support.ts';

describe('fixed', () => {
  it('suspects after three intervals, whatever the gaps were', () => {
    const detector = createFixedDetector({ intervalMs: 50 });
    feed(detector, [0, 10, 500]);
    expect(silenceMs(detector, DEADLINE_PHI, 500)).toBe(150);
    expect(detector.phi(650)).toBe(1);
    expect(silenceMs(createFixedDetector(), DEADLINE_PHI, 0)).toBe(Infinity);
  });
});

describe('EWMA', () => {
  it('suspects after three times the smoothed gap', () => {
    const detector = createEwmaDetector();
    feed(detector, [0]);
    expect(silenceMs(detector, DEADLINE_PHI, 0)).toBe(3000);
    feed(detector, [0, 1800]);
    expect(silenceMs(detector, DEADLINE_PHI, 1800)).toBeCloseTo(3 * 1100, 6);
    feed(detector, [0, 1800, 2200].concat(regular(100, 400).map((ms) => ms + 2600)));
    expect(silenceMs(detector, DEADLINE_PHI, 2600 + 99 * 400)).toBeCloseTo(1200, 0);
  });
});

describe('Satzger', () => {
  it('suspects at the median gap / 0.9', () => {
    const detector = createSatzgerDetector();
    feed(detector, [0, 100, 300, 600, 1000]); // gaps 100, 200, 300, 400
    expect(silenceMs(detector, SATZGER_PHI, 1000)).toBeCloseTo(200 / 0.9, 6);
  });

  it('reads phi from the gaps: one in four is longer than 300 ms', () => {
    const detector = createSatzgerDetector({ scale: 1 });
    feed(detector, [0, 100, 300, 600, 1000]);
    expect(detector.phi(1050)).toBe(0);
    expect(detector.phi(1300)).toBeCloseTo(Math.log10(4), 9);
    expect(detector.phi(1400)).toBeCloseTo(Math.log10(5), 9);
    expect(detector.phi(1800)).toBeCloseTo(2 * Math.log10(5), 9);
    expect(silenceMs(detector, 2 * Math.log10(5), 1000)).toBeCloseTo(800, 9);
  });

  it('forgets what fell out of the window', () => {
    const detector = createSatzgerDetector({ scale: 1, windowSize: 3 });
    feed(detector, [0, 900, 1000, 1200, 1500]); // 900 is forgotten
    expect(silenceMs(detector, Math.log10(4), 1500)).toBe(300);
  });

  it('suspects a live sender with jitter a thousand times in ten thousand', () => {
    const random = randomFrom(7);
    const beats = Array.from({ length: 10_000 }, (_, seq) => {
      const sentAtMs = 100 * seq;
      return { seq, sentAtMs, arrivedAtMs: sentAtMs + 30 * random.next() };
    });
    expect(mistakes(createSatzgerDetector(), SATZGER_PHI, beats)).toBeGreaterThan(1000);
  });
});
