import { describe, expect, it } from 'vitest';
import { type PollEnd, PollSchedule } from '../../../collectors/ntp/schedule.ts';

function after(ends: readonly PollEnd[], pollMs?: number): number | undefined {
  const schedule = new PollSchedule(pollMs);
  for (const end of ends) schedule.ended(end);
  return schedule.nextMs(0);
}

describe('the time to the next poll', () => {
  it('is 64 s, and up to a tenth longer, never shorter', () => {
    expect(after([])).toBe(64_000);
    expect(new PollSchedule().nextMs(1)).toBeCloseTo(70_400, 6);
    expect(after(['answered', 'answered'])).toBe(64_000);
  });

  it('doubles with each silence up to 17 minutes, and is forgotten with an answer', () => {
    expect(after(['silent'])).toBe(128_000);
    expect(after(['silent', 'silent'])).toBe(256_000);
    expect(after(new Array<PollEnd>(20).fill('silent'))).toBe(1_024_000);
    expect(after(['silent', 'silent', 'answered'])).toBe(64_000);
  });

  it('doubles in the same way while a server of others says what is known, until there is news', () => {
    expect(after(['answered', 'confirmed'])).toBe(128_000);
    expect(after(new Array<PollEnd>(20).fill('confirmed'))).toBe(1_024_000);
    expect(after(['confirmed', 'silent', 'confirmed'])).toBe(512_000);
    expect(after(['confirmed', 'confirmed', 'answered'])).toBe(64_000);
  });

  it('doubles for good when the server says that it is asked too often', () => {
    expect(after(['rate'])).toBe(128_000);
    expect(after(['rate', 'answered', 'answered'])).toBe(128_000);
    expect(after(['rate', 'answered', 'rate', 'answered'])).toBe(256_000);
    expect(after(['silent', 'silent', 'rate'])).toBe(256_000);
    expect(after(new Array<PollEnd>(30).fill('rate'))).toBe(131_072_000);
  });

  it('is not shortened by silence', () => {
    expect(after(['silent'], 7_200_000)).toBe(7_200_000);
    expect(after(new Array<PollEnd>(6).fill('rate').concat('silent'))).toBe(4_096_000);
  });

  it('is never, once the server will not have us', () => {
    expect(after(['deny'])).toBeUndefined();
    expect(after(['deny', 'answered'])).toBeUndefined();
  });

  it.each([0, 15_999, -1, Number.NaN, 2e8, Infinity])('cannot be %d ms', (pollMs) => {
    expect(() => new PollSchedule(pollMs)).toThrow(/pollMs must be a number of ms from 16000/);
  });
});
