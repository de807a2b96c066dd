import { describe, expect, it } from 'vitest';
import type { ServerClock } from '../../src/timekeeping/clock-header.ts';
import { HeaderClocks } from '../../src/timekeeping/header-clocks.ts';

const STEADY_BASE_MS = 1.78e12;
const SERVERS_MAX = 1024;
const STALE_MS = 600_000;
const SAID: ServerClock = {
  ...{ sentAtWallMs: STEADY_BASE_MS, heldMs: 3, errorMs: 0, steps: 0, life: 'aaaa' },
};

const clocks = () => new HeaderClocks({ maxDriftPpm: 200, steadyBaseMs: STEADY_BASE_MS });

interface Heard extends Partial<ServerClock> {
  readonly peer?: string;
  readonly sentAtMs: number;
  readonly aheadMs: number;
  /** The headers came so late: it was overtaken. */
  readonly lateMs?: number;
}

/** A server that is ahead by so much; 4 ms there, 3 ms of work, 4 ms back. */
function hear(of: HeaderClocks, heard: Heard): void {
  const { peer = 'a', sentAtMs, aheadMs, lateMs = 0, ...more } = heard;
  const sentAtWallMs = STEADY_BASE_MS + sentAtMs + 7 + aheadMs;
  const trip = { sentAtMs, repliedAtMs: sentAtMs + 11 + lateMs };
  of.replied(peer, trip, { ...SAID, sentAtWallMs, ...more });
}

function expectAhead(of: HeaderClocks, nowMs: number, aheadMs: number): void {
  const { lowMs, highMs } = of.at('a', nowMs)!;
  expect(lowMs).toBeLessThanOrEqual(aheadMs);
  expect(highMs).toBeGreaterThanOrEqual(aheadMs);
}

describe('the clock of a server', () => {
  it('is known by its responses, within half of the time on the way and its own error', () => {
    const of = clocks();
    expect(of.at('a', 0)).toBeUndefined();
    hear(of, { sentAtMs: 1000, aheadMs: 5000, errorMs: 2 });
    const { lowMs, highMs, steps } = of.at('a', 1011)!;
    expect(lowMs).toBeCloseTo(5000 - 6, 1);
    expect(highMs).toBeCloseTo(5000 + 6, 1);
    expect(steps).toBe(0);
    expect(of.at('b', 1011)).toBeUndefined();
  });

  it('is known better by each of its responses', () => {
    const of = clocks();
    hear(of, { sentAtMs: 1000, aheadMs: 5000, errorMs: 20 });
    hear(of, { sentAtMs: 1100, aheadMs: 5000, errorMs: 2 });
    hear(of, { sentAtMs: 1200, aheadMs: 5000, errorMs: 20 });
    const { lowMs, highMs } = of.at('a', 1211)!;
    expect(highMs - lowMs).toBeLessThan(12.2);
  });

  it('is not told by what cannot be', () => {
    const of = clocks();
    const trip = { sentAtMs: 0, repliedAtMs: 10 };
    const said = { ...SAID, heldMs: 5 };
    of.replied('a', trip, { ...said, heldMs: 20 }); // it worked longer than we waited
    of.replied('a', trip, { ...said, heldMs: -1 });
    of.replied('a', trip, { ...said, errorMs: 1e6 });
    of.replied('a', trip, { ...said, sentAtWallMs: NaN });
    of.replied('a', { sentAtMs: 10, repliedAtMs: 0 }, said);
    expect(of.at('a', 10)).toBeUndefined();
  });

  it('is forgotten once there are too many, the one not heard for longest first', () => {
    const of = clocks();
    for (let i = 0; i < SERVERS_MAX; i++) hear(of, { peer: `s${i}`, sentAtMs: i, aheadMs: 0 });
    hear(of, { peer: 's0', sentAtMs: 5000, aheadMs: 0 });
    hear(of, { peer: 'one more', sentAtMs: 5001, aheadMs: 0 });
    expect(of.at('s0', 6000)).toBeDefined();
    expect(of.at('s1', 6000)).toBeUndefined();
    expect(of.at('s2', 6000)).toBeDefined();
    expect(of.at('one more', 6000)).toBeDefined();
  });

  it('is told for ten minutes without a reply', () => {
    const of = clocks();
    hear(of, { sentAtMs: 1000, aheadMs: 5 });
    expectAhead(of, 1011 + STALE_MS, 5);
    expect(of.at('a', 1012 + STALE_MS)).toBeUndefined();
    hear(of, { sentAtMs: 2000 + STALE_MS, aheadMs: 5 });
    expectAhead(of, 2011 + STALE_MS, 5);
  });

  it('is forgotten all at once, and known again with the next reply', () => {
    const of = clocks();
    for (const peer of ['a', 'b']) hear(of, { peer, sentAtMs: 1000, aheadMs: 5, steps: 1 });
    of.forget(1100);
    expect([of.at('a', 1011), of.at('b', 1011)]).toEqual([undefined, undefined]);
    // Our steady clock stood still: theirs seems ahead, and that is no step.
    hear(of, { sentAtMs: 1200, aheadMs: 10_005, steps: 1 });
    expectAhead(of, 1211, 10_005);
    expect(of.at('a', 1211)!.steps).toBe(0);
  });

  it('is not told by a trip that had begun before all was forgotten', () => {
    const of = clocks();
    of.forget(1005);
    hear(of, { sentAtMs: 1004, aheadMs: 10_000 });
    expect(of.at('a', 1015)).toBeUndefined();
    hear(of, { peer: 'b', sentAtMs: 1004, aheadMs: 10_000, life: 'bbbb', steps: 9 });
    expect(of.at('b', 1015)).toBeUndefined();
    hear(of, { sentAtMs: 1005, aheadMs: 10_000 });
    expectAhead(of, 1016, 10_000);
  });
});

