/** Names of members as numbers, so that messages stay small and all nodes reckon alike. */

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** 32 bits of FNV-1a over UTF-16 units, well mixed (murmur3's finaliser). */
export function hash32(text: string, seed = 0): number {
  let hash = FNV_OFFSET ^ seed;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), FNV_PRIME);
  return mix32(hash);
}

/** Each bit of the input moves half of the bits of the output. */
export function mix32(value: number): number {
  let hash = value ^ (value >>> 16);
  hash = Math.imul(hash, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** 16 hex digits: with 10,000 members, the chance that two share one is 3e-12. */
export function nameHash(name: string): string {
  return hex8(hash32(name)) + hex8(hash32(name, 0x9e3779b9));
}

/** The same for the same members in whatever order. */
export function membershipDigest(names: Iterable<string>): number {
  let sum = 0;
  let mixed = 0;
  for (const name of names) {
    const hash = hash32(name, 0x7f4a7c15);
    sum = (sum + hash) >>> 0;
    mixed ^= mix32(hash);
  }
  return mix32(sum ^ mixed);
}

function hex8(value: number): string {
  return value.toString(16).padStart(8, '0');
}
