import { describe, expect, it } from 'vitest';
import { DEADLINE_HEADER, deadlineLeftMs } from '../src/deadline.ts';

const of = (value: string | string[] | undefined) => ({ headers: { [DEADLINE_HEADER]: value } });

describe('the time that a caller has left', () => {
  it.each([
    ['250', 250],
    [' 12.5 ', 12.5],
    [['80', '90'], 80],
    ['0', 0],
  ])('is read from %j', (value, ms) => expect(deadlineLeftMs(of(value))).toBe(ms));

  it.each([undefined, '', 'soon', '-5', '1e3', '99999999999', '0x10', 'NaN'])(
    'is not guessed from %j',
    (value) => expect(deadlineLeftMs(of(value))).toBeUndefined(),
  );

  it('is less what has passed, and never below 0', () => {
    expect(deadlineLeftMs(of('100'), { elapsedMs: 30 })).toBe(70);
    expect(deadlineLeftMs(of('100'), { elapsedMs: 300 })).toBe(0);
  });

  it('may have a header of its own', () => {
    const request = { headers: { 'x-timeout': '40' } };
    expect(deadlineLeftMs(request, { header: 'x-timeout' })).toBe(40);
    expect(deadlineLeftMs(request)).toBeUndefined();
  });
});
