import { describe, expect, it } from 'vitest';
import {
  HLC_MAX_AHEAD_MS,
  hlcFromText,
  hlcParts,
  hlcText,
  HybridClock,
} from '../../src/clock/hlc.ts';

/** A timestamp out of its parts. */
function stamp(wallMs: number, counter = 0): bigint {
  return BigInt(wallMs) * 65_536n + BigInt(counter);
}

describe('HybridClock', () => {
  it('sends the wall time, or the greatest seen and one more', () => {
    const clock = new HybridClock();
    expect(hlcParts(clock.send(10))).toEqual({ wallMs: 10, counter: 0 });
    expect(hlcParts(clock.send(10.9))).toEqual({ wallMs: 10, counter: 1 });
    expect(hlcParts(clock.send(9))).toEqual({ wallMs: 10, counter: 2 });
    expect(hlcParts(clock.send(11))).toEqual({ wallMs: 11, counter: 0 });
    expect(clock.last).toBe(stamp(11));
  });

  it.each([
    ['our wall clock is ahead of all', stamp(5, 7), 20, stamp(20)],
    ['ours is the greatest seen', stamp(5, 7), 9, stamp(10, 3)],
    ['theirs is the greatest', stamp(30, 7), 9, stamp(30, 8)],
    ['both have the same millisecond, theirs counted further', stamp(10, 9), 9, stamp(10, 10)],
    ['both have the same millisecond, ours counted further', stamp(10, 1), 10, stamp(10, 3)],
  ])('receives so that it is later than both: %s', (_, remote, wallMs, expected) => {
    const clock = new HybridClock();
    for (let i = 0; i < 3; i++) clock.send(10);
    expect(clock.last).toBe(stamp(10, 2));
    expect(clock.receive(remote, wallMs)).toBe(expected);
    expect(clock.last).toBe(expected);
  });

  it('carries a full counter into the milliseconds', () => {
    const clock = new HybridClock();
    clock.receive(stamp(10, 65_534), 10);
    expect(clock.last).toBe(stamp(10, 65_535));
    expect(hlcParts(clock.send(10))).toEqual({ wallMs: 11, counter: 0 });
    expect(hlcParts(clock.send(11))).toEqual({ wallMs: 11, counter: 1 });
    expect(hlcParts(clock.send(12))).toEqual({ wallMs: 12, counter: 0 });
  });

  it('goes on while the wall clock is set back', () => {
    const clock = new HybridClock();
    const before = clock.send(3_600_000);
    expect(clock.send(0)).toBe(before + 1n);
  });

  it.each([
    ['a minute and a millisecond ahead', stamp(1_000 + HLC_MAX_AHEAD_MS + 1)],
    ['at the end of time', stamp(2 ** 48 - 1, 65_535)],
    ['of more than 64 bits', 1n << 64n],
    ['below zero', -1n],
  ])('refuses a timestamp %s, and is as it was', (_, wild) => {
    const clock = new HybridClock();
    const before = clock.send(1_000);
    expect(clock.refused).toBe(0);
    expect(clock.receive(wild, 1_000)).toBeUndefined();
    expect(clock.last).toBe(before);
    expect(clock.refused).toBe(1);
    clock.receive(wild, 1_000);
    expect(clock.receive(stamp(1_001), 1_000)).toBeDefined();
    expect(clock.refused).toBe(2); // what is taken is not counted
  });

  it('refuses what no clock can tell also where any lead is allowed', () => {
    const clock = new HybridClock({ maxAheadMs: Infinity });
    for (const wild of [-1n, stamp(2 ** 48 - 1, 65_535), 1n << 64n]) {
      expect(clock.receive(wild, 1_000)).toBeUndefined();
    }
    expect(clock.receive(stamp(10 ** 14), 1_000)).toBe(stamp(10 ** 14, 1));
  });

  it('takes a timestamp a minute ahead, and any that is behind', () => {
    const clock = new HybridClock();
    expect(clock.receive(stamp(61_000, 5), 1_000)).toBe(stamp(61_000, 6));
    expect(clock.receive(0n, 1_000)).toBe(stamp(61_000, 7));
  });

  it('counts from zero where our wall clock says nonsense', () => {
    for (const wallMs of [NaN, -5, -Infinity]) {
      expect(new HybridClock().send(wallMs)).toBe(1n);
      expect(new HybridClock().receive(stamp(60_001), wallMs)).toBeUndefined();
    }
    expect(hlcParts(new HybridClock().send(Infinity)).wallMs).toBe(2 ** 48 - 1);
  });

  it('takes no limit that is none', () => {
    expect(() => new HybridClock({ maxAheadMs: -1 })).toThrow('maxAheadMs');
    expect(() => new HybridClock({ maxAheadMs: NaN })).toThrow('maxAheadMs');
  });
});

describe('as text', () => {
  it('a timestamp has 16 digits', () => {
    expect(hlcText(0n)).toBe('0000000000000000');
    expect(hlcText(stamp(1_700_000_000_000, 255))).toBe('018bcfe5680000ff');
    expect(hlcFromText('018bcfe5680000ff')).toBe(stamp(1_700_000_000_000, 255));
  });

  it.each(['', '18bcfe5680000ff', '018BCFE5680000FF', ' 018bcfe5680000ff', '-18bcfe5680000ff'])(
    'nothing else is one: %j',
    (text) => expect(hlcFromText(text)).toBeUndefined(),
  );
});