describe('a step of the clock of a server', () => {
  it('is seen, counted, and the clock known anew', () => {
    const of = clocks();
    hear(of, { sentAtMs: 1000, aheadMs: 0 });
    hear(of, { sentAtMs: 2000, aheadMs: -700 });
    expect(of.at('a', 2011)).toMatchObject({ steps: 1 });
    expect(of.at('a', 2011)!.offsetMs).toBeCloseTo(-700, 1);
  });

  it('that fits into the delays is known as the server tells of it', () => {
    const of = clocks();
    hear(of, { sentAtMs: 1000, aheadMs: 0 });
    for (let steps = 1; steps <= 20; steps++) {
      const sentAtMs = 1000 + 100 * steps;
      hear(of, { sentAtMs, aheadMs: steps, steps });
      expectAhead(of, sentAtMs + 11, steps);
      expect(of.at('a', sentAtMs + 11)!.steps).toBe(steps);
    }
  });

  it('back, that is told, is none of an old response', () => {
    const of = clocks();
    hear(of, { sentAtMs: 1000, aheadMs: 0 });
    hear(of, { sentAtMs: 2000, aheadMs: -3_600_000, steps: 1 });
    expectAhead(of, 2011, -3_600_000);
  });

  it('is counted modulo 256 by the server, and without end by us', () => {
    const of = clocks();
    hear(of, { sentAtMs: 1000, aheadMs: 0, steps: 255 });
    hear(of, { sentAtMs: 2000, aheadMs: 2, steps: 0 });
    expectAhead(of, 2011, 2);
    expect(of.at('a', 2011)!.steps).toBe(1);
    hear(of, { sentAtMs: 3000, aheadMs: 2, steps: 0 });
    expect(of.at('a', 3011)!.steps).toBe(1);
  });

  it('is not taken back by a response that was overtaken by it', () => {
    const of = clocks();
    hear(of, { sentAtMs: 1000, aheadMs: 0 });
    hear(of, { sentAtMs: 2000, aheadMs: 500, steps: 1 });
    hear(of, { sentAtMs: 1990, aheadMs: 0, lateMs: 50 });
    expectAhead(of, 2051, 500);
    hear(of, { sentAtMs: 3000, aheadMs: 500, steps: 1 });
    expectAhead(of, 3011, 500);
    expect(of.at('a', 3011)!.steps).toBe(1);
  });
});

describe('another life of a server', () => {
  it('begins anew, and is no step', () => {
    const of = clocks();
    hear(of, { sentAtMs: 1000, aheadMs: 0, steps: 7 });
    hear(of, { sentAtMs: 2000, aheadMs: 3, steps: 0, life: 'bbbb' }); // fits into the delays
    expectAhead(of, 2011, 3);
    const { lowMs, highMs, steps } = of.at('a', 2011)!;
    expect(highMs - lowMs).toBeGreaterThan(7.9); // all before is void
    expect(steps).toBe(0);
    hear(of, { sentAtMs: 3000, aheadMs: 5000, steps: 0, life: 'cccc' });
    expectAhead(of, 3011, 5000);
    expect(of.at('a', 3011)!.steps).toBe(0);
  });

  it('takes nothing from the count of steps so far', () => {
    const of = clocks();
    hear(of, { sentAtMs: 1000, aheadMs: 0 });
    hear(of, { sentAtMs: 2000, aheadMs: 3, steps: 1 });
    hear(of, { sentAtMs: 3000, aheadMs: 3, life: 'bbbb' });
    hear(of, { sentAtMs: 4000, aheadMs: 6, life: 'bbbb', steps: 1 });
    expect(of.at('a', 4011)!.steps).toBe(2);
  });

  it('is believed with whatever time: a clock may be behind that of its last life', () => {
    const of = clocks();
    hear(of, { sentAtMs: 1000, aheadMs: 0 });
    hear(of, { sentAtMs: 2000, aheadMs: -60_000, life: 'bbbb' });
    expectAhead(of, 2011, -60_000);
  });

  it('of many under one name is told each for itself', () => {
    const of = clocks();
    for (let i = 0; i < 20; i++) {
      const aheadMs = i % 2 === 0 ? 40 : -40;
      hear(of, { sentAtMs: 1000 + 100 * i, aheadMs, life: i % 2 === 0 ? 'aaaa' : 'bbbb' });
      expectAhead(of, 1011 + 100 * i, aheadMs);
    }
    expect(of.at('a', 3000)!.steps).toBe(0);
  });
});

describe('a response that is not later than the last', () => {
  it('tells nothing: it comes from a cache', () => {
    const of = clocks();
    hear(of, { sentAtMs: 1000, aheadMs: 0 });
    const before = of.at('a', 60_000);
    const sentAtWallMs = STEADY_BASE_MS + 1007; // the very same, a minute later
    hear(of, { sentAtMs: 60_000, aheadMs: 0, sentAtWallMs });
    hear(of, { sentAtMs: 61_000, aheadMs: 0, sentAtWallMs: sentAtWallMs - 1 });
    expect(of.at('a', 60_000)).toEqual(before);
    hear(of, { sentAtMs: 62_000, aheadMs: 0 });
    expectAhead(of, 62_011, 0);
    expect(of.at('a', 62_011)!.steps).toBe(0);
  });

  it('does not keep alive what was heard long ago', () => {
    const of = clocks();
    hear(of, { sentAtMs: 1000, aheadMs: 0 });
    hear(of, { sentAtMs: STALE_MS, aheadMs: 0, sentAtWallMs: STEADY_BASE_MS + 1007 });
    expect(of.at('a', 1012 + STALE_MS)).toBeUndefined();
  });
});
