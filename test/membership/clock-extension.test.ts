import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  clockExtension,
  clockOutExtension,
  CLOCK_OUT_MAX,
  clockOutIn,
  type ClockWord,
  clockWordOf,
} from '../../src/membership/clock-extension.ts';
import { decode, encode } from '../../src/membership/codec.ts';
import { type Extension, LIMITS, type Message } from '../../src/membership/message.ts';
import { nameHash } from '../../src/membership/names.ts';
import { runs } from '../support/properties.ts';
import { anyQuestion } from './codec-arbitraries.ts';

const HALF_HOUR_MS = 1_800_000;
/** A number of milliseconds as a double is that coarse at most. */
const ROUNDING_MS = 1e-9;
const US = 0.001;
/** The largest that is told: of two bytes of µs, all ones mean that it is not known. */
const ERROR_MAX_MS = 65.534;

/** To the nanosecond. */
const ms = (min: number, max: number) =>
  fc.integer({ min: Math.round(min * 1e6), max: Math.round(max * 1e6) }).map((ns) => ns / 1e6);
const anyError = ms(0, ERROR_MAX_MS - US);
const anyHlc = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const anyReference = fc
  .tuple(ms(-HALF_HOUR_MS, HALF_HOUR_MS), ms(0, 1000))
  .map(([lowMs, widthMs]) => ({ lowMs, highMs: lowMs + widthMs }));
const anyWord: fc.Arbitrary<ClockWord> = fc.record({
  errorMs: fc.option(anyError, { nil: undefined }),
  steps: fc.integer({ min: 0, max: 255 }),
  hlc: anyHlc,
  reference: fc.option(anyReference, { nil: undefined }),
});

const withExtensions = (extensions: readonly Extension[]): Message => ({
  ...fc.sample(anyQuestion, { numRuns: 1, seed: 1 })[0]!,
  extensions,
});

function overTheWire(...extensions: Extension[]): Message {
  return decode(encode(withExtensions(extensions))).message!;
}

describe('what a message says of the clock of its sender', () => {
  it('is what was said, with bounds as wide or wider by a microsecond at most', () => {
    const property = fc.property(anyWord, (word) => {
      const read = clockWordOf(overTheWire(clockExtension(word)))!;
      expect(read.hlc).toBe(word.hlc);
      expect(read.steps).toBe(word.steps);
      expect(read.errorMs === undefined).toBe(word.errorMs === undefined);
      if (word.errorMs !== undefined) {
        const moreMs = read.errorMs! - word.errorMs;
        expect(moreMs).toBeGreaterThanOrEqual(-ROUNDING_MS);
        expect(moreMs).toBeLessThan(US + ROUNDING_MS);
      }
      expect(read.reference === undefined).toBe(word.reference === undefined);
      if (!word.reference) return;
      const lowerMs = word.reference.lowMs - read.reference!.lowMs;
      const higherMs = read.reference!.highMs - word.reference.highMs;
      for (const ms of [lowerMs, higherMs]) {
        expect(ms).toBeGreaterThanOrEqual(-ROUNDING_MS);
        expect(ms).toBeLessThan(US + ROUNDING_MS);
      }
    });
    fc.assert(property, runs(200));
  });

  it.each([undefined, Infinity, NaN, 65.535, 100, 1e300])(
    'no error is known of %s ms',
    (errorMs) => {
      const extension = clockExtension({ errorMs, steps: 0, hlc: 1n, reference: undefined });
      expect(clockWordOf(withExtensions([extension]))!.errorMs).toBeUndefined();
    },
  );

  it.each([
    [-2_147_484, 0],
    [0, 2_147_484],
    [-Infinity, Infinity],
    [1, -1],
    [NaN, NaN],
    [0, NaN],
  ])('of true time from %s to %s ms it tells nothing', (lowMs, highMs) => {
    const extension = clockExtension({
      errorMs: 1,
      steps: 0,
      hlc: 7n,
      reference: { lowMs, highMs },
    });
    expect(clockWordOf(withExtensions([extension]))).toEqual({
      ...{ errorMs: 1, steps: 0, hlc: 7n, reference: undefined },
    });
  });

  it('counts steps modulo 256', () => {
    const told = { errorMs: 1, steps: 259, hlc: 1n, reference: undefined };
    expect(clockWordOf(withExtensions([clockExtension(told)]))!.steps).toBe(3);
  });

  it('is nothing without one, and nothing in what is too short', () => {
    const { bytes } = clockExtension({ errorMs: 1, steps: 0, hlc: 1n, reference: undefined });
    expect(clockWordOf(withExtensions([]))).toBeUndefined();
    for (let length = 0; length < bytes.length; length++) {
      const cut = { type: 1, bytes: bytes.slice(0, length) };
      expect(clockWordOf(withExtensions([cut]))).toBeUndefined();
    }
  });

  it('is read without true time where that is cut off, and where it is turned around', () => {
    const reference = { lowMs: -1, highMs: 2 };
    const { bytes } = clockExtension({ errorMs: 1, steps: 0, hlc: 1n, reference });
    expect(bytes).toHaveLength(19);
    const cut = { type: 1, bytes: bytes.slice(0, 18) };
    expect(clockWordOf(withExtensions([cut]))).toMatchObject({ errorMs: 1, reference: undefined });
    const turned = new Uint8Array(bytes);
    turned.set(bytes.slice(15, 19), 11);
    turned.set(bytes.slice(11, 15), 15);
    expect(clockWordOf(withExtensions([{ type: 1, bytes: turned }]))!.reference).toBeUndefined();
  });

  it('is read from what a later version made longer', () => {
    const { bytes } = clockExtension({
      errorMs: 1,
      steps: 0,
      hlc: 5n,
      reference: { lowMs: -1, highMs: 2 },
    });
    const longer = new Uint8Array([...bytes, 1, 2, 3]);
    expect(clockWordOf(withExtensions([{ type: 1, bytes: longer }]))).toEqual({
      ...{ errorMs: 1, steps: 0, hlc: 5n, reference: { lowMs: -1, highMs: 2 } },
    });
  });

  it('is found in a part of a larger buffer', () => {
    const { bytes } = clockExtension({ errorMs: 2, steps: 0, hlc: 3n, reference: undefined });
    const buffer = new Uint8Array(64);
    buffer.set(bytes, 13);
    const part = { type: 1, bytes: buffer.subarray(13, 13 + bytes.length) };
    expect(clockWordOf(withExtensions([part]))).toMatchObject({ errorMs: 2, steps: 0, hlc: 3n });
  });
});

