import { describe, expect, it } from 'vitest';
import { RollingCount } from '../../src/histogram.ts';

describe('a rolling count', () => {
  it('counts what happened in the window', () => {
    const count = new RollingCount(600);
    for (const atMs of [0, 50, 150, 550]) count.add(atMs);
    expect(count.total(599)).toBe(4);
  });

  it('forgets a slice when it has left the window whole', () => {
    const count = new RollingCount(600);
    count.add(0);
    count.add(99);
    count.add(100);
    expect(count.total(699)).toBe(3);
    expect(count.total(700)).toBe(1);
    expect(count.total(800)).toBe(0);
  });

  it('is 0 before anything happened, and after a long silence', () => {
    const count = new RollingCount(600);
    expect(count.total(1e9)).toBe(0);
    count.add(1e9);
    expect(count.total(1e9)).toBe(1);
    expect(count.total(1e12)).toBe(0);
  });

  it('takes one from the past as of now', () => {
    const count = new RollingCount(600);
    count.add(10_000);
    count.add(1);
    expect(count.total(10_000)).toBe(2);
  });
});
