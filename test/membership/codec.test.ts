import { describe, expect, it } from 'vitest';
import { decode, encode, encodedLength, fit } from '../../src/membership/codec.ts';
import { type Message, NO_NONCE, type Opinion } from '../../src/membership/message.ts';
import { nameHash } from '../../src/membership/names.ts';

const QUESTION: Message = {
  kind: 'question',
  from: 'orders-7f9c.test',
  to: nameHash('billing-42.test'),
  bootId: '0123456789abcdef',
  seq: 7,
  nonce: 'fedcba9876543210',
  echo: NO_NONCE,
  sentAtMs: 1234.5,
  sentAtWallMs: 1_790_000_000_000.25,
  pausedMs: 12.3,
  progress: 99,
  digest: 0xdeadbeef,
  opinions: [],
  asks: [],
  extensions: [],
};
const ANSWER: Message = { ...QUESTION, kind: 'answer', receivedAtMs: 1230 };
const OPINION: Opinion = {
  about: nameHash('a'),
  vote: 'suspect',
  heardAgoMs: 1500,
  boot: '89abcdef',
};

/** IPv4 and UDP. */
const HEADER_BYTES = 20 + 8;
/** Truncated HMAC and the byte that says so: `collectors/heartbeat/seal.ts`. */
const SEAL_BYTES = 16 + 1;

describe('a question and its answer', () => {
  it('take at most 300 bytes together over UDP, headers and MAC included', () => {
    const bytes = [encode(QUESTION), encode(ANSWER)].map(
      ({ length }) => length + SEAL_BYTES + HEADER_BYTES,
    );
    expect(bytes).toEqual([138, 138]);
    expect(bytes[0]! + bytes[1]!).toBeLessThanOrEqual(300);
  });

  it('have one opinion within that', () => {
    const told = encode({ ...QUESTION, opinions: [OPINION] }).length + encode(ANSWER).length;
    expect(told + 2 * (SEAL_BYTES + HEADER_BYTES)).toBeLessThanOrEqual(300);
  });
});

describe('encode', () => {
  it('has the layout that its head describes', () => {
    const hex = Array.from(encode(ANSWER), (byte) => byte.toString(16).padStart(2, '0')).join('');
    expect(hex.slice(0, 6)).toBe('010110');
    const rest = hex.slice(6 + 2 * 16);
    expect(rest.slice(0, 16)).toBe(QUESTION.to);
    expect(rest.slice(16, 32)).toBe('0123456789abcdef');
    expect(rest.slice(32, 40)).toBe('00000007');
    expect(rest.slice(40, 72)).toBe(`fedcba9876543210${NO_NONCE}`);
    expect(rest.slice(72, 88)).toBe('40934a0000000000'); // 1234.5 as IEEE 754
    expect(rest.slice(104)).toBe('0000007b00000063deadbeef40933800000000000000');
  });

  it('saturates durations and rounds them', () => {
    const { message } = decode(
      encode({
        ...QUESTION,
        pausedMs: 1e12,
        opinions: [
          { ...OPINION, heardAgoMs: 1e12 },
          { ...OPINION, heardAgoMs: 1.6 },
          { ...OPINION, heardAgoMs: undefined },
        ],
      }),
    );
    expect(message?.pausedMs).toBe(429_496_729.5);
    expect(message?.opinions.map(({ heardAgoMs }) => heardAgoMs)).toEqual([
      0xffff_fffe,
      2,
      undefined,
    ]);
  });

  it.each<[string, Partial<Message>]>([
    ['from must be at most 128 bytes', { from: 'ä'.repeat(65) }],
    ['from must be', { from: 'a\nb' }],
    ['from must be', { from: '\ud800' }],
    ['to must be 16 hex digits', { to: 'ABCDEF0123456789' }],
    ['nonce must be 16 hex digits', { nonce: '0123' }],
    ['seq must be', { seq: 0 }],
    ['seq must be', { seq: 2 ** 32 }],
    ['seq must be', { seq: 1.5 }],
    ['sentAtMs must be', { sentAtMs: NaN }],
    ['sentAtMs must be', { sentAtMs: -1 }],
    ['sentAtWallMs must be', { sentAtWallMs: 1.1e15 }],
    ['pausedMs must be', { pausedMs: NaN }],
    ['progress must be', { progress: -1 }],
    ['digest must be', { digest: Infinity }],
    ['receivedAtMs must be', { receivedAtMs: 1 }],
    ['reason must be', { reason: 'crash' }],
    ['reason must be', { kind: 'notice' }],
    ['about must be', { about: QUESTION.to }],
    ['about must be', { kind: 'notice', reason: 'down' }],
    ['about must be', { kind: 'notice', reason: 'down', about: NO_NONCE }],
    ['receivedAtMs must be', { kind: 'answer' }],
    ['opinions must be at most 32', { opinions: Array<Opinion>(33).fill(OPINION) }],
    ['heardAgoMs must be', { opinions: [{ ...OPINION, heardAgoMs: -1 }] }],
    ['boot must be 8 hex digits', { opinions: [{ ...OPINION, boot: 'x'.repeat(8) }] }],
    ['asks must be at most 4', { asks: Array<string>(5).fill(NO_NONCE) }],
    ['type of an extension', { extensions: [{ type: 0, bytes: new Uint8Array() }] }],
    ['bytes of an extension', { extensions: [{ type: 1, bytes: new Uint8Array(257) }] }],
  ])('refuses what is out of range: %s', (words, wrong) => {
    expect(() => encode({ ...QUESTION, ...wrong })).toThrow(words);
  });
});

