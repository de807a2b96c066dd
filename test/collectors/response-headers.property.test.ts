import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { replyFacts, serverTimingMs } from '../../collectors/response-headers.ts';
import { runs } from '../support/properties.ts';

const HOUR_MS = 3_600_000;

/** Pieces that a backtracking matcher would choke on, many times over: up to 64 KiB. */
const adversarial = fc
  .array(
    fc.tuple(
      fc.constantFrom(
        'app',
        'total',
        ';',
        'dur',
        '=',
        ' ',
        '\t',
        '"',
        '1',
        '.',
        ',',
        'desc=',
        '\n',
      ),
      fc.constantFrom(1, 2, 100, 20_000),
    ),
    { minLength: 1, maxLength: 30 },
  )
  .map((pieces) => pieces.map(([piece, times]) => piece.repeat(times)).join(''))
  .map((text) => `app;${text}`.slice(0, 65_536));

const space = fc.constantFrom('', ' ', '\t', '  ');
const anyMs = fc.integer({ min: 0, max: HOUR_MS * 1000 }).map((us) => us / 1000);
/** An entry that is not ours. */
const otherEntry = fc
  .tuple(fc.constantFrom('db', 'cache', 'loop', 'application', 'subtotal'), anyMs)
  .map(([name, ms]) => `${name};dur=${ms}`);

describe('any Server-Timing header', () => {
  it('is read without choking, and to a time that may be', () =>
    fc.assert(
      fc.property(adversarial, (value) => {
        const ms = serverTimingMs(value);
        return ms === undefined || (ms >= 0 && ms <= HOUR_MS);
      }),
      runs(200),
    ));

  it('gives our entry, among others and whatever the blanks', () =>
    fc.assert(
      fc.property(
        fc.record({
          before: fc.array(otherEntry, { maxLength: 10 }),
          after: fc.array(otherEntry, { maxLength: 20 }),
          name: fc.constantFrom('app', 'total'),
          ms: anyMs,
          quote: fc.constantFrom('', '"'),
          blanks: fc.tuple(space, space, space, space),
          description: fc.constantFrom('', 'desc="it worked";'),
        }),
        ({ before, after, name, ms, quote, blanks: [a, b, c, d], description }) => {
          const ours = `${a}${name}${b};${description}${c}dur${d}=${d}${quote}${ms}${quote}`;
          const header = [...before, ours, ...after].join(',');
          expect(serverTimingMs(header)).toBe(ms);
          expect(replyFacts(['Server-Timing', header])).toMatchObject({
            serverMs: ms,
            stream: false,
          });
        },
      ),
      runs(300),
    ));
});

describe('any headers', () => {
  it('are read without harm, as text and as bytes alike', () =>
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.constantFrom('server-timing', 'Content-Type', 'text/event-stream', 'app;dur=5'),
            fc.string({ unit: 'binary-ascii' }),
          ),
        ),
        (raw) => {
          const asBytes = raw.map((text) => Buffer.from(text, 'latin1'));
          expect(replyFacts(asBytes)).toEqual(replyFacts(raw));
        },
      ),
      runs(500),
    ));
});
