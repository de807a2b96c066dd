import { describe, expect, it } from 'vitest';
import type { ClockWord } from '../../src/membership/clock-extension.ts';
import type { Message } from '../../src/membership/message.ts';
import { PeerClock } from '../../src/membership/peer-clock.ts';
import { expectWithin } from './clock-net.ts';

const DRIFT_PPM = 200;
const BASE_MS = 1.78e12;
const BURST = { every: 4, length: 3 };

const word = (errorMs: number | undefined = 0, steps = 0): ClockWord => ({
  ...{ errorMs, steps, hlc: 0n, reference: undefined },
});
/** It says that its clock was set so often. */
const set = (steps: number) => word(0, steps);

/** An answer of a peer that is ahead by so much: 5 ms there, 2 ms of work, 5 ms back. */
function answer(t1Ms: number, aheadMs: number, bootId = 'a'.repeat(16)): Message {
  // Its monotonic clock began elsewhere.
  const receivedAtMs = t1Ms + 5 + 1e6;
  return {
    ...({ kind: 'answer', bootId, receivedAtMs, sentAtMs: receivedAtMs + 2 } as Message),
    sentAtWallMs: BASE_MS + t1Ms + 7 + aheadMs,
  };
}

function asked(clock: PeerClock, t1Ms: number, aheadMs: number, said = word(), bootId?: string) {
  const times = { t1MonoMs: t1Ms, t4MonoMs: t1Ms + 12, baseMs: BASE_MS };
  return clock.answered(answer(t1Ms, aheadMs, bootId), said, times);
}

function expectAhead(clock: PeerClock, nowMs: number, aheadMs: number): void {
  const { lowMs, highMs } = clock.at(nowMs)!;
  expectWithin(aheadMs, lowMs, highMs);
}

const NEXT_LIFE = 'b'.repeat(16);

const born = () => new PeerClock('0123456789abcdef', DRIFT_PPM);

describe('the clock of a peer', () => {
  it('lies within half of the time on the way', () => {
    const clock = born();
    expect(clock.at(0)).toBeUndefined();
    expect(asked(clock, 1000, 300)).toBe('accepted');
    const { lowMs, highMs } = clock.at(1012)!;
    expectWithin(lowMs, 294.9, 295);
    expectWithin(highMs, 305, 305.1);
  });

  it('lies within that and all that the peer says it may be off', () => {
    const clock = born();
    asked(clock, 1000, 300, word(20));
    const { lowMs, highMs } = clock.at(1012)!;
    expectWithin(lowMs, 274.9, 275);
    expectWithin(highMs, 325, 325.1);
  });

  it('is not told by who does not say how far it may be off', () => {
    const clock = born();
    expect(asked(clock, 1000, 300, { ...word(), errorMs: undefined })).toBe('nothing');
    expect(clock.at(1012)).toBeUndefined();
  });

  it('is not told by an answer that came sooner than it was worked on', () => {
    const clock = born();
    const times = { t1MonoMs: 1000, t4MonoMs: 1001, baseMs: BASE_MS };
    expect(clock.answered(answer(1000, 0), word(), times)).toBe('rejected');
  });

  it('steps, is counted, and is known again at once', () => {
    const clock = born();
    asked(clock, 0, 0);
    asked(clock, 1000, 0);
    expect(clock.steps).toBe(0);
    expect(asked(clock, 2000, -500)).toBe('step');
    expect(clock.steps).toBe(1);
    expect(Math.abs(clock.lastStep!.byMs + 500)).toBeLessThanOrEqual(clock.lastStep!.errorMs);
    const { lowMs, highMs } = clock.at(2012)!;
    expectWithin(-500, lowMs, highMs);
  });
});

