import { describe, expect, it } from 'vitest';
import { Silence } from '../../src/detector/silence.ts';

/** Due at 100, with these pauses. */
function due100(...pauses: readonly (readonly [number, number])[]): Silence {
  const silence = new Silence();
  silence.expect(100);
  for (const [fromMs, toMs] of pauses) silence.paused(fromMs, toMs);
  return silence;
}

describe('a silence', () => {
  it('lasts from when the sign of life was due', () => {
    expect(due100().lastedMs(150)).toBe(50);
    expect(due100().lastedMs(90)).toBe(-10);
    expect(due100().instantMs(50)).toBe(150);
  });

  it('does not count what we slept through', () => {
    const silence = due100([120, 170]);
    expect(silence.lastedMs(120)).toBe(20);
    expect(silence.lastedMs(150)).toBe(20);
    expect(silence.lastedMs(170)).toBe(20);
    expect(silence.lastedMs(200)).toBe(50);
    expect(silence.pausedMs(200)).toBe(50);
  });

  it('counts a pause only from when the sign of life was due', () => {
    expect(due100([50, 130]).lastedMs(150)).toBe(20);
    expect(due100([50, 100]).lastedMs(150)).toBe(50);
  });

  it.each([
    ['overlap', [120, 150], [140, 170]],
    ['the other way round', [140, 170], [120, 150]],
    ['touch', [120, 140], [140, 170]],
    ['lie within one another', [120, 170], [130, 140]],
    ['grow', [120, 140], [120, 170]],
    ['are told twice', [120, 170], [120, 170]],
  ] as const)('counts pauses once that %s', (_, one, other) => {
    const silence = due100(one, other);
    expect(silence.lastedMs(200)).toBe(50);
    expect(silence.instantMs(50)).toBe(200);
  });

  it('adds up pauses apart from one another', () => {
    const silence = due100([120, 130], [150, 160]);
    expect(silence.lastedMs(200)).toBe(80);
    expect(silence.instantMs(10)).toBe(110);
    expect(silence.instantMs(30)).toBe(140);
    expect(silence.instantMs(80)).toBe(200);
  });

  it('a gap that two pauses have around it is bridged by a third', () => {
    expect(due100([110, 120], [140, 150], [115, 145]).lastedMs(200)).toBe(60);
  });

  it('ignores a span that ends before it begins, and NaN', () => {
    expect(due100([170, 120], [NaN, 150], [120, NaN], [130, 130]).lastedMs(200)).toBe(100);
  });

  it('forgets pauses that were over when the next sign of life was due', () => {
    const silence = due100([120, 130], [150, 160]);
    silence.expect(140);
    expect(silence.lastedMs(170)).toBe(20);
    expect(silence.sinceMs).toBe(140);
  });
});
