import { afterEach, describe, expect, it, vi } from 'vitest';
import { TardyError } from '../../src/errors.ts';
import {
  activeGuards,
  clearTripCauses,
  noticePauseInGuards,
  setTripCause,
  type TripCause,
} from '../../src/leasing/hub.ts';
import { createLeaseGuard } from '../../src/leasing/lease-guard.ts';
import { LeaseLostError } from '../../src/leasing/lease-lost.ts';
import { guardAt, heldAt, TestClocks } from './support.ts';

/** What `act` throws. */
function thrownBy(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('a guard', () => {
  it('holds until the end of the lease', () => {
    const { guard, clocks } = heldAt();
    clocks.run(299);
    expect(guard.isHeld()).toBe(true);
    expect(guard.remainingMs()).toBe(1);
    guard.assertHeld();
    clocks.run(1);
    expect(guard.isHeld()).toBe(false);
    expect(guard.remainingMs()).toBe(0);
  });

  it('says how late it is', () => {
    const { guard, clocks } = heldAt();
    clocks.run(420);
    const error = thrownBy(() => guard.assertHeld());
    expect(TardyError.is(error)).toBe(true);
    expect(error).toMatchObject({
      code: 'ERR_TARDY_LEASE_LOST',
      lateMs: 120,
      resource: 'ledger',
      reason: 'its time is over',
    });
    expect((error as Error).message).toContain('is not held for 120.0 ms');
  });

  it('does not claim how late it is when it never was held', () => {
    const { guard } = guardAt();
    expect(thrownBy(() => guard.assertHeld())).toMatchObject({ lateMs: undefined });
  });

  it('counts the time the machine slept', () => {
    const { guard, clocks } = heldAt();
    clocks.run(1);
    clocks.sleep(299);
    expect(guard.isHeld()).toBe(false);
  });

  it('counts the sleep between a request and its answer', () => {
    const { guard, clocks } = guardAt();
    const sentAtMs = guard.nowMs();
    clocks.sleep(10_000);
    expect(guard.acquired({ sentAtMs })).toBe(false);
  });

  it('takes off the margin, the drift of both clocks and the grain of the coarse one', () => {
    const clocks = new TestClocks(10);
    const guard = createLeaseGuard({ resource: 'a', ttlMs: 10_000, marginMs: 50, clocks });
    guard.acquired({ sentAtMs: guard.nowMs() });
    expect(guard.remainingMs()).toBeCloseTo(10_000 - 50 - 10 - 4, 9);
  });

  it('does not look at the wall clock', () => {
    const { guard, clocks } = heldAt();
    for (const hours of [-1, 1]) {
      vi.spyOn(Date, 'now').mockReturnValue(Date.now() + hours * 3_600_000);
      expect(guard.remainingMs()).toBe(300);
    }
    clocks.run(300);
    vi.spyOn(Date, 'now').mockReturnValue(0);
    expect(guard.isHeld()).toBe(false);
    vi.restoreAllMocks();
  });

  it('refuses the time of another clock, and options that leave nothing', () => {
    const { guard } = guardAt();
    expect(() => guard.acquired({ sentAtMs: Date.now() })).toThrow(/guard\.nowMs\(\)/);
    expect(() => guardAt({ marginMs: 300 })).toThrow(/marginMs must be/);
    expect(() => guardAt({ ttlMs: 0 })).toThrow(/ttlMs must be/);
    expect(() => guardAt({ resource: '' })).toThrow(/resource must be/);
  });

  it('takes performance.now() for its clock as long as the machine has not slept', () => {
    const guard = createLeaseGuard({ resource: 'a', ttlMs: 60_000 });
    expect(guard.acquired({ sentAtMs: performance.now() })).toBe(true);
    guard.release();
  });
});

describe('a guard that is tripped', () => {
  it('holds no more, and a renewal does not help', () => {
    const onLost = vi.fn();
    const { guard, clocks } = heldAt({ token: 7n, onLost });
    const sentAtMs = guard.nowMs();
    clocks.run(1);
    guard.trip('a majority suspects us');
    expect(guard.isHeld()).toBe(false);
    expect(onLost).toHaveBeenCalledOnce();
    expect(onLost.mock.calls[0]?.[0]).toMatchObject({ reason: 'tripped: a majority suspects us' });
    clocks.run(1);
    expect(guard.acquired({ sentAtMs, token: 8n })).toBe(false);
    expect(guard.acquired({ sentAtMs: guard.nowMs() })).toBe(false);
    expect(guard.acquired({ sentAtMs: guard.nowMs(), token: 8n })).toBe(true);
  });
});

describe('what others say of us', () => {
  afterEach(clearTripCauses);

  it('trips the guards that asked for it', () => {
    const { guard: asked } = heldAt({ tripOn: ['self-suspected'] });
    const { guard: other } = heldAt({ tripOn: ['clock-out'] });
    const { guard: neither } = heldAt();
    setTripCause('self-suspected', true);
    expect([asked, other, neither].map((guard) => guard.isHeld())).toEqual([false, true, true]);
  });

  it('keeps a lease from being held as long as it is said', () => {
    const { guard, clocks } = heldAt({ tripOn: ['clock-out'], token: 1n });
    setTripCause('clock-out', true);
    clocks.run(1);
    expect(guard.acquired({ sentAtMs: guard.nowMs(), token: 2n })).toBe(false);
    expect(thrownBy(() => guard.assertHeld())).toMatchObject({ reason: 'tripped: clock-out' });
    setTripCause('clock-out', false);
    expect(guard.isHeld()).toBe(false);
    clocks.run(1);
    expect(guard.acquired({ sentAtMs: guard.nowMs(), token: 3n })).toBe(true);
  });

  it('is of no concern to a guard that did not ask, nor once nobody says it any more', () => {
    setTripCause('clock-out', true);
    expect(heldAt({ tripOn: ['self-suspected'] }).guard.isHeld()).toBe(true);
    clearTripCauses();
    expect(heldAt({ tripOn: ['clock-out'] }).guard.isHeld()).toBe(true);
  });

  it('has names that are known', () => {
    const tripOn = ['clock_out'] as unknown as TripCause[];
    expect(() => guardAt({ tripOn })).toThrow(/tripOn must be .*got "clock_out"/);
    const text = 'clock-out' as unknown as TripCause[];
    expect(() => guardAt({ tripOn: text })).toThrow(/tripOn must be/);
  });
});

describe('who waits', () => {
  it('is told once when the lease is lost, by whatever notices it first', () => {
    const onLost = vi.fn();
    const { guard, clocks } = heldAt({ onLost });
    clocks.run(300);
    noticePauseInGuards();
    guard.isHeld();
    guard.noticePause();
    expect(onLost).toHaveBeenCalledOnce();
    expect(onLost.mock.calls[0]?.[0]).toBeInstanceOf(LeaseLostError);
  });

  it('is not told when it was released', () => {
    const onLost = vi.fn();
    const { guard } = heldAt({ onLost });
    guard.release();
    expect(guard.isHeld()).toBe(false);
    expect(onLost).not.toHaveBeenCalled();
  });

  it('is told by a timer', async () => {
    const onLost = vi.fn();
    vi.useFakeTimers();
    const { clocks } = heldAt({ onLost });
    clocks.run(300);
    await vi.advanceTimersByTimeAsync(300);
    vi.useRealTimers();
    expect(onLost).toHaveBeenCalledOnce();
  });

  it('is not told by a timer of before a renewal', async () => {
    const onLost = vi.fn();
    vi.useFakeTimers();
    const { guard, clocks } = heldAt({ onLost });
    clocks.run(200);
    guard.acquired({ sentAtMs: guard.nowMs() });
    clocks.run(100);
    await vi.advanceTimersByTimeAsync(300);
    expect(onLost).not.toHaveBeenCalled();
    clocks.run(200);
    await vi.advanceTimersByTimeAsync(200);
    vi.useRealTimers();
    expect(onLost).toHaveBeenCalledOnce();
  });

  it('may throw without harm', () => {
    const onLost = () => {
      throw new Error('mine');
    };
    const { guard, clocks } = heldAt({ onLost });
    clocks.run(300);
    expect(guard.isHeld()).toBe(false);
  });
});

describe('work under a lease', () => {
  it('gives its result while the lease is held', async () => {
    const { guard } = heldAt({ token: 3n });
    await expect(guard.run((signal, lease) => [signal.aborted, lease.token])).resolves.toEqual([
      false,
      3n,
    ]);
  });

  it('does not begin without it', async () => {
    const { guard } = guardAt();
    const work = vi.fn();
    await expect(guard.run(work)).rejects.toMatchObject({ code: 'ERR_TARDY_LEASE_LOST' });
    expect(work).not.toHaveBeenCalled();
  });

  it('that ended after the lease has no result, though no timer has told', async () => {
    const { guard, clocks } = heldAt();
    const done = guard.run(() => {
      clocks.run(300);
      return 'written';
    });
    await expect(done).rejects.toMatchObject({ code: 'ERR_TARDY_LEASE_LOST' });
  });

  it('hears of the loss by its signal', async () => {
    const { guard } = heldAt();
    const done = guard.run((signal) => {
      guard.trip('a test');
      expect(signal.aborted).toBe(true);
      signal.throwIfAborted();
    });
    await expect(done).rejects.toMatchObject({ reason: 'tripped: a test' });
  });

  it('that lost its lease does not get it back with the next one', async () => {
    const { guard, clocks } = heldAt({ token: 1n });
    const done = guard.run((signal, lease) => {
      clocks.run(300);
      expect(guard.acquired({ sentAtMs: guard.nowMs(), token: 2n })).toBe(true);
      expect(signal.aborted).toBe(true);
      expect([lease.isHeld(), lease.remainingMs(), lease.token]).toEqual([false, 0, 1n]);
      expect(guard.isHeld()).toBe(true);
      lease.assertHeld();
    });
    await expect(done).rejects.toMatchObject({ code: 'ERR_TARDY_LEASE_LOST' });
  });

  it('is lost when another lease replaces a held one', async () => {
    const { guard } = heldAt({ token: 1n });
    const done = guard.run(() => guard.acquired({ sentAtMs: guard.nowMs(), token: 2n }));
    await expect(done).rejects.toMatchObject({ reason: 'another lease came' });
  });

  it('is lost though nobody looked while the lease was over', async () => {
    const { guard, clocks } = heldAt();
    const done = guard.run(() => {
      clocks.run(350); // another may have had it meanwhile
      return guard.acquired({ sentAtMs: guard.nowMs() });
    });
    await expect(done).rejects.toMatchObject({ reason: 'its time is over' });
  });

  it('goes on under a renewal', async () => {
    const { guard, clocks } = heldAt({ token: 1n });
    const done = guard.run(() => {
      clocks.run(200);
      guard.acquired({ sentAtMs: guard.nowMs(), token: 1n });
      clocks.run(200);
      return 'written';
    });
    await expect(done).resolves.toBe('written');
  });

  it('rejects with what it throws', async () => {
    const { guard } = heldAt();
    await expect(guard.run(() => Promise.reject(new Error('mine')))).rejects.toThrow('mine');
  });
});

describe('the guards of the process', () => {
  it('are those that were acquired and not released', () => {
    const { guard } = heldAt();
    const { guard: never } = guardAt();
    expect(activeGuards()).toContain(guard);
    expect(activeGuards()).not.toContain(never);
    guard.release();
    expect(activeGuards()).not.toContain(guard);
  });
  it('are not those that hear an overtaken answer after they were released', () => {
    const { guard } = heldAt();
    const sentAtMs = guard.nowMs();
    guard.release();
    guard.acquired({ sentAtMs });
    expect(activeGuards()).not.toContain(guard);
  });
});
