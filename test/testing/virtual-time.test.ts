import { describe, expect, it } from 'vitest';
import { randomFrom } from '../../src/testing/random.ts';
import { VirtualTime } from '../../src/testing/virtual-time.ts';
import { seed } from '../support/capabilities.ts';

function recorded(): {
  time: VirtualTime;
  at: (atMs: number, name: string) => void;
  ran: string[];
} {
  const time = new VirtualTime();
  const ran: string[] = [];
  return { time, ran, at: (atMs, name) => void time.schedule(atMs, () => ran.push(name)) };
}

describe('VirtualTime', () => {
  it('runs events in order of time, whatever the order they were scheduled in', () => {
    const random = randomFrom(seed());
    const time = new VirtualTime();
    const ran: number[] = [];
    for (let i = 0; i < 2000; i++) {
      const atMs = random.integer(500);
      time.schedule(atMs, () => ran.push(atMs));
    }
    time.runUntil(500);
    expect(ran).toHaveLength(2000);
    expect(ran).toEqual(ran.toSorted((a, b) => a - b));
  });

  it('runs events of the same instant in the order they were scheduled in', () => {
    const { time, at, ran } = recorded();
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) at(5, name);
    time.runUntil(5);
    expect(ran).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
  });

  it('shows the instant of the event that runs, and the end when it is over', () => {
    const time = new VirtualTime();
    const seen: number[] = [];
    time.schedule(3, () => seen.push(time.nowMs));
    time.runUntil(10);
    expect(seen).toEqual([3]);
    expect(time.nowMs).toBe(10);
  });

  it('runs what an event schedules, and what is past at once', () => {
    const { time, at, ran } = recorded();
    time.schedule(4, () => {
      at(1, 'past');
      at(6, 'later');
    });
    at(5, 'between');
    time.runUntil(10);
    expect(ran).toEqual(['past', 'between', 'later']);
  });

  it('does not run what is cancelled, nor what comes after the end', () => {
    const { time, at, ran } = recorded();
    const cancelled = time.schedule(1, () => ran.push('cancelled'));
    at(2, 'kept');
    at(3, 'after the end');
    cancelled.cancel();
    time.runUntil(2);
    expect(ran).toEqual(['kept']);
    expect(time.step()).toBe(true);
    expect(time.step()).toBe(false);
  });

  it('calls back after each event', () => {
    const { time, at, ran } = recorded();
    at(1, 'a');
    at(2, 'b');
    time.runUntil(3, () => ran.push('checked'));
    expect(ran).toEqual(['a', 'checked', 'b', 'checked']);
  });
});
