import { describe, expect, it } from 'vitest';
import { replyFacts } from '../../collectors/response-headers.ts';
import { clockFromHeader, clockHeader } from '../../src/timekeeping/clock-header.ts';

const said = { sentAtWallMs: 1_780_000_000_123.456, heldMs: 2.345, errorMs: 0.003 };
const text = '1780000000123.456;2.345;3';

describe('what a server says of its clock', () => {
  it('is written in 64 bytes with its name, and read again', () => {
    expect(clockHeader(said)).toBe(text);
    expect(`Tardy-Clock: ${clockHeader(said)}`.length).toBeLessThanOrEqual(64);
    const { sentAtWallMs, heldMs, errorMs } = clockFromHeader(text)!;
    expect([sentAtWallMs, heldMs]).toEqual([said.sentAtWallMs, said.heldMs]);
    expect(errorMs).toBeGreaterThanOrEqual(said.errorMs); // rounding is an error too
  });

  it.each([
    '',
    '1;2;3',
    '1780000000123.456;2.345',
    '-1.000;0.000;0',
    `${text};4`,
    `${text}, ${text}`,
  ])('is nothing in %s', (value) => expect(clockFromHeader(value)).toBeUndefined());

  it('is read from response headers, in whatever case', () => {
    expect(replyFacts(['TARDY-CLOCK', text]).clock?.heldMs).toBe(2.345);
    expect(replyFacts(['Server-Timing', 'app;dur=1', 'Tardy-Clock', text])).toMatchObject({
      serverMs: 1,
      clock: { heldMs: 2.345 },
    });
  });

  it('is not believed from a cache, nor from two at once', () => {
    expect(replyFacts(['Tardy-Clock', text, 'Age', '3']).clock).toBeUndefined();
    expect(replyFacts(['Age', '3', 'Tardy-Clock', text]).clock).toBeUndefined();
    expect(replyFacts(['Tardy-Clock', text, 'Tardy-Clock', text]).clock).toBeUndefined();
  });
});
