import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSeal } from '../../../collectors/heartbeat/seal.ts';
import { DATAGRAM_BYTES_MAX, Wire } from '../../../collectors/heartbeat/wire.ts';
import { anyMessage } from '../../membership/codec-arbitraries.ts';
import { runs } from '../../support/properties.ts';
import { question, SECRET } from './support.ts';

const wire = new Wire(createSeal(SECRET), DATAGRAM_BYTES_MAX);

describe('a wire', () => {
  it('packs no more than it may, and no less than was asked for where there is room', () => {
    const sizes = fc.record({
      minBytes: fc.nat(2000),
      maxBytes: fc.integer({ min: 50, max: 3000 }),
    });
    fc.assert(
      fc.property(anyMessage, sizes, (message, { minBytes, maxBytes }) => {
        const bytes = wire.pack(message, { minBytes, maxBytes });
        if (!bytes) return;
        const room = Math.min(maxBytes, DATAGRAM_BYTES_MAX);
        expect(bytes.length).toBeLessThanOrEqual(room);
        expect(bytes.length).toBeGreaterThanOrEqual(Math.min(minBytes, room - 2));
        expect(wire.unpack(bytes).message).toMatchObject({ nonce: message.nonce });
      }),
      runs(300),
    );
  });

  it('always packs a bare question', () => {
    const message = question('x'.repeat(128), 'b');
    expect(wire.pack(message, { maxBytes: DATAGRAM_BYTES_MAX, minBytes: 1e9 })?.length).toBe(1398);
  });

  it('looks at the size before anything else', () => {
    const bytes = new Uint8Array(DATAGRAM_BYTES_MAX + 1).fill(0xd1);
    expect(wire.unpack(bytes)).toEqual({
      reason: 'too-long',
      why: '1401 bytes, at most 1400',
    });
  });

  it('says why it does not take something', () => {
    const old = createSeal(SECRET).seal(new Uint8Array([9, 0, 0]));
    expect(wire.unpack(old)).toEqual({
      reason: 'undecodable',
      why: 'version 9 is newer than ours, 1',
    });
    expect(wire.unpack(createSeal('other').seal(new Uint8Array([1])))).toMatchObject({
      reason: 'bad-mac',
      why: expect.stringContaining('TARDY_SECRET') as string,
    });
  });
});
