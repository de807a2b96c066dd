import { describe, expect, it } from 'vitest';
import { NodeClock } from '../../src/testing/node-clock.ts';

describe('NodeClock', () => {
  it('starts anywhere and gains by its drift', () => {
    const clock = new NodeClock({ zeroMs: 5000, driftPpm: 100, wallOffsetMs: 0 });
    expect(clock.monoMs(0)).toBe(5000);
    expect(clock.monoMs(1_000_000)).toBeCloseTo(5000 + 1_000_000 + 100, 6);
    expect(clock.trueMs(clock.monoMs(123_456))).toBeCloseTo(123_456, 6);
  });

  it('changes its drift without a jump', () => {
    const clock = new NodeClock({ zeroMs: 0, driftPpm: 200, wallOffsetMs: 0 });
    const beforeMs = clock.monoMs(10_000);
    clock.setDrift(-200, 10_000);
    expect(clock.monoMs(10_000)).toBeCloseTo(beforeMs, 9);
    expect(clock.monoMs(20_000) - beforeMs).toBeCloseTo(9998, 6);
    expect(clock.trueMs(clock.monoMs(15_000))).toBeCloseTo(15_000, 6);
  });

  it('steps the wall clock and not the monotonic one', () => {
    const clock = new NodeClock({ zeroMs: 70, driftPpm: 0, wallOffsetMs: 2000 });
    const before = clock.instant(10);
    clock.stepWall(-500, 0);
    const after = clock.instant(10);
    expect(after.monoMs).toBe(before.monoMs);
    expect(after.wallMs - before.wallMs).toBe(-500);
  });
});
