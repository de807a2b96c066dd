import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decode,
  encode,
  encodedLength,
  fit,
  MESSAGE_BYTES_MAX,
} from '../../src/membership/codec.ts';
import { utf8Length } from '../../src/membership/codec-writer.ts';
import { LIMITS, type Message } from '../../src/membership/message.ts';
import { runs } from '../support/properties.ts';
import { anyMessage, anyQuestion } from './codec-arbitraries.ts';

/** Everything of a decoded message that could be out of range; empty if nothing is. */
function outOfRange(message: Message): string[] {
  const { sentAtMs, sentAtWallMs, receivedAtMs = 0, opinions, asks, extensions } = message;
  const times = { sentAtMs, sentAtWallMs, receivedAtMs };
  const wrong = Object.entries(times)
    .filter(([, ms]) => !(ms >= 0 && ms <= 1e15))
    .map(([name]) => name);
  const words = [message.to, message.bootId, message.nonce, message.echo, ...asks];
  if (
    ![...words, ...opinions.map(({ about }) => about)].every((word) => /^[0-9a-f]{16}$/.test(word))
  )
    wrong.push('hex');
  if (!(message.seq >= 1) || !(message.pausedMs >= 0)) wrong.push('count');
  if (new TextEncoder().encode(message.from).length > LIMITS.nameBytes) wrong.push('from');
  if (opinions.length > LIMITS.opinions || asks.length > LIMITS.asks) wrong.push('lists');
  if (extensions.length > LIMITS.extensions) wrong.push('extensions');
  if (extensions.some(({ bytes }) => bytes.length > LIMITS.extensionBytes)) wrong.push('bytes');
  if (opinions.some(({ heardAgoMs = 0 }) => !(heardAgoMs >= 0))) wrong.push('heardAgoMs');
  return wrong;
}

describe('a message as bytes', () => {
  it('comes back as it went', () => {
    fc.assert(
      fc.property(anyMessage, fc.nat(2000), (message, minLength) => {
        expect(decode(encode(message, minLength))).toEqual({ message });
      }),
      runs(300),
    );
  });

  it('is as long as it says, and no shorter than it has to be', () => {
    fc.assert(
      fc.property(anyMessage, fc.nat(2000), (message, minLength) => {
        const { length } = encode(message, minLength);
        const answer = message.kind === 'question' ? encodedLength(message) + 8 : 0;
        const wanted = Math.max(encodedLength(message), minLength, answer);
        expect(length).toBeGreaterThanOrEqual(wanted);
        expect(length).toBeLessThanOrEqual(wanted + 2);
      }),
      runs(200),
    );
  });

  it('is refused with a reason when it is cut anywhere', () => {
    fc.assert(
      fc.property(anyMessage, fc.nat(), (message, seed) => {
        const bytes = encode(message);
        // Between two extensions is no cut that anybody can see: that is what the MAC is for.
        const end = encodedLength({ ...message, extensions: [] });
        const { error } = decode(bytes.subarray(0, seed % end));
        expect(error).toMatch(/^it ends within /);
      }),
      runs(200),
    );
  });

  it('is refused or in range after any change', () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(anyMessage, changes, (message, list) => {
        const bytes = encode(message);
        for (const [at, value] of list) bytes[at % bytes.length] = value;
        const { message: read, error } = decode(bytes);
        if (read) expect(outOfRange(read)).toEqual([]);
        else expect(error).not.toBe('');
      }),
      runs(500),
    );
  });

  it('is refused with bytes behind it', () => {
    fc.assert(
      fc.property(anyMessage, fc.uint8Array({ minLength: 1, maxLength: 2 }), (message, more) => {
        const bytes = encode(message);
        const { error } = decode(new Uint8Array([...bytes, ...more]));
        expect(error).toMatch(/^(it ends within|something follows)/);
      }),
      runs(200),
    );
  });
});

describe('bytes that nobody encoded', () => {
  it('are refused or in range, and never throw', () => {
    const anyBytes = fc.oneof(
      fc.uint8Array({ maxLength: 2000 }),
      fc.uint8Array({ maxLength: 400 }).map((bytes) => new Uint8Array([1, 0, 0, ...bytes])),
    );
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        const { message, error } = decode(bytes);
        if (message) expect(outOfRange(message)).toEqual([]);
        else expect(error).not.toBe('');
      }),
      runs(500),
    );
  });

  it('are refused by their size alone when there are too many', () => {
    const { error } = decode(new Uint8Array(MESSAGE_BYTES_MAX + 1));
    expect(error).toBe('16385 bytes, at most 16384');
  });
});

describe('the length of a text in UTF-8', () => {
  it('is what TextEncoder makes of it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.array(fc.nat(0xffff)), (text, units) => {
        for (const any of [text, String.fromCharCode(...units)]) {
          expect(utf8Length(any)).toBe(new TextEncoder().encode(any).length);
        }
        const halves = String.fromCharCode(...units.map((unit) => 0xd800 + (unit & 0x7ff)));
        expect(utf8Length(halves)).toBe(new TextEncoder().encode(halves).length);
      }),
      runs(300),
    );
  });
});

describe('fit', () => {
  it('gives what takes no more than it may, or nothing', () => {
    fc.assert(
      fc.property(anyMessage, fc.nat(1400), (message, maxBytes) => {
        const fitted = fit(message, maxBytes);
        const least = encodedLength({ ...message, opinions: [], extensions: [], asks: [] });
        if (!fitted) {
          expect(least).toBeGreaterThan(maxBytes);
          return;
        }
        expect(encodedLength(fitted)).toBeLessThanOrEqual(maxBytes);
        expect(message.opinions.slice(0, fitted.opinions.length)).toEqual(fitted.opinions);
        expect(message.extensions.slice(0, fitted.extensions.length)).toEqual(fitted.extensions);
      }),
      runs(300),
    );
  });

  it('makes an answer fit the question that has the same content', () => {
    fc.assert(
      fc.property(anyQuestion, (message) => {
        const question = encode(message);
        const answer: Message = { ...message, kind: 'answer', receivedAtMs: 5 };
        expect(fit(answer, question.length)).toBe(answer);
        expect(encode(answer).length).toBeLessThanOrEqual(question.length);
      }),
      runs(200),
    );
  });
});
