import { describe, expect, it } from 'vitest';
import { pack, unpackInto } from '../../src/histogram/packed-counts.ts';

function unpack(packed: Uint8Array, length: number): { ok: boolean; counts: number[] } {
  const counts = new Uint32Array(length);
  const ok = unpackInto(packed, counts);
  return { ok, counts: [...counts] };
}

describe('packed counts', () => {
  it('of nothing are no bytes', () => {
    expect(pack(new Uint32Array(1000))).toHaveLength(0);
    expect(unpack(new Uint8Array(0), 3)).toEqual({ ok: true, counts: [0, 0, 0] });
  });

  // LEB128 by hand: 300 = 0b10_0101100 → 0xac 0x02; 2^32 − 1 → ff ff ff ff 0f.
  it.each([
    [
      [0, 0, 5],
      [2, 5],
    ],
    [
      [7, 0, 300],
      [0, 7, 1, 0xac, 0x02],
    ],
    [[0xffff_ffff], [0, 0xff, 0xff, 0xff, 0xff, 0x0f]],
  ])('%j are the bytes %j', (counts, bytes) => {
    expect([...pack(Uint32Array.from(counts))]).toEqual(bytes);
    expect(unpack(Uint8Array.from(bytes), counts.length)).toEqual({ ok: true, counts });
  });

  it('count the zeros before a count in as many bytes as they need', () => {
    const counts = new Uint32Array(20_000);
    counts[19_999] = 1;
    // 19,999 = 0b1_0011100_0011111: low seven bits 0x1f, then 0x1c, then 1.
    expect([...pack(counts)]).toEqual([0x9f, 0x9c, 0x01, 1]);
  });

  it('are added to what is there', () => {
    const counts = Uint32Array.from([1, 2, 3]);
    unpackInto(pack(Uint32Array.from([10, 0, 30])), counts);
    expect([...counts]).toEqual([11, 2, 33]);
  });

  it.each([
    ['end inside a number', [0x80]],
    ['end between the zeros and the count', [2]],
    ['end inside a count', [0, 0xff]],
    ['name a bucket beyond the last', [3, 1]],
    ['hold a number without an end', [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1]],
  ])('that %s are refused', (_what, bytes) => {
    expect(unpack(Uint8Array.from(bytes), 3).ok).toBe(false);
  });
});
