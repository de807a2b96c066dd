import { uptime } from 'node:os';
import { describe, expect, it } from 'vitest';
import { bootClock, leaseTime } from '../../src/leasing/lease-clocks.ts';
import { TestClocks } from './support.ts';

describe('the time of leases', () => {
  it('is one for the process, and goes on from performance.now()', () => {
    const time = leaseTime();
    expect(leaseTime()).toBe(time);
    const beforeMs = performance.now();
    const nowMs = time.nowMs();
    expect(nowMs).toBeGreaterThanOrEqual(beforeMs);
    // Ahead by no more than the grain, unless this machine sleeps while it is tested.
    expect(nowMs - performance.now()).toBeLessThanOrEqual(time.grainMs);
  });

  it.skipIf(process.platform !== 'linux')('reads what os.uptime() reads', () => {
    const clocks: number[] = [];
    const time = leaseTime();
    for (let i = 0; i < 1000; i++) clocks.push(time.nowMs());
    expect(clocks.every((ms, i) => i === 0 || ms >= clocks[i - 1]!)).toBe(true);
    expect(uptime()).toBeGreaterThan(0);
  });

  it('is known to the second only where the kernel tells no time since boot', () => {
    expect(bootClock('/nowhere/uptime').bootGrainMs).toBe(1000);
    expect(bootClock('/nowhere/uptime').bootMs()).toBeGreaterThan(0);
  });

  it.skipIf(process.platform !== 'linux')('is known to ten milliseconds where it does', () => {
    const { bootMs, bootGrainMs } = bootClock();
    expect(bootGrainMs).toBe(10);
    expect(Math.abs(bootMs() - uptime() * 1000)).toBeLessThan(60_000);
  });

  it('is by other clocks if there are some', () => {
    const clocks = new TestClocks();
    const time = leaseTime(clocks);
    expect(time.nowMs()).toBe(1000);
    clocks.run(5);
    clocks.sleep(7);
    expect(time.nowMs()).toBe(1012);
  });
});
