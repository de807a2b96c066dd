import { describe, expect, it } from 'vitest';
import {
  createBertierDetector,
  createChenDetector,
  createTwoWindowDetector,
  DEADLINE_PHI,
} from '../../../src/detector/baselines/index.ts';
import { randomFrom } from '../../support/random.ts';
import { feed, mistakes, regular, silenceMs } from './support.ts';

const INTERVAL_MS = 100;
const DELAY_MS = 20;
const PAUSE_MS = 970;

/** A sender whose timer goes on from where a pause ended: one pause after 1500 of 4000 beats. */
const SHIFTED = Array.from({ length: 4000 }, (_, seq) => {
  const sentAtMs = seq * INTERVAL_MS + (seq < 1500 ? 0 : PAUSE_MS);
  return { seq, sentAtMs, arrivedAtMs: sentAtMs + DELAY_MS };
});

describe('expected arrivals', () => {
  const options = { intervalMs: INTERVAL_MS };

  it('Chen: the mean of what the last n say, one interval on, plus the margin', () => {
    const chen = createChenDetector({ ...options, windowSize: 2, marginMs: 50 });
    // Beats 0, 1, 2 are 0, 10 and 40 ms late; the window has the last two.
    feed(chen, [0, 110, 240]);
    expect(chen.deadlineMs(DEADLINE_PHI)).toBeCloseTo(300 + 25 + 50, 6);
  });

  it('2W: the later of two expectations', () => {
    const detector = createTwoWindowDetector({ ...options, marginMs: 50 });
    feed(detector, [0, 100, 240]);
    expect(detector.deadlineMs(DEADLINE_PHI)).toBeCloseTo(300 + 40 + 50, 6);
    feed(detector, [0, 100, 240, 300]);
    expect(detector.deadlineMs(DEADLINE_PHI)).toBeCloseTo(400 + 10 + 50, 6);
  });

  it('Bertier: γ 0.1, β 1, φ 4', () => {
    const detector = createBertierDetector(options);
    feed(detector, [0]);
    expect(detector.deadlineMs(DEADLINE_PHI)).toBeCloseTo(100, 3);
    feed(detector, [0, 130]);
    // Error 30: delay 3, spread 3; expected 200 + mean(0, 30).
    expect(detector.deadlineMs(DEADLINE_PHI)).toBeCloseTo(200 + 15 + 3 + 4 * 3, 6);
    feed(detector, [0, 130, 218]);
    // Error 218 − 215 − 3 = 0: spread 2.7; expected 300 + mean(0, 30, 18).
    expect(detector.deadlineMs(DEADLINE_PHI)).toBeCloseTo(300 + 16 + 3 + 4 * 2.7, 6);
  });

  it('by sequence number, with a margin that is constant: break down when the timer shifts', () => {
    const late = (detector: Parameters<typeof mistakes>[0]) =>
      mistakes(detector, DEADLINE_PHI, SHIFTED);
    // Late until the mean of 1000 has moved to within the margin: 1 − 300 / 970 of them.
    expect(late(createChenDetector(options))).toBeCloseTo(691, -1);
    expect(late(createTwoWindowDetector(options))).toBe(1);
    // The margin follows the shift within a few heartbeats.
    expect(late(createBertierDetector(options))).toBeLessThanOrEqual(3);
  });

  it('Bertier: one heartbeat in forty is a mistake on a link with jitter', () => {
    const random = randomFrom(3);
    let lastMs = 0;
    const beats = Array.from({ length: 10_000 }, (_, seq) => {
      const sentAtMs = seq * INTERVAL_MS;
      lastMs = Math.max(lastMs, sentAtMs + random.lognormal(10, 0.8));
      return { seq, sentAtMs, arrivedAtMs: lastMs };
    });
    const late = mistakes(createBertierDetector(options), DEADLINE_PHI, beats);
    expect(late).toBeGreaterThan(200);
    expect(late).toBeLessThan(400);
  });

  it('by send time blame the pause once', () => {
    const by = 'send-time';
    const late = (detector: Parameters<typeof mistakes>[0]) =>
      mistakes(detector, DEADLINE_PHI, SHIFTED);
    expect(late(createChenDetector({ ...options, by }))).toBe(1);
    expect(late(createTwoWindowDetector({ ...options, by }))).toBe(1);
  });

  it('a deadline before the heartbeat it follows means suspected at once, with a finite phi', () => {
    const chen = createChenDetector({ ...options, marginMs: 0 });
    feed(chen, [0, 100, 200, 5000]);
    expect(silenceMs(chen, DEADLINE_PHI, 5000)).toBeLessThan(0.001);
    expect(chen.phi(5000)).toBe(0);
    expect(chen.phi(3_605_000)).toBeLessThan(Infinity);
  });

  it('say which stamp is missing', () => {
    const beat = { arrivedAtMs: 1 };
    expect(() => createChenDetector().heartbeat(beat)).toThrow('seq must be given');
    const bySendTime = createChenDetector({ by: 'send-time' });
    expect(() => bySendTime.heartbeat({ ...beat, seq: 1 })).toThrow('sentAtMs must be given');
  });

  it('count in any range of clock without losing digits', () => {
    const chen = createChenDetector({ ...options, by: 'send-time', marginMs: 50 });
    const farMs = 1e12;
    for (const atMs of regular(5000, 100)) {
      chen.heartbeat({ arrivedAtMs: atMs, sentAtMs: atMs + farMs });
    }
    expect(chen.deadlineMs(DEADLINE_PHI)).toBeCloseTo(500_000 + 50, 2);
  });
});
