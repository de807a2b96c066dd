import { describe, expect, it } from 'vitest';
import { EventLog } from '../../src/events/event-log.ts';
import type { TardyEvent } from '../../src/events/types.ts';
import type { MembershipEvent } from '../../src/membership/types.ts';
import { Diagnostics } from '../../src/telemetry/diagnostics.ts';

function score(value: number): MembershipEvent {
  return { type: 'self-doubt', atMs: value, score: value };
}

function logOf(count: number): EventLog {
  const log = new EventLog(new Diagnostics());
  for (let i = 1; i <= count; i++) log.add(score(i));
  return log;
}

describe('the log of events', () => {
  it('numbers them from 1, oldest first, with the time of day', () => {
    const before = Date.now();
    const events = logOf(3).recent();
    expect(events.map(({ id, atMs }) => [id, atMs])).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
    for (const { atWallMs } of events) expect(atWallMs).toBeGreaterThanOrEqual(before);
  });

  it('tells those after a number', () => {
    expect(
      logOf(5)
        .recent(3)
        .map(({ id }) => id),
    ).toEqual([4, 5]);
    expect(logOf(5).recent(5)).toEqual([]);
    expect(logOf(5).recent(99)).toEqual([]);
  });

  it('remembers the last thousand', () => {
    const ids = logOf(2500)
      .recent()
      .map(({ id }) => id);
    expect(ids).toHaveLength(1000);
    expect([ids[0], ids.at(-1)]).toEqual([1501, 2500]);
  });
});

describe('a listener', () => {
  it('hears what comes, until it has had enough', () => {
    const log = logOf(2);
    const heard: number[] = [];
    const stop = log.on(({ id }) => heard.push(id));
    log.add(score(3));
    stop();
    stop();
    log.add(score(4));
    expect(heard).toEqual([3]);
  });

  it('that throws harms nobody', () => {
    const log = logOf(0);
    const heard: number[] = [];
    log.on(() => {
      throw new Error('of the host');
    });
    log.on(({ id }) => heard.push(id));
    expect(() => log.add(score(1))).not.toThrow();
    expect(heard).toEqual([1]);
  });

  it('that takes itself away while it is told leaves the others', () => {
    const log = logOf(0);
    const heard: string[] = [];
    const stop = log.on(() => {
      heard.push('once');
      stop();
    });
    log.on(() => heard.push('always'));
    for (const id of [1, 2]) log.add(score(id));
    expect(heard).toEqual(['once', 'always', 'always']);
  });

  it('beyond a hundred drives out the oldest', () => {
    const log = logOf(0);
    const heard = new Set<number>();
    for (let i = 0; i < 101; i++) log.on((_: TardyEvent) => heard.add(i));
    log.add(score(1));
    expect(heard.size).toBe(100);
    expect(heard.has(0)).toBe(false);
  });
});
