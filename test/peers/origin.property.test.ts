import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseOrigin, peerName } from '../../src/peers/origin.ts';
import { runs } from '../support/properties.ts';

describe('the peer of an origin', () => {
  it('is sought in anything without harm', () =>
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary' }), fc.webUrl({ size: 'xsmall' })),
        (origin) => {
          const found = parseOrigin(origin);
          return found === undefined || (found.port >= 0 && found.port < 65_536);
        },
      ),
      runs(100),
    ));

  it('is found again under its own name', () =>
    fc.assert(
      fc.property(
        fc.oneof(
          fc.domain(),
          fc.ipV4(),
          fc.ipV6().map((address) => `[${address}]`),
        ),
        fc.integer({ min: 1, max: 65_535 }),
        (host, port) => {
          const name = peerName(parseOrigin(`http://${host}:${port}`)!);
          expect(peerName(parseOrigin(`http://${name}`)!)).toBe(name);
        },
      ),
      runs(500),
    ));
});
