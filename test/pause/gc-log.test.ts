import { describe, expect, it } from 'vitest';
import { GcLog } from '../../src/pause/gc-log.ts';

function logOf(...collections: readonly (readonly [number, number])[]): GcLog {
  const log = new GcLog();
  for (const [fromMs, toMs] of collections) log.add(fromMs, toMs);
  return log;
}

describe('GcLog', () => {
  it('adds up what lies in a span', () => {
    const log = logOf([0, 10], [20, 30], [40, 50]);
    expect(log.overlapMs(5, 45)).toBe(20);
    expect(log.overlapMs(10, 20)).toBe(0);
    expect(log.overlapMs(-100, 100)).toBe(30);
  });

  it('counts a collection within another once', () => {
    expect(logOf([12, 15], [10, 20]).overlapMs(0, 100)).toBe(10);
    expect(logOf([0, 5], [12, 15], [10, 20], [30, 40]).overlapMs(0, 100)).toBe(25);
  });

  it('forgets what ended before', () => {
    const log = logOf([0, 10], [20, 30]);
    log.forget(15);
    expect(log.overlapMs(0, 100)).toBe(10);
  });

  it('keeps the newest of very many', () => {
    const log = new GcLog();
    for (let i = 0; i < 100_000; i++) log.add(i, i + 0.5);
    expect(log.overlapMs(99_000, 100_000)).toBe(500);
    expect(log.overlapMs(0, 100_000)).toBeLessThanOrEqual(8192 / 2);
  });
});