describe('whose clocks a message holds out', () => {
  const hashes = Array.from({ length: 40 }, (_, i) => nameHash(`peer-${i}`));

  it('is told by hash, 32 at most', () => {
    expect(CLOCK_OUT_MAX).toBe(32);
    for (const count of [0, 1, 31, 32, 33, 40]) {
      const told = clockOutIn(overTheWire(clockOutExtension(hashes.slice(0, count))));
      expect(told).toEqual(hashes.slice(0, Math.min(count, 32)));
    }
    const { bytes } = clockOutExtension(hashes);
    expect(bytes.length).toBeLessThanOrEqual(LIMITS.extensionBytes);
  });

  it('keeps the zeros that a hash begins with', () => {
    const hash = '00000000000000ff';
    expect(clockOutIn(withExtensions([clockOutExtension([hash])]))).toEqual([hash]);
  });

  it('is nobody without it, and what is left of a hash is none', () => {
    const { bytes } = clockOutExtension(hashes.slice(0, 2));
    expect(clockOutIn(withExtensions([]))).toEqual([]);
    expect(clockOutIn(withExtensions([{ type: 2, bytes: bytes.slice(0, 15) }]))).toEqual([
      hashes[0],
    ]);
    expect(clockOutIn(withExtensions([{ type: 2, bytes: new Uint8Array() }]))).toEqual([]);
  });
});

describe('other extensions', () => {
  it('are skipped, and no garbage in ours is taken amiss', () => {
    const anyBytes = fc.uint8Array({ maxLength: LIMITS.extensionBytes });
    const anyExtension = fc.record({ type: fc.integer({ min: 1, max: 255 }), bytes: anyBytes });
    const property = fc.property(fc.array(anyExtension, { maxLength: 8 }), (extensions) => {
      const message = withExtensions(extensions);
      const word = clockWordOf(message);
      if (!extensions.some(({ type }) => type === 1)) expect(word).toBeUndefined();
      if (word?.errorMs !== undefined) expect(word.errorMs).toBeLessThanOrEqual(ERROR_MAX_MS);
      if (word?.reference) expect(word.reference.lowMs).toBeLessThanOrEqual(word.reference.highMs);
      for (const hash of clockOutIn(message)) expect(hash).toMatch(/^[0-9a-f]{16}$/);
    });
    fc.assert(property, runs(300));
  });
});
