import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Silence } from '../../src/detector/silence.ts';
import { runs } from '../support/properties.ts';

type Span = readonly [from: number, to: number];

const anySpan: fc.Arbitrary<Span> = fc
  .tuple(fc.nat(1000), fc.nat(300))
  .map(([from, length]) => [from, from + length]);
/** No more than are remembered apart. */
const anySpans = fc.array(anySpan, { maxLength: 8 });

function silent(sinceMs: number, spans: readonly Span[]): Silence {
  const silence = new Silence();
  silence.expect(sinceMs);
  for (const [from, to] of spans) silence.paused(from, to);
  return silence;
}

/** Milliseconds of [from, to) in no span, one by one. */
function awake(from: number, to: number, spans: readonly Span[]): number {
  let count = 0;
  for (let ms = from; ms < to; ms++) {
    if (!spans.some(([start, end]) => start <= ms && ms < end)) count++;
  }
  return count;
}

describe('whatever pauses are told, in whatever order', () => {
  it('a silence is the time awake since it began', () =>
    fc.assert(
      fc.property(fc.nat(1000), fc.nat(1500), anySpans, (since, length, spans) => {
        const silence = silent(since, spans);
        expect(silence.lastedMs(since + length)).toBe(awake(since, since + length, spans));
      }),
      runs(300),
    ));

  it('it never lasts longer than time has passed, and never shrinks', () =>
    fc.assert(
      fc.property(fc.nat(1000), fc.array(anySpan, { maxLength: 40 }), (since, spans) => {
        const silence = silent(since, spans);
        let last = 0;
        for (let now = since; now < since + 1500; now += 7) {
          const lasted = silence.lastedMs(now);
          expect(lasted).toBeGreaterThanOrEqual(last);
          expect(lasted).toBeLessThanOrEqual(now - since);
          last = lasted;
        }
      }),
      runs(100),
    ));

  it('the instant at which it will have lasted so long is the inverse', () =>
    fc.assert(
      fc.property(
        fc.nat(1000),
        fc.integer({ min: 1, max: 1500 }),
        fc.array(anySpan, { maxLength: 40 }),
        (since, lasted, spans) => {
          const silence = silent(since, spans);
          const at = silence.instantMs(lasted);
          expect(silence.lastedMs(at)).toBe(lasted);
          expect(silence.lastedMs(at - 1)).toBeLessThan(lasted);
        },
      ),
      runs(300),
    ));
});
