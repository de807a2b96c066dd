import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Doubt } from '../../src/membership/doubt.ts';
import { runs } from '../support/properties.ts';

const INTERVAL_MS = 1000;

/** Of a peer that has answered so many questions, one each interval, after `rttMs`. */
function answering(count: number, rttMs = 2): Doubt {
  const doubt = new Doubt(INTERVAL_MS);
  for (let i = 0; i < count; i++) {
    doubt.asked(i * INTERVAL_MS);
    doubt.answered(i * INTERVAL_MS + rttMs);
  }
  return doubt;
}

describe('doubt', () => {
  it('is 0 while nothing is awaited, for however long', () => {
    const doubt = answering(10);
    expect(doubt.phi(1e9)).toBe(0);
    expect(doubt.instantMs(8)).toBe(Infinity);
    expect(doubt.silentMs(1e9)).toBe(0);
    expect(doubt.silentSinceMs).toBeUndefined();
  });

  it('begins with the first question that goes unanswered, not with the latest', () => {
    const doubt = answering(10);
    doubt.asked(10_000);
    doubt.asked(10_500);
    expect(doubt.silentSinceMs).toBe(10_000);
    expect(doubt.silentMs(10_800)).toBe(800);
  });

  it('of a peer that is new: suspected after two thirds of an interval and a bit', () => {
    const doubt = new Doubt(INTERVAL_MS);
    doubt.asked(0);
    expect(doubt.instantMs(8)).toBeCloseTo((2.2 / 3) * INTERVAL_MS, 3);
  });

  it('ends with an answer', () => {
    const doubt = answering(10);
    doubt.asked(10_000);
    expect(doubt.phi(10_900)).toBeGreaterThan(8);
    doubt.answered(10_900);
    expect(doubt.phi(10_900)).toBe(0);
  });

  it('ends with any other sign of life, and begins anew with the next question', () => {
    const doubt = answering(10);
    doubt.asked(10_000);
    doubt.heard(10_700);
    expect(doubt.phi(20_000)).toBe(0);
    doubt.asked(20_000);
    expect(doubt.silentSinceMs).toBe(20_000);
  });

  it('is not touched by signs of life while nothing is awaited', () => {
    const doubt = answering(10);
    doubt.questioned(10_000);
    expect(doubt.phi(20_000)).toBe(0);
  });

  it('is moved by a sign of life that came before the last one not at all', () => {
    const doubt = answering(10);
    doubt.asked(10_000);
    doubt.heard(9_500);
    expect(doubt.silentSinceMs).toBe(10_000);
  });

  it('does not grow while we stand still', () => {
    const doubt = answering(10);
    doubt.asked(10_000);
    const before = doubt.phi(10_100);
    doubt.localPause(10_100, 15_100);
    expect(doubt.phi(15_100)).toBeCloseTo(before, 9);
    expect(doubt.silentMs(15_100)).toBeCloseTo(100, 9);
  });

  it('does not learn from answers that waited for us', () => {
    const [paused, not] = [answering(50), answering(50)];
    paused.asked(50_000);
    paused.localPause(50_001, 55_000);
    paused.answered(55_001);
    for (const phi of [1, 2, 3, 8]) {
      for (const doubt of [paused, not]) doubt.asked(60_000);
      expect(paused.instantMs(phi)).toBe(not.instantMs(phi));
    }
  });

  it('forgets with a restart what is unanswered, and keeps how long answers take', () => {
    const doubt = answering(50, 200);
    const { usualMs } = doubt;
    doubt.asked(60_000);
    doubt.restarted();
    expect(doubt.phi(70_000)).toBe(0);
    expect(doubt.usualMs).toBe(usualMs);
  });
});

describe('a peer whose answers are lost while its questions come', () => {
  it('is expected to ask every interval, and nothing more', () => {
    const doubt = answering(50);
    doubt.asked(50_000);
    for (let i = 0; i < 30; i++) {
      const atMs = 50_300 + i * INTERVAL_MS;
      if (i > 0) expect(doubt.phi(atMs)).toBeLessThan(8);
      doubt.questioned(atMs);
    }
  });

  it('is suspected when these stop too, within two intervals', () => {
    const doubt = answering(50);
    doubt.asked(50_000);
    for (let i = 0; i < 30; i++) doubt.questioned(50_300 + i * INTERVAL_MS);
    const lastMs = 50_300 + 29 * INTERVAL_MS;
    expect(doubt.instantMs(8)).toBeGreaterThan(lastMs + INTERVAL_MS);
    expect(doubt.instantMs(8)).toBeLessThan(lastMs + 2 * INTERVAL_MS);
  });
});

