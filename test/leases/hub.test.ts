import { describe, expect, it } from 'vitest';
import { OTHER_RESOURCES, recordRejection, rejections } from '../../src/leases/hub.ts';

describe('the counts of refused writes', () => {
  it('are bounded: beyond a thousand resources they share one', () => {
    for (let i = 0; i < 1500; i++) recordRejection({ resource: `r${i}`, token: 1n, seen: 2n });
    expect(rejections.size).toBe(1001);
    expect(rejections.get(OTHER_RESOURCES)).toBe(500);
    recordRejection({ resource: 'r0', token: 1n, seen: 2n });
    expect(rejections.get('r0')).toBe(2);
  });
});
