import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hash32, membershipDigest, mix32, nameHash } from '../../src/membership/names.ts';
import { runs } from '../support/properties.ts';

const anyNames = fc.uniqueArray(fc.string(), { maxLength: 40 });

describe('the hash of a name', () => {
  it('is FNV-1a, mixed by the finaliser of murmur3', () => {
    // FNV-1a of "a" is e40c292c, of "" its offset basis 811c9dc5 (Fowler, Noll & Vo).
    expect(hash32('a')).toBe(mix32(0xe40c292c));
    expect(hash32('')).toBe(mix32(0x811c9dc5));
    // Murmur3's finaliser of 1.
    expect(mix32(1)).toBe(0x514e28b7);
    expect(mix32(0)).toBe(0);
  });

  it('is 16 hex digits, the same for the same name, on every node and in every version', () => {
    expect(nameHash('a')).toBe(nameHash(['a'].join('')));
    expect(nameHash('node-1:3000')).toMatch(/^[0-9a-f]{16}$/);
    expect(nameHash('a')).not.toBe(nameHash('b'));
  });

  it('differs among 10,000 names that look alike', () => {
    const names = Array.from({ length: 10_000 }, (_, i) => `10.0.${i >> 8}.${i & 255}:3000`);
    expect(new Set(names.map(nameHash)).size).toBe(10_000);
  });
});

describe('the digest of the members', () => {
  it('is the same in whatever order', () =>
    fc.assert(
      fc.property(
        anyNames.chain((names) => fc.tuple(fc.constant(names), shuffled(names))),
        ([names, others]) => {
          expect(membershipDigest(others)).toBe(membershipDigest(names));
        },
      ),
      runs(200),
    ));

  it('changes with each member that comes or goes', () =>
    fc.assert(
      fc.property(anyNames, fc.string(), (names, name) => {
        fc.pre(!names.includes(name));
        expect(membershipDigest([...names, name])).not.toBe(membershipDigest(names));
      }),
      runs(200),
    ));

  it('is an unsigned number of 32 bits', () => {
    for (const names of [[], ['a'], ['a', 'b'], ['x', 'y', 'z']]) {
      const digest = membershipDigest(names);
      expect(Number.isInteger(digest) && digest >= 0 && digest < 2 ** 32).toBe(true);
    }
  });
});

function shuffled<T>(list: readonly T[]): fc.Arbitrary<T[]> {
  return fc.shuffledSubarray([...list], { minLength: list.length });
}
