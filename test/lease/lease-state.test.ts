import { describe, expect, it } from 'vitest';
import { LeaseState } from '../../src/lease/lease-state.ts';

const rule = { marginMs: 0, maxDriftPpm: 0, grainMs: 0 };
const ttlMs = 300;

/** Acquired at 100 by a request sent at 90. */
function held(token?: bigint): LeaseState {
  const state = new LeaseState(rule);
  expect(state.acquired({ sentAtMs: 90, ttlMs, token }, 100)).toBe(true);
  return state;
}

describe('a lease', () => {
  it('is not held before the first grant', () => {
    const state = new LeaseState(rule);
    expect(state.isHeld(0)).toBe(false);
    expect(state.endReason).toBe('it was never acquired');
  });

  it('is held until its end, and not at its end', () => {
    const state = held();
    expect(state.isHeld(389.999)).toBe(true);
    expect(state.isHeld(390)).toBe(false);
    expect(state.endReason).toBe('its time is over');
  });

  it('whose grant took longer than it lasts was never held', () => {
    expect(new LeaseState(rule).acquired({ sentAtMs: 90, ttlMs }, 390)).toBe(false);
  });

  it('is extended by a renewal, from when that was sent', () => {
    const state = held(5n);
    state.acquired({ sentAtMs: 200, ttlMs }, 260);
    expect(state.untilMs).toBe(500);
    expect(state.token).toBe(5n);
  });

  it('is not extended by an answer that was overtaken', () => {
    const state = held();
    state.acquired({ sentAtMs: 200, ttlMs: 10 }, 205);
    state.acquired({ sentAtMs: 150, ttlMs }, 206);
    expect(state.untilMs).toBe(210);
  });

  it('ends earlier if the renewal grants less', () => {
    const state = held();
    state.acquired({ sentAtMs: 110, ttlMs: 50 }, 111);
    expect(state.untilMs).toBe(160);
  });

  it('is not replaced by one with a lower token', () => {
    const state = held(5n);
    expect(state.acquired({ sentAtMs: 500, ttlMs, token: 4n }, 510)).toBe(false);
    expect(state.token).toBe(5n);
  });

  it('is not extended by a renewal of the lease before it, sent before the newest request', () => {
    const state = held(5n);
    state.acquired({ sentAtMs: 200, ttlMs }, 210);
    state.acquired({ sentAtMs: 150, ttlMs, token: 6n }, 220);
    state.acquired({ sentAtMs: 180, ttlMs }, 230);
    expect([state.token, state.untilMs]).toEqual([6n, 450]);
  });

  it('refuses a time of another clock', () => {
    const state = new LeaseState(rule);
    expect(() => state.acquired({ sentAtMs: 1.7e12, ttlMs }, 100)).toThrow(/sentAtMs must be/);
    expect(() => state.acquired({ sentAtMs: NaN, ttlMs }, 100)).toThrow(/sentAtMs must be/);
    expect(() => state.acquired({ sentAtMs: 90, ttlMs: 0 }, 100)).toThrow(/ttlMs must be/);
  });
});

describe('a lease that was given up', () => {
  it('is over at once, whatever its time', () => {
    const state = held();
    state.end('tripped: a test', 120);
    expect(state.isHeld(120)).toBe(false);
    expect(state.endReason).toBe('tripped: a test');
  });

  it('does not come back by an answer to a request of before', () => {
    const state = held(5n);
    state.end('tripped', 120);
    expect(state.acquired({ sentAtMs: 119, ttlMs, token: 6n }, 130)).toBe(false);
    expect(state.acquired({ sentAtMs: 121, ttlMs, token: 6n }, 130)).toBe(true);
  });

  it('does not come back by a renewal, where there are tokens', () => {
    const state = held(5n);
    state.end('tripped', 120);
    expect(state.acquired({ sentAtMs: 125, ttlMs }, 130)).toBe(false);
    expect(state.acquired({ sentAtMs: 125, ttlMs, token: 5n }, 130)).toBe(false);
  });

  it('comes back by a later request, where there are none', () => {
    const state = held();
    state.end('tripped', 120);
    expect(state.acquired({ sentAtMs: 125, ttlMs }, 130)).toBe(true);
  });
});
