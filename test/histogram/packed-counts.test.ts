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

  // By hand: two zeros are 3, five is 10; 300 is 600 = 0b100_1011000 → 0xd8 0x04; 2^32 − 1 is
  // 2^33 − 2 → fe ff ff ff 1f.
  it.each([
    [
      [0, 0, 5],
      [3, 10],
    ],
    [
      [7, 0, 300],
      [14, 1, 0xd8, 0x04],
    ],
    [[0xffff_ffff], [0xfe, 0xff, 0xff, 0xff, 0x1f]],
  ])('%j are the bytes %j', (counts, bytes) => {
    expect([...pack(Uint32Array.from(counts))]).toEqual(bytes);
    expect(unpack(Uint8Array.from(bytes), counts.length)).toEqual({ ok: true, counts });
  });

  it('count the zeros before a count in as many bytes as they need', () => {
    const counts = new Uint32Array(20_000);
    counts[19_999] = 1;
    // 39,997 = 0b10_0111000_0111101: low seven bits 0x3d, then 0x38, then 2.
    expect([...pack(counts)]).toEqual([0xbd, 0xb8, 0x02, 2]);
  });

  it('are added to what is there', () => {
    const counts = Uint32Array.from([1, 2, 3]);
    unpackInto(pack(Uint32Array.from([10, 0, 30])), counts);
    expect([...counts]).toEqual([11, 2, 33]);
  });

  it.each([
    ['end inside a number', [0x80]],
    ['end between the zeros and the count', [3]],
    ['end inside a count', [3, 0xff]],
    ['name a bucket beyond the last', [5, 2]],
    ['hold a number without an end', [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1]],
  ])('that %s are refused', (_what, bytes) => {
    expect(unpack(Uint8Array.from(bytes), 3).ok).toBe(false);
  });
});
