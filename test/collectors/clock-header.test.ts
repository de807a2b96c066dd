import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { replyFacts } from '../../collectors/response-headers.ts';
import { clockFromHeader, clockHeader } from '../../src/timekeeping/clock-header.ts';
import { runs } from '../support/properties.ts';

const said = {
  ...{ sentAtWallMs: 1_780_000_000_123.456, heldMs: 2.345, errorMs: 0.003 },
  ...{ steps: 5, life: '9f3c' },
};
const text = '1780000000123.456;2.345;3;5;9f3c';
const nameAnd = (value: string) => `Tardy-Clock: ${value}`;

/** So many nanoseconds at most, in ms. */
const ns = (max: number) => fc.integer({ min: 0, max }).map((n) => n / 1e6);
/** From 2001 to 2096, within a minute, by a wall clock known within 1 ms. */
const anyRealistic = fc.record({
  sentAtWallMs: fc
    .tuple(fc.integer({ min: 1e12, max: 4e12 }), ns(1e6))
    .map(([ms, part]) => ms + part),
  heldMs: ns(60_000e6),
  errorMs: ns(1e6),
  steps: fc.nat(),
  life: fc.integer({ min: 0, max: 0xffff }).map((n) => n.toString(16).padStart(4, '0')),
});

describe('what a server says of its clock', () => {
  it('is written in 64 bytes with its name, and read again', () => {
    expect(clockHeader(said)).toBe(text);
    expect(nameAnd(text).length).toBeLessThanOrEqual(64);
    const { sentAtWallMs, heldMs, errorMs, steps, life } = clockFromHeader(text)!;
    expect({ sentAtWallMs, heldMs, steps, life }).toEqual({
      ...{ sentAtWallMs: said.sentAtWallMs, heldMs: said.heldMs },
      ...{ steps: said.steps, life: said.life },
    });
    expect(errorMs).toBeGreaterThanOrEqual(said.errorMs); // rounding is an error too
  });

  it('is so short whatever it says, and says no less than what is known', () => {
    const property = fc.property(anyRealistic, (clock) => {
      const value = clockHeader(clock);
      expect(nameAnd(value).length).toBeLessThanOrEqual(64);
      const read = clockFromHeader(value)!;
      expect([read.steps, read.life]).toEqual([clock.steps % 256, clock.life]);
      const lostMs = Math.abs(read.sentAtWallMs - clock.sentAtWallMs);
      const heldLostMs = Math.abs(read.heldMs - clock.heldMs);
      // Either end of the exchange: the reply, and the reply less what it was held.
      const numberMs = (clock.sentAtWallMs * Number.EPSILON) / 2; // `readExchange` allows for that
      const leftMs = read.errorMs - clock.errorMs;
      expect(leftMs).toBeGreaterThanOrEqual(lostMs + heldLostMs - numberMs);
      expect(leftMs).toBeLessThan(0.003);
    });
    fc.assert(property, runs(300));
  });

  it('counts steps modulo 256', () => {
    for (const [steps, told] of [
      [255, 255],
      [256, 0],
      [1027, 3],
    ] as const) {
      expect(clockFromHeader(clockHeader({ ...said, steps }))!.steps).toBe(told);
    }
  });

  it.each([
    '',
    '1;2;3;5;9f3c',
    '1780000000123.456;2.345;3', // as it was once
    '1780000000123.456;2.345;3;5',
    '-1.000;0.000;0;0;0000',
    '1780000000123.456;-2.345;3;5;9f3c',
    '1780000000123.456;2.345;3;-5;9f3c',
    '1780000000123.456;2.345;3;5.0;9f3c',
    '1780000000123.456;2.345;3;1234;9f3c',
    '1780000000123.456;2.345;3;;9f3c',
    '1780000000123.456;2.345;3;5;9F3C',
    '1780000000123.456;2.345;3;5;9f3',
    '1780000000123.456;2.345;3;5;9f3c0',
    '1780000000123.456;2.345;3;5;9f3g',
    'NaN;2.345;3;5;9f3c',
    `${text};4`,
    ` ${text}`,
    `${text}\n`,
    `${text}, ${text}`,
  ])('is nothing in %j', (value) => expect(clockFromHeader(value)).toBeUndefined());

  it('is nothing in garbage, and never throws', () => {
    const anyText = fc.oneof(
      fc.string({ maxLength: 100 }),
      fc.stringMatching(/^[\d.;a-f-]{0,60}$/),
      fc.tuple(fc.nat(text.length), fc.string({ maxLength: 1 })).map(([at, with_]) => {
        return text.slice(0, at) + with_ + text.slice(at + 1);
      }),
    );
    const property = fc.property(anyText, (value) => {
      const read = clockFromHeader(value);
      if (!read) return;
      const { sentAtWallMs, heldMs, errorMs, steps, life } = read;
      for (const number of [sentAtWallMs, heldMs, errorMs, steps]) {
        expect(number).toBeGreaterThanOrEqual(0);
        expect(number).toBeLessThan(1e15);
      }
      expect(life).toMatch(/^[0-9a-f]{4}$/);
    });
    fc.assert(property, runs(500));
  });

  it('is read from response headers, in whatever case', () => {
    expect(replyFacts(['TARDY-CLOCK', text]).clock?.heldMs).toBe(2.345);
    expect(replyFacts(['Server-Timing', 'app;dur=1', 'Tardy-Clock', text])).toMatchObject({
      serverMs: 1,
      clock: { heldMs: 2.345, steps: 5, life: '9f3c' },
    });
  });

  it('is not believed from a cache, nor from two at once', () => {
    expect(replyFacts(['Tardy-Clock', text, 'Age', '3']).clock).toBeUndefined();
    expect(replyFacts(['Age', '3', 'Tardy-Clock', text]).clock).toBeUndefined();
    expect(replyFacts(['Tardy-Clock', text, 'Tardy-Clock', text]).clock).toBeUndefined();
  });
});
