import { describe, expect, it } from 'vitest';
import { proposeMargin } from '../../src/lease/margin.ts';

describe('the margin proposed', () => {
  it('is round trip plus pauses, and says so', () => {
    const { marginMs, reason, ttlNeededMs } = proposeMargin({
      ttlMs: 10_000,
      rttMs: 40,
      pauseMs: 120,
    });
    expect(marginMs).toBe(160);
    expect(reason).toBe('p99.9 of round trip 40.0 ms + p99.9 of own pauses 120.0 ms');
    expect(ttlNeededMs).toBe(10_000);
  });

  it('is what is known of the two', () => {
    expect(proposeMargin({ ttlMs: 10_000, pauseMs: 120 }).marginMs).toBe(120);
    expect(proposeMargin({ ttlMs: 10_000, rttMs: 40, pauseMs: NaN }).marginMs).toBe(40);
  });

  it('is a tenth of the lease as long as nothing is known', () => {
    expect(proposeMargin({ ttlMs: 300 }).marginMs).toBe(30);
    expect(proposeMargin({ ttlMs: 300, rttMs: -1 }).reason).toContain('nothing is measured');
  });

  it('takes a third of the lease at most, and says which lease would do', () => {
    const { marginMs, reason, ttlNeededMs } = proposeMargin({ ttlMs: 300, rttMs: 200, pauseMs: 0 });
    expect(marginMs).toBe(100);
    expect(ttlNeededMs).toBe(600);
    expect(reason).toMatch(/cut to a third .* 600 ms/);
    expect(proposeMargin({ ttlMs: 600, rttMs: 200, pauseMs: 0 }).marginMs).toBe(200);
  });

  it('is never nothing: a timer is late on an idle machine too', () => {
    expect(proposeMargin({ ttlMs: 300, rttMs: 0, pauseMs: 0 }).marginMs).toBe(2);
  });
});
