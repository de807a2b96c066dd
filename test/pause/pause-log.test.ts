import { describe, expect, it } from 'vitest';
import { PauseLog } from '../../src/pause/pause-log.ts';

/** Ticks at 0, 20, 40 … up to and including `untilMs`. */
function ticked(untilMs: number): PauseLog {
  const log = new PauseLog({ tickMs: 20, lateMs: 20 });
  for (let nowMs = 0; nowMs <= untilMs; nowMs += 20) log.tick(nowMs);
  return log;
}

describe('a tick', () => {
  it.each([
    [{ tickMs: 0, lateMs: 20 }, 'tickMs must be a number of milliseconds > 0; got 0'],
    [{ tickMs: NaN, lateMs: 20 }, 'tickMs must be a number of milliseconds > 0; got NaN'],
    [{ tickMs: 20, lateMs: -5 }, 'lateMs must be a number of milliseconds > 0; got -5'],
  ])('of %j is refused', (options, message) => {
    expect(() => new PauseLog(options)).toThrow(
      expect.objectContaining({ code: 'ERR_TARDY_ARGUMENT', message }),
    );
  });

  it('that is the first says nothing, however late', () => {
    const log = new PauseLog({ tickMs: 20, lateMs: 20 });
    expect(log.isLate(1e9)).toBe(false);
    expect(log.lateByMs(1e9)).toBe(0);
    expect(log.overlapMs(0, 1e9)).toBe(0);
    expect(log.tick(1e9)).toBeUndefined();
  });

  it.each([
    [20, undefined],
    [39.9, undefined],
    [40, { fromMs: 20, toMs: 40 }],
    [700, { fromMs: 20, toMs: 700 }],
  ])('after %d ms, due at 20, tells the pause %j', (nowMs, pause) => {
    expect(ticked(0).tick(nowMs)).toEqual(pause);
  });

  it('begins a new wait: a pause is told once', () => {
    const log = ticked(0);
    log.tick(500);
    expect(log.tick(520)).toBeUndefined();
    expect(log.recent).toEqual([{ fromMs: 20, toMs: 500 }]);
  });

  it('keeps the last 64 pauses', () => {
    const log = ticked(0);
    for (let i = 1; i <= 100; i++) log.tick(i * 1000);
    expect(log.recent).toHaveLength(64);
    expect(log.recent[0]).toEqual({ fromMs: 36_020, toMs: 37_000 });
    expect(log.recent.at(-1)).toEqual({ fromMs: 99_020, toMs: 100_000 });
  });
});

describe('while a tick is overdue', () => {
  it('we are late from lateMs on', () => {
    const log = ticked(0);
    expect(log.isLate(39.9)).toBe(false);
    expect(log.isLate(40)).toBe(true);
  });

  it('whatever is read now has waited since the tick was due', () => {
    const log = ticked(0);
    expect([15, 20, 25, 620].map((nowMs) => log.lateByMs(nowMs))).toEqual([0, 0, 5, 600]);
  });
});

describe('the share of a span that we stood still', () => {
  // A pause from 120 (when the tick was due) to 500.
  const log = ticked(100);
  log.tick(500);
  for (let nowMs = 520; nowMs <= 800; nowMs += 20) log.tick(nowMs);

  it.each([
    ['around it', 0, 700, 380],
    ['that begins inside', 300, 700, 200],
    ['that ends inside', 0, 200, 80],
    ['inside', 200, 300, 100],
    ['exactly it', 120, 500, 380],
    ['before it', 0, 120, 0],
    ['after it', 500, 700, 0],
    ['of no length', 200, 200, 0],
    ['that runs backwards', 700, 0, 0],
  ])('%s', (_what, fromMs, toMs, expected) => {
    expect(log.overlapMs(fromMs, toMs)).toBe(expected);
  });

  it('counts the pause that is still going on', () => {
    // The next tick is due at 820.
    expect(log.overlapMs(810, 839)).toBe(0);
    expect(log.overlapMs(810, 900)).toBe(80);
    expect(log.overlapMs(850, 900)).toBe(50);
    expect(log.overlapMs(300, 900)).toBe(200 + 80);
  });

  it('adds up several', () => {
    const two = ticked(0);
    two.tick(100); // from 20
    two.tick(300); // from 120
    expect(two.overlapMs(0, 310)).toBe(80 + 180);
    expect(two.overlapMs(110, 310)).toBe(180);
  });
});
