import { describe, expect, it } from 'vitest';
import { ChangeDetector, type Jump } from '../../src/timeout/change-detector.ts';
import { fcRuns, seed } from '../support/capabilities.ts';
import { randomFrom } from '../support/random.ts';

const SPREAD = 0.4;
const NOTHING = { slow: 0, fast: 0 };

/** Replies until the first alarm, each with this surprise. */
function repliesUntilAlarm(surprise: { slow: number; fast: number }): number | undefined {
  const detector = new ChangeDetector();
  for (let i = 1; i <= 100; i++) if (detector.observe(4, surprise, SPREAD)) return i;
  return undefined;
}

describe('a false alarm', () => {
  it('comes less than once in 100,000 replies that have not changed, and never for speed', () => {
    const replies = fcRuns(2_000_000, 20_000_000);
    const random = randomFrom(seed());
    const detector = new ChangeDetector();
    let [slower, faster] = [0, 0];
    for (let i = 0; i < replies; i++) {
      const share = 1 - random.next(); // of replies that are as slow, whatever the distribution
      const surprise = { slow: -Math.log(share), fast: -Math.log1p(-share + 1e-17) };
      const jump = detector.observe(surprise.slow, surprise, SPREAD);
      if (jump && jump.centre > 1) slower++;
      else if (jump) faster++;
    }
    expect(slower).toBeLessThan(replies / 100_000);
    expect(faster).toBe(0);
  });
});

describe('a jump', () => {
  it('to ten times as long is seen after 3 to 6 replies, also amid lognormal noise', () => {
    const random = randomFrom(seed());
    for (let trial = 0; trial < 500; trial++) {
      const detector = new ChangeDetector();
      let replies = 0;
      let jump: Jump | undefined;
      while (!jump) {
        replies++;
        const z = Math.LN10 / SPREAD + random.normal();
        const slow = 0.5 * z * z + Math.log(z * Math.sqrt(2 * Math.PI)); // −ln S, far out
        jump = detector.observe(4 + SPREAD * z, { slow, fast: 0 }, SPREAD);
      }
      expect(replies).toBeGreaterThanOrEqual(3);
      expect(replies).toBeLessThanOrEqual(6);
    }
  });

  it('is not told by one or two replies, however slow', () => {
    expect(repliesUntilAlarm({ slow: 1e6, fast: 0 })).toBe(3);
  });

  it('to a faster level takes more replies: haste is dangerous', () => {
    expect(repliesUntilAlarm({ slow: 0, fast: 1e6 })).toBe(6);
    for (const surprise of [3, 4, 6, 8]) {
      const slower = repliesUntilAlarm({ slow: surprise, fast: 0 })!;
      expect(repliesUntilAlarm({ slow: 0, fast: surprise })).toBeGreaterThan(1.5 * slower);
    }
  });

  it('goes to the mean since all was well, and a standard error beyond', () => {
    const detector = new ChangeDetector();
    for (let i = 0; i < 100; i++) detector.observe(4, NOTHING, SPREAD);
    detector.observe(6, { slow: 6, fast: 0 }, SPREAD);
    detector.observe(7, { slow: 6, fast: 0 }, SPREAD);
    detector.observe(6, { slow: 6, fast: 0 }, SPREAD);
    const jump = detector.observe(5, { slow: 6, fast: 0 }, SPREAD)!;
    expect(jump.replies).toBe(4);
    expect(jump.centre).toBeCloseTo(6 + SPREAD / 2, 9);
  });

  it('is told once: the count begins anew', () => {
    const detector = new ChangeDetector();
    const alarms = Array.from({ length: 9 }, () =>
      detector.observe(6, { slow: 7, fast: 0 }, SPREAD),
    );
    expect(alarms.map((jump) => jump !== undefined)).toEqual([
      ...[false, false, true],
      ...[false, false, true],
      ...[false, false, true],
    ]);
  });

  it('is not told where slow replies are apart from each other', () => {
    const detector = new ChangeDetector();
    for (let i = 0; i < 10_000; i++) {
      const slow = i % 5 === 0 ? 7 : 0.5;
      expect(detector.observe(4, { slow, fast: 0 }, SPREAD)).toBeUndefined();
    }
  });

  it('is forgotten by a reset', () => {
    const detector = new ChangeDetector();
    for (let i = 0; i < 50; i++) {
      detector.observe(6, { slow: 7, fast: 7 }, SPREAD);
      detector.observe(6, { slow: 7, fast: 7 }, SPREAD);
      detector.reset();
    }
    expect(detector.observe(6, { slow: 7, fast: 7 }, SPREAD)).toBeUndefined();
  });

  it('is counted on from a checkpoint', () => {
    const detector = new ChangeDetector();
    detector.observe(6, { slow: 7, fast: 0 }, SPREAD);
    const restore = detector.checkpoint();
    for (let i = 0; i < 5; i++) detector.observe(9, { slow: 1, fast: 7 }, SPREAD);
    restore();
    expect(detector.observe(6, { slow: 7, fast: 0 }, SPREAD)).toBeUndefined();
    expect(detector.observe(6, { slow: 7, fast: 0 }, SPREAD)).toMatchObject({ replies: 3 });
  });
});