describe('how far apart questions are in doubt', () => {
  it('follows how long answers take, between a sixteenth of an interval and a whole one', () => {
    expect(answering(300, 2).spacingMs).toBeCloseTo(INTERVAL_MS / 16, 6);
    expect(answering(300, 200).spacingMs).toBeGreaterThan(190);
    expect(answering(300, 200).spacingMs).toBeLessThan(300);
    expect(answering(300, 999).spacingMs).toBeGreaterThan(900);
    expect(answering(300, 999).spacingMs).toBeLessThanOrEqual(INTERVAL_MS);
  });
});

describe('a link as slow as it likes', () => {
  it.each([0.5, 0.9, 1, 3, 10])('RTT %f intervals: no suspicion after 20 answers', (intervals) => {
    const rttMs = intervals * INTERVAL_MS;
    const doubt = new Doubt(INTERVAL_MS);
    let atMs = 0;
    for (let i = 0; i < 60; i++) {
      doubt.asked(atMs);
      if (i >= 20) expect(doubt.phi(atMs + rttMs)).toBeLessThan(8);
      doubt.answered(atMs + rttMs);
      atMs += rttMs + INTERVAL_MS;
    }
  });

  it.each([0.02, 0.1, 0.5])(
    'answers after 0.9 intervals, its questions %f intervals after ours: neither',
    (after) => {
      const doubt = new Doubt(INTERVAL_MS);
      let suspected = 0;
      for (let i = 0; i < 60; i++) {
        const atMs = i * INTERVAL_MS;
        doubt.asked(atMs);
        doubt.questioned(atMs + after * INTERVAL_MS);
        if (i >= 20 && doubt.phi(atMs + 899) >= 8) suspected++;
        doubt.answered(atMs + 900);
      }
      expect(suspected).toBe(0);
    },
  );
});

describe('whatever happens', () => {
  const anyStep = fc.record({
    gapMs: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 20_000 })),
    what: fc.constantFrom('ask', 'answer', 'question', 'reply', 'pause', 'restart'),
  });

  it('phi is finite, >= 0, never falls in silence, and instantMs is when it is reached', () =>
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 100 }), (steps) => {
        const doubt = new Doubt(INTERVAL_MS);
        const nowMs = play(doubt, steps);
        let last = 0;
        for (let ms = 0; ms < 3_600_000; ms = ms * 1.1 + 50) {
          const phi = doubt.phi(nowMs + ms);
          expect(Number.isFinite(phi)).toBe(true);
          expect(phi).toBeGreaterThanOrEqual(last);
          last = phi;
        }
        for (const phi of [1, 3, 8]) {
          const atMs = doubt.instantMs(phi);
          if (doubt.silentSinceMs === undefined) expect(atMs).toBe(Infinity);
          else if (doubt.silentMs(atMs) > 0) expect(doubt.phi(atMs)).toBeCloseTo(phi, 4);
        }
      }),
      runs(200),
    ));

  it('a judgement that is asked for at the instant it told is not too early by a rounding', () =>
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 40 }), (steps) => {
        const doubt = new Doubt(INTERVAL_MS);
        doubt.asked(play(doubt, steps));
        expect(doubt.phi(doubt.instantMs(8) + 1e-6)).toBeGreaterThanOrEqual(8 - 1e-9);
      }),
      runs(200),
    ));

  function play(doubt: Doubt, steps: readonly { gapMs: number; what: string }[]): number {
    let nowMs = 0;
    for (const { gapMs, what } of steps) {
      const fromMs = nowMs;
      nowMs += gapMs;
      if (what === 'ask') doubt.asked(nowMs);
      else if (what === 'answer') doubt.answered(nowMs);
      else if (what === 'restart') doubt.restarted();
      else if (what === 'pause') doubt.localPause(fromMs, nowMs);
      else if (what === 'question') doubt.questioned(nowMs);
      else doubt.heard(nowMs);
    }
    return nowMs;
  }
});