describe('a peer that says that its clock was set', () => {
  it('makes a step known that fits into the delays', () => {
    const clock = born();
    asked(clock, 1000, 0);
    expect(asked(clock, 2000, 4)).toBe('accepted');
    expect(asked(clock, 3000, 4, set(1))).toBe('step');
    expect(clock.steps).toBe(1);
    expect(Math.abs(clock.lastStep!.byMs - 4)).toBeLessThanOrEqual(clock.lastStep!.errorMs);
    expect(asked(clock, 4000, 4, set(1))).toBe('accepted');
    expect(asked(clock, 5000, -4, set(2))).toBe('step');
    const { lowMs, highMs } = clock.at(5012)!;
    expectWithin(-4, lowMs, highMs);
    expect(highMs - lowMs).toBeGreaterThan(9.9); // all before is void
    expect(clock.steps).toBe(2);
  });

  it('tells nothing new of a step that we have seen', () => {
    const clock = born();
    asked(clock, 1000, 0);
    expect(asked(clock, 2000, 500)).toBe('step');
    expect(asked(clock, 3000, 500, set(1))).toBe('accepted');
    expect(clock.steps).toBe(1);
  });

  it('says so with the step itself: that is one', () => {
    const clock = born();
    asked(clock, 1000, 0);
    expect(asked(clock, 2000, 500, set(1))).toBe('step');
    expect(asked(clock, 3000, 500, set(1))).toBe('accepted');
    expect(clock.steps).toBe(1);
  });

  it('counts from 0 again in its next life', () => {
    const clock = born();
    asked(clock, 1000, 0, set(7));
    const times = { t1MonoMs: 2000, t4MonoMs: 2012, baseMs: BASE_MS };
    expect(clock.answered(answer(2000, 0, 'b'.repeat(16)), set(0), times)).toBe('accepted');
    expect(clock.steps).toBe(0);
  });

  it('is not taken back by an answer that was overtaken', () => {
    const clock = born();
    asked(clock, 1000, 0);
    asked(clock, 2000, 500, set(1));
    const late = { t1MonoMs: 1980, t4MonoMs: 2100, baseMs: BASE_MS };
    expect(clock.answered(answer(1980, 0), set(0), late)).toBe('rejected');
    const { lowMs, highMs } = clock.at(2100)!;
    expectWithin(500, lowMs, highMs);
    expect(clock.steps).toBe(1);
  });

  it('voids what it said of true time, also if its last life ended with a step', () => {
    const clock = born();
    asked(clock, 1000, 0);
    const other = 'b'.repeat(16);
    const ask = (t1Ms: number, aheadMs: number, said: ClockWord) => {
      const times = { t1MonoMs: t1Ms, t4MonoMs: t1Ms + 12, baseMs: BASE_MS };
      return clock.answered(answer(t1Ms, aheadMs, other), said, times);
    };
    expect(ask(2000, 500, set(0))).toBe('step');
    clock.referred({ lowMs: -501, highMs: -499 }, 2012, 2015);
    ask(3000, 500, set(0));
    expect(clock.referenceAt(3012)).toBeDefined();
    ask(4000, 900, set(1));
    expect(clock.referenceAt(4012)).toBeUndefined();
  });
});

describe('another life of a peer', () => {
  it('begins anew: its clock may have been set by less than the delays while it was down', () => {
    const clock = born();
    asked(clock, 1000, 0);
    for (let t1Ms = 1100; t1Ms < 2000; t1Ms += 100) asked(clock, t1Ms, 0);
    const [before, after] = [4.5, -4.5].map((aheadMs, i) => {
      const t1Ms = 3000 * (i + 1);
      expect(asked(clock, t1Ms, aheadMs, word(), `${i}`.repeat(16))).toBe('accepted');
      expectAhead(clock, t1Ms + 12, aheadMs);
      return clock.at(t1Ms + 12)!;
    });
    for (const { lowMs, highMs } of [before!, after!]) {
      expect(highMs - lowMs).toBeGreaterThan(9.9); // all before is void
    }
    expect(clock.steps).toBe(0);
    expect(clock.lastStep).toBeUndefined();
  });

  it('is a step only if the clock of its last cannot show this', () => {
    for (const [aheadMs, result, steps] of [
      [9.9, 'accepted', 0],
      [10.2, 'step', 1],
      [-9.9, 'accepted', 0],
      [-10.2, 'step', 1],
      [3_600_000, 'step', 1],
    ] as const) {
      const clock = born();
      asked(clock, 1000, 0);
      expect(asked(clock, 1100, aheadMs, word(), NEXT_LIFE)).toBe(result);
      expect(clock.steps).toBe(steps);
      expectAhead(clock, 1112, aheadMs);
      if (steps === 0) continue;
      const { byMs, errorMs, atMs } = clock.lastStep!;
      expect(Math.abs(byMs - aheadMs)).toBeLessThanOrEqual(errorMs);
      expect(atMs).toBe(1112);
    }
  });

  it('is not taken back by an answer of its last that comes late', () => {
    const clock = born();
    asked(clock, 1000, 0);
    asked(clock, 2000, 500, word(), NEXT_LIFE);
    const late = { t1MonoMs: 1990, t4MonoMs: 2100, baseMs: BASE_MS };
    expect(clock.answered(answer(1990, 0), word(), late)).toBe('rejected');
    expectAhead(clock, 2100, 500);
    expect(asked(clock, 3000, 500, word(), NEXT_LIFE)).toBe('accepted');
    expect(clock.steps).toBe(1);
  });

  it('voids what its last said of true time, also if its clock is as it was', () => {
    const clock = born();
    asked(clock, 1000, 300);
    clock.referred({ lowMs: -301, highMs: -299 }, 1012, 1015);
    asked(clock, 1020, 300);
    clock.referred({ lowMs: -301, highMs: -299 }, 1500, 1510); // and what was not proved yet
    expect(clock.referenceAt(1600)).toBeDefined();
    asked(clock, 2000, 301, word(), NEXT_LIFE);
    asked(clock, 2100, 301, word(), NEXT_LIFE);
    expect(clock.referenceAt(2112)).toBeUndefined();
  });

  it('does not know of a step of its last: the next that it tells of is news', () => {
    const clock = born();
    asked(clock, 1000, 0);
    expect(asked(clock, 2000, 500)).toBe('step');
    asked(clock, 3000, 500, word(), NEXT_LIFE);
    expect(asked(clock, 4000, 503, set(1), NEXT_LIFE)).toBe('step');
    expect(clock.steps).toBe(2);
  });
});

