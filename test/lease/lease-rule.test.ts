import { describe, expect, it } from 'vitest';
import { checkRule, checkTtl, heldUntilMs } from '../../src/lease/lease-rule.ts';

const rule = { marginMs: 0, maxDriftPpm: 0, grainMs: 0 };

describe('a lease is held', () => {
  it('from when the request was sent, not from when its answer came', () => {
    expect(heldUntilMs({ sentAtMs: 1000, ttlMs: 300 }, rule)).toBe(1300);
  });

  it('less the margin, the grain of the clock, and the drift of both clocks', () => {
    const span = { sentAtMs: 1000, ttlMs: 10_000 };
    expect(heldUntilMs(span, { ...rule, marginMs: 70 })).toBe(10_930);
    expect(heldUntilMs(span, { ...rule, grainMs: 10 })).toBe(10_990);
    expect(heldUntilMs(span, { ...rule, maxDriftPpm: 200 })).toBe(10_996);
  });
});

describe('what makes no lease', () => {
  it.each([0, -1, NaN, Infinity, 367 * 86_400_000])('a ttl of %s', (ttlMs) => {
    expect(() => checkTtl(ttlMs)).toThrow(/ttlMs must be .* got/);
  });

  it.each([-1, NaN, 300, 290])('of 300 ms, by a clock of 10 ms, a margin of %s', (marginMs) => {
    expect(() => checkRule(300, { ...rule, marginMs, grainMs: 10 })).toThrow(/marginMs must be/);
  });

  it.each([-1, NaN, 500_000])('a drift of %s', (maxDriftPpm) => {
    expect(() => checkRule(300, { ...rule, maxDriftPpm })).toThrow(/maxDriftPpm must be/);
  });

  it('lets one pass that leaves something', () => {
    expect(() => checkRule(300, { ...rule, marginMs: 289, grainMs: 10 })).not.toThrow();
  });
});
