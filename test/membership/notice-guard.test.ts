import { describe, expect, it } from 'vitest';
import { NoticeGuard } from '../../src/membership/notice-guard.ts';
import { aMessage } from './messages.ts';

const WALL_MS = 1e12;

function at(ms: number) {
  return { monoMs: ms, wallMs: WALL_MS + ms };
}

function notice(nonce: string, writtenMs = 0) {
  return aMessage({ kind: 'notice', nonce, sentAtWallMs: WALL_MS + writtenMs });
}

describe('a notice about another', () => {
  it('is taken once', () => {
    const guard = new NoticeGuard();
    expect(guard.refusal(notice('n'), at(100))).toBeUndefined();
    expect(guard.refusal(notice('n'), at(200))).toBe('it was taken before');
    expect(guard.refusal(notice('m'), at(200))).toBeUndefined();
  });

  it('is taken within a minute by our clock, either way', () => {
    for (const [ms, isTaken] of [
      [60_000, true],
      [60_001, false],
      [-60_000, true],
      [-60_001, false],
    ] as const) {
      expect(new NoticeGuard().refusal(notice('n'), at(ms)) === undefined).toBe(isTaken);
    }
  });

  it('that was written in the future is not taken again when that has come', () => {
    const guard = new NoticeGuard();
    expect(guard.refusal(notice('n', 60_000), at(0))).toBeUndefined();
    for (const ms of [60_000, 90_000, 119_999, 120_000]) {
      guard.refusal(notice(`other${ms}`, ms), at(ms));
      expect(guard.refusal(notice('n', 60_000), at(ms))).toBeDefined();
    }
  });

  it('is not taken where 1,024 came within two minutes, and is afterwards', () => {
    const guard = new NoticeGuard();
    for (let i = 0; i < 1024; i++) guard.refusal(notice(`n${i}`), at(0));
    expect(guard.refusal(notice('more'), at(1))).toContain('too many');
    expect(guard.refusal(notice('later', 120_001), at(120_001))).toBeUndefined();
  });
});