describe('a step that is told', () => {
  it('voids what was said of true time, however small it is', () => {
    const clock = born();
    asked(clock, 1000, 300);
    clock.referred({ lowMs: -301, highMs: -299 }, 1012, 1015);
    asked(clock, 1020, 300);
    expect(clock.referenceAt(1032)).toBeDefined();
    clock.referred({ lowMs: -301, highMs: -299 }, 1050, 1055);
    asked(clock, 2000, 304, set(1));
    asked(clock, 2100, 304, set(1));
    expect(clock.referenceAt(2112)).toBeUndefined();
    clock.referred({ lowMs: -305, highMs: -303 }, 2112, 2115);
    asked(clock, 2200, 304, set(1));
    expectWithin(0, clock.referenceAt(2212)!.lowMs, clock.referenceAt(2212)!.highMs);
  });
});

describe('what is forgotten', () => {
  it('is all of its clock, and of true time, until it answers again', () => {
    const clock = born();
    asked(clock, 1000, 300, set(2));
    clock.referred({ lowMs: -301, highMs: -299 }, 1012, 1015);
    asked(clock, 1020, 300, set(2));
    clock.forget(1100);
    expect(clock.at(1100)).toBeUndefined();
    expect(clock.referenceAt(1100)).toBeUndefined();
    // Our steady clock stood still for ten seconds.
    expect(asked(clock, 1200, 10_300, set(2))).toBe('accepted');
    expectAhead(clock, 1212, 10_300);
    expect(clock.steps).toBe(0);
    expect(clock.referenceAt(1212)).toBeUndefined();
  });

  it('does not come back with an exchange that began before', () => {
    const clock = born();
    asked(clock, 1000, 0);
    clock.forget(1100);
    const astride = { t1MonoMs: 1099, t4MonoMs: 1111, baseMs: BASE_MS };
    expect(clock.answered(answer(1099, 0), word(), astride)).toBe('rejected');
    const ofNextLife = answer(1099, 0, NEXT_LIFE);
    expect(clock.answered(ofNextLife, set(9), astride)).toBe('rejected');
    expect(clock.at(1111)).toBeUndefined();
    expect(asked(clock, 1100, 10_000)).toBe('accepted');
    expectAhead(clock, 1112, 10_000);
    expect(clock.steps).toBe(0);
  });

  it('includes a step told since: that is none of what is known now', () => {
    const clock = born();
    asked(clock, 1000, 0);
    clock.forget(1100);
    expect(asked(clock, 1200, 10_004, set(1))).toBe('accepted');
    expectAhead(clock, 1212, 10_004);
    expect(asked(clock, 1300, 10_004, set(1))).toBe('accepted');
  });
});

describe('a burst', () => {
  it('is due with the first question, and then every so many', () => {
    const clock = born();
    const left = Array.from({ length: 9 }, () => {
      clock.burstLeft = 0;
      clock.asked(BURST);
      return clock.burstLeft;
    });
    expect(left).toEqual([2, 0, 0, 0, 2, 0, 0, 0, 2]);
  });
});

describe('what a peer knows of true time', () => {
  /** At 1032 its clock and its word are known; both were said after 1012. */
  function told(): PeerClock {
    const clock = born();
    asked(clock, 1000, 300);
    clock.referred({ lowMs: -301, highMs: -299 }, 1012, 1015);
    expect(clock.referenceAt(1015)).toBeUndefined(); // its clock may have been set just before
    asked(clock, 1020, 300);
    return clock;
  }

  it('holds with its clock, wider by what both may drift', () => {
    const clock = told();
    const { lowMs, highMs } = clock.referenceAt(1032)!;
    expectWithin(0, lowMs, highMs);
    expect(highMs - lowMs).toBeLessThan(13);
    const later = clock.referenceAt(11_032)!;
    const driftMs = 10_000 * 2 * DRIFT_PPM * 1e-6; // of the offset, and of what was said of it
    expectWithin(lowMs - later.lowMs, driftMs, driftMs);
    expectWithin(later.highMs - highMs, driftMs, driftMs);
  });

  it('is of no use by an exchange that had begun before', () => {
    const clock = born();
    asked(clock, 1000, 300);
    clock.referred({ lowMs: -301, highMs: -299 }, 1012, 1015);
    asked(clock, 1014, 300);
    expect(clock.referenceAt(1026)).toBeUndefined();
    asked(clock, 1015, 300);
    expect(clock.referenceAt(1027)).toBeDefined();
  });

  it('holds for a minute', () => {
    const clock = told();
    expect(clock.referenceAt(61_012)).toBeDefined();
    expect(clock.referenceAt(61_013)).toBeUndefined();
  });

  it('is gone with a step of its clock, what it said last included', () => {
    const clock = told();
    clock.referred({ lowMs: -301, highMs: -299 }, 1500, 1510);
    expect(asked(clock, 2000, 1000)).toBe('step');
    expect(clock.referenceAt(2012)).toBeUndefined();
    asked(clock, 3000, 1000);
    expect(clock.referenceAt(3012)).toBeUndefined();
  });
});
