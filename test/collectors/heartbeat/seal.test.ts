import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSeal } from '../../../collectors/heartbeat/seal.ts';
import { runs } from '../../support/properties.ts';
import { SECRET } from './support.ts';

const sealed = createSeal(SECRET);
const plain = createSeal();
const BYTES = new Uint8Array([1, 2, 3]);

describe('a seal', () => {
  it('is the first 16 bytes of HMAC-SHA256 over all before them, with a key made of the secret', () => {
    const key = createHmac('sha256', SECRET).update('tardy heartbeat 1').digest();
    const mac = createHmac('sha256', key)
      .update(Buffer.from([0xd1, 1, 2, 3]))
      .digest();
    expect(Buffer.from(sealed.seal(BYTES)).toString('hex')).toBe(
      `d1010203${mac.toString('hex', 0, 16)}`,
    );
    expect(Buffer.from(plain.seal(BYTES)).toString('hex')).toBe('d0010203');
  });

  it.each([
    ['with a secret', sealed],
    ['without', plain],
  ])('gives back what was sealed, in so many bytes more: %s', (_, seal) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const closed = seal.seal(bytes);
        expect(closed.length).toBe(bytes.length + seal.extraBytes);
        expect(seal.open(closed)).toEqual({ bytes });
      }),
      runs(50),
    );
  });

  it('tells who has a secret and who has not', () => {
    expect(sealed.open(plain.seal(BYTES))).toEqual({ reason: 'unsealed' });
    expect(plain.open(sealed.seal(BYTES))).toEqual({ reason: 'sealed' });
    expect(createSeal('another').open(sealed.seal(BYTES))).toEqual({ reason: 'bad-mac' });
    expect([sealed.authentic, plain.authentic]).toEqual([true, false]);
  });

  it('does not open after any change', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 100 }),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (bytes, at, flip) => {
          const closed = sealed.seal(bytes);
          closed[at % closed.length]! ^= flip;
          expect(sealed.open(closed).bytes).toBeUndefined();
        },
      ),
      runs(200),
    );
  });

  it('does not open what nobody sealed', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(sealed.open(bytes).bytes).toBeUndefined();
      }),
      runs(200),
    );
    expect(plain.open(new Uint8Array())).toEqual({ reason: 'foreign' });
    expect(plain.open(new Uint8Array([7]))).toEqual({ reason: 'foreign' });
  });

  it('refuses a secret that is empty', () => {
    expect(() => createSeal('')).toThrow(/TARDY_SECRET/);
  });
});
