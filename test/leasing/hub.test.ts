import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  type ActiveGuard,
  activeGuards,
  clearTripCauses,
  OTHER_RESOURCES,
  recordRejection,
  rejections,
  setTripCause,
  showGuard,
} from '../../src/leasing/hub.ts';
import { leasePoints } from '../../src/telemetry/points.ts';
import { heldAt } from './support.ts';

describe('the counts of refused writes', () => {
  it('are bounded: beyond a thousand resources they share one', () => {
    for (let i = 0; i < 1500; i++) recordRejection({ resource: `r${i}`, token: 1n, seen: 2n });
    expect(rejections.size).toBe(1001);
    expect(rejections.get(OTHER_RESOURCES)).toBe(500);
    recordRejection({ resource: 'r0', token: 1n, seen: 2n });
    expect(rejections.get('r0')).toBe(2);
  });
});

describe('the guards of the process', () => {
  afterEach(clearTripCauses);

  it('are tripped all, however many there are, and shown in part', () => {
    const guards = Array.from(
      { length: 1500 },
      (_, i) => heldAt({ resource: `many/${i}`, tripOn: ['clock-out'] }).guard,
    );
    const shown = [...leasePoints()].filter(({ metric }) => metric === 'leaseRemaining');
    expect(shown).toHaveLength(1000);
    setTripCause('clock-out', true);
    expect(guards.filter((guard) => guard.isHeld())).toEqual([]);
    for (const guard of guards) guard.release();
  });

  it('that the garbage collector took are forgotten, though nobody looks at them', () => {
    const deref = vi.fn((): ActiveGuard | undefined => undefined);
    for (let i = 0; i < 10_000; i++) showGuard({ deref } as unknown as WeakRef<ActiveGuard>);
    const before = deref.mock.calls.length;
    activeGuards();
    expect(deref.mock.calls.length - before).toBeLessThanOrEqual(2000);
  });
});