describe('decode', () => {
  it.each([
    [0, 'version 0 is older than ours, 1'],
    [2, 'version 2 is newer than ours, 1'],
    [255, 'version 255 is newer than ours, 1'],
  ])('names the version it does not know: %i', (version, error) => {
    const bytes = encode(QUESTION);
    bytes[0] = version;
    expect(decode(bytes)).toEqual({ error });
  });

  it.each<[string, number, number]>([
    ['kind is 3: unknown', 1, 3],
    ['from has 129 bytes, at most 128', 2, 129],
    ['from is no UTF-8 or has control characters', 3, 0xff],
    ['from is no UTF-8 or has control characters', 3, 10],
    ['sentAtMs is NaN: not a time from 0 to 1000000000000000 ms', 55, 0x7f],
    ['33 opinions, at most 32', 91, 33],
    ['5 asks, at most 4', 92, 5],
  ])('says what is wrong: %s', (error, at, value) => {
    const bytes = encode({ ...ANSWER });
    bytes[at] = value;
    if (at === 55) bytes[56] = 0xff;
    expect(decode(bytes)).toEqual({ error });
  });

  it('wants to know who is down', () => {
    const bytes = encode({ ...QUESTION, kind: 'notice', reason: 'goodbye' });
    expect(decode(bytes).message).toEqual({ ...QUESTION, kind: 'notice', reason: 'goodbye' });
    bytes[3 + 16 + 64] = 2;
    expect(decode(bytes)).toEqual({ error: 'about is nobody' });
  });

  it('wants numbers from 1', () => {
    const bytes = encode(QUESTION);
    bytes[3 + 16 + 16 + 3] = 0; // the last byte of seq
    expect(decode(bytes)).toEqual({ error: 'seq is 0: it counts from 1' });
  });

  it.each([
    ['Uint8Array', (size: number) => new Uint8Array(size)],
    ['Buffer', (size: number) => Buffer.alloc(size)],
  ])('takes a slice of a larger %s, and keeps nothing of it', (_, alloc) => {
    const extensions = [{ type: 9, bytes: new Uint8Array([1, 2, 3]) }];
    const bytes = encode({ ...ANSWER, extensions });
    const larger = alloc(bytes.length + 50).fill(7);
    larger.set(bytes, 20);
    const { message } = decode(larger.subarray(20, 20 + bytes.length));
    larger.fill(0);
    expect(message?.extensions).toStrictEqual(extensions);
  });

  it.each([
    ['an extension has 257 bytes, at most 256', [1, 1, 1, ...Array<number>(257).fill(0)]],
    ['more than 8 extensions', Array.from({ length: 9 }, () => [1, 0, 0]).flat()],
    ['something follows the padding', [0, 0, 1, 0, 0]],
    ['it ends within an extension: 95 bytes', [1]],
  ])('says what is wrong with extensions: %s', (error, more) => {
    const found = decode(new Uint8Array([...encode(ANSWER), ...more])).error;
    expect(found?.replace('length of an', 'an').replace(/\d+ bytes$/, '95 bytes')).toBe(
      error.replace(/\d+ bytes$/, '95 bytes'),
    );
  });
});

describe('fit', () => {
  const full: Message = {
    ...ANSWER,
    opinions: [OPINION, { ...OPINION, vote: 'left' }],
    asks: [NO_NONCE],
    extensions: [
      { type: 1, bytes: new Uint8Array(10) },
      { type: 2, bytes: new Uint8Array(10) },
    ],
  };
  const bare = encodedLength(ANSWER);

  it.each([
    ['everything', bare + 34 + 8 + 26, [2, 2, 1]],
    ['the last opinion', bare + 17 + 8 + 26, [1, 2, 1]],
    ['all opinions', bare + 8 + 26, [0, 2, 1]],
    ['an extension too', bare + 8 + 13, [0, 1, 1]],
    ['all extensions too', bare + 8, [0, 0, 1]],
    ['all', bare, [0, 0, 0]],
  ])('keeps or drops what it has to: %s', (_, maxBytes, left) => {
    const fitted = fit(full, maxBytes)!;
    expect([fitted.opinions.length, fitted.extensions.length, fitted.asks.length]).toEqual(left);
    expect(encode(fitted).length).toBeLessThanOrEqual(maxBytes);
  });

  it('gives nothing where not even the bare message fits', () => {
    expect(fit(full, bare - 1)).toBeUndefined();
  });
});
