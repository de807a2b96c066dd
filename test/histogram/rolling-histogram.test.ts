import { describe, expect, it } from 'vitest';
import {
  BUCKET_COUNT,
  bucketLow,
  Counts,
  RollingHistogram,
  survivalCurve,
} from '../../src/histogram.ts';
import { sum } from '../../src/histogram/counts.ts';
import { contentsOf } from '../support/histograms.ts';

const WINDOW_MS = 600;
/** What the slices of one histogram may take, beside the newest counts. */
const PACKED_BYTES_MAX = 10 * 1024;

function packedBytes(histogram: RollingHistogram): number {
  return sum(histogram.slices().map((slice) => slice.packed.length));
}

describe('a rolling histogram', () => {
  it.each([0, -1, NaN])('of a window of %d ms is refused', (windowMs) => {
    expect(() => new RollingHistogram(windowMs)).toThrow(
      expect.objectContaining({
        code: 'ERR_TARDY_ARGUMENT',
        message: `windowMs must be a number of milliseconds > 0; got ${windowMs}`,
      }),
    );
  });

  it('keeps replies and cut-offs apart', () => {
    const histogram = new RollingHistogram(WINDOW_MS);
    histogram.record(0, 0.01, false);
    histogram.record(0, 0.01, true);
    histogram.record(0, 0.02, true);
    expect([histogram.completed, histogram.censored]).toEqual([1, 2]);
    const { completed, censored } = contentsOf(histogram);
    expect([completed[10], completed[20]]).toEqual([1, 0]);
    expect([censored[10], censored[20]]).toEqual([1, 1]);
  });

  it('counts on over 255 in a bucket', () => {
    const histogram = new RollingHistogram(WINDOW_MS);
    for (let i = 0; i < 1000; i++) histogram.record(0, 0.07, false);
    for (let i = 0; i < 600; i++) histogram.record(0, 0.07, true);
    const { completed, censored } = contentsOf(histogram);
    expect([completed[70], censored[70]]).toEqual([1000, 600]);
    expect([histogram.completed, histogram.censored]).toEqual([1000, 600]);
  });

  it('adds to the counts that are there', () => {
    const histogram = new RollingHistogram(WINDOW_MS);
    histogram.record(0, 0.03, false);
    const counts = contentsOf(histogram);
    histogram.addTo(counts);
    expect(counts.completed[30]).toBe(2);
  });

  it('ignores NaN and clamps what no bucket holds', () => {
    const histogram = new RollingHistogram(WINDOW_MS);
    for (const ms of [NaN, -1, -Infinity, Infinity, 1e12]) histogram.record(0, ms, false);
    const { completed } = contentsOf(histogram);
    expect(histogram.completed).toBe(4);
    expect([completed[0], completed.at(-1)]).toEqual([2, 2]);
  });

  it('joins a reply from the past to the newest slice', () => {
    const histogram = new RollingHistogram(WINDOW_MS);
    histogram.record(10_000, 0.01, false);
    histogram.record(3, 0.02, false);
    histogram.advance(10_599);
    expect(histogram.completed).toBe(2);
  });

  it.each([NaN, Infinity, -Infinity])('takes no harm from the time %d', (nowMs) => {
    const histogram = new RollingHistogram(WINDOW_MS);
    histogram.record(100, 0.01, false);
    histogram.advance(nowMs);
    expect(histogram.completed).toBe(1);
    histogram.advance(2000);
    expect(histogram.completed).toBe(0);
  });
});

describe('its window', () => {
  it('forgets a slice when the youngest that it may hold has left', () => {
    const histogram = new RollingHistogram(WINDOW_MS);
    histogram.record(0, 0.01, false);
    histogram.record(99, 0.02, false);
    histogram.record(100, 0.03, true);
    histogram.advance(699);
    expect([histogram.completed, histogram.censored]).toEqual([2, 1]);
    histogram.advance(700);
    expect([histogram.completed, histogram.censored]).toEqual([0, 1]);
    histogram.advance(800);
    expect([histogram.completed, histogram.censored]).toEqual([0, 0]);
  });

  it('forgets in time also where six slices are no whole numbers', () => {
    const histogram = new RollingHistogram(1000);
    let at = 0;
    for (const gap of [1 / 3, 1 / 3, 1, 1, 1 / 6, 1 / 6]) {
      histogram.record((at += gap) * 1000, 0.01, false);
    }
    // Now is 3,000; the third was at 1,666.7 and is more than a slice out of the window.
    expect(histogram.completed).toBe(3);
  });

  it('is empty after a long silence', () => {
    const histogram = new RollingHistogram(WINDOW_MS);
    for (let atMs = 0; atMs < WINDOW_MS; atMs += 10) histogram.record(atMs, 5, false);
    histogram.advance(1e9);
    expect(histogram.completed).toBe(0);
    expect(sum(contentsOf(histogram).all)).toBe(0);
    expect(histogram.slices()).toEqual([]);
  });

  /** 1,500 requests a slice over three decades: 900 buckets, as a busy route fills them. */
  function busySlice(histogram: RollingHistogram, slice: number, fastestMs: number): void {
    for (let i = 0; i < 1500; i++) {
      histogram.record(slice * 100 + i / 15, fastestMs * 1.005 ** i, i % 10 === 0);
    }
  }

  it('forgets the past of a busy route too', () => {
    const histogram = new RollingHistogram(WINDOW_MS);
    for (let slice = 0; slice < 50; slice++) busySlice(histogram, slice, 0.3);
    // The window is six slices, and one more for the slice that is only partly out of it.
    expect(histogram.completed + histogram.censored).toBeLessThanOrEqual(7 * 1500);
    expect(histogram.completed + histogram.censored).toBeGreaterThanOrEqual(6 * 1500);
  });

  it('follows a busy route down when a slow time is over', () => {
    const histogram = new RollingHistogram(WINDOW_MS);
    for (let slice = 0; slice < 10; slice++) busySlice(histogram, slice, 3);
    for (let slice = 10; slice < 20; slice++) busySlice(histogram, slice, 0.3);
    const slowestMs = 0.3 * 1.005 ** 1500;
    expect(survivalCurve(contentsOf(histogram))!.lastReplyMs).toBeLessThan(1.1 * slowestMs);
  });
});

describe('its memory', () => {
  it('stays bounded when every bucket is filled, and no count is lost', () => {
    const histogram = new RollingHistogram(WINDOW_MS);
    for (let i = 0; i < 60_000; i++) histogram.record(i / 1000, 0.002 * 1.0004 ** i, i % 3 === 0);
    expect(packedBytes(histogram)).toBeLessThanOrEqual(PACKED_BYTES_MAX);
    expect(histogram.completed).toBe(40_000);
    expect(histogram.censored).toBe(20_000);
    const { completed, censored } = contentsOf(histogram);
    expect([sum(completed), sum(censored)]).toEqual([40_000, 20_000]);
  });

  it('stays bounded over many slices', () => {
    const histogram = new RollingHistogram(WINDOW_MS);
    for (let i = 0; i < 60_000; i++) histogram.record(i / 100, 0.002 * 1.0004 ** i, i % 3 === 0);
    expect(packedBytes(histogram)).toBeLessThanOrEqual(PACKED_BYTES_MAX);
    expect(sum(contentsOf(histogram).all)).toBe(60_000);
  });

  /** Every bucket of both kinds in six slices: several times the memory, if nothing gave way. */
  function crowded(): { histogram: RollingHistogram; exact: Counts } {
    const histogram = new RollingHistogram(WINDOW_MS);
    const exact = new Counts();
    for (let i = 0; i < 120_000; i++) {
      const index = i % BUCKET_COUNT;
      const isCensored = Math.floor(i / BUCKET_COUNT) % 2 === 1;
      histogram.record(i / 200, bucketLow(index) / 1000, isCensored);
      (isCensored ? exact.censored : exact.completed)[index]! += 1;
    }
    histogram.slices(); // packs
    return { histogram, exact };
  }

  it('makes no reply look faster and no cut-off look longer to save bytes', () => {
    const { histogram, exact } = crowded();
    const { completed, censored } = contentsOf(histogram);
    expect(completed).not.toEqual(exact.completed);
    const upTo = { completed: 0, censored: 0, kept: 0, cut: 0 };
    for (let i = 0; i < BUCKET_COUNT; i++) {
      upTo.completed += exact.completed[i]!;
      upTo.censored += exact.censored[i]!;
      upTo.kept += completed[i]!;
      upTo.cut += censored[i]!;
      expect(upTo.kept).toBeLessThanOrEqual(upTo.completed);
      expect(upTo.cut).toBeGreaterThanOrEqual(upTo.censored);
    }
    expect([upTo.kept, upTo.cut]).toEqual([upTo.completed, upTo.censored]);
  });

  it('is shared by the slices: none gives up all of its resolution for the others', () => {
    const sizes = crowded()
      .histogram.slices()
      .map(({ packed }) => packed.length);
    expect(sizes).toHaveLength(6);
    expect(Math.max(...sizes)).toBeLessThan(3 * Math.min(...sizes));
  });
});

describe('merging', () => {
  it('lets each count expire in its own time', () => {
    const old = new RollingHistogram(WINDOW_MS);
    old.record(0, 0.01, false);
    const young = new RollingHistogram(WINDOW_MS);
    young.record(500, 0.02, false);
    young.merge(old.slices());
    young.advance(699);
    expect(young.completed).toBe(2);
    young.advance(700);
    expect(young.completed).toBe(1);
    expect(contentsOf(young).completed[20]).toBe(1);
  });

  it('of slices that are shorter joins them, to expire with the last', () => {
    const short = new RollingHistogram(WINDOW_MS / 2);
    short.record(10, 0.01, false);
    short.record(60, 0.02, false);
    const long = new RollingHistogram(WINDOW_MS);
    long.merge(short.slices());
    expect(long.slices()).toHaveLength(1);
    long.advance(655);
    expect(long.completed).toBe(2);
    long.advance(700);
    expect(long.completed).toBe(0);
  });

  it('keeps the counts that are not packed yet', () => {
    const a = new RollingHistogram(WINDOW_MS);
    const b = new RollingHistogram(WINDOW_MS);
    a.record(0, 0.01, false);
    b.record(0, 0.02, true);
    a.merge(b.slices());
    a.record(1, 0.03, false);
    expect([a.completed, a.censored]).toEqual([2, 1]);
    expect(sum(contentsOf(a).all)).toBe(3);
  });

  it('of what has left the window brings nothing back', () => {
    const old = new RollingHistogram(WINDOW_MS);
    old.record(0, 0.01, false);
    const young = new RollingHistogram(WINDOW_MS);
    young.record(1_000_000, 0.02, false);
    young.merge(old.slices());
    expect(young.completed).toBe(1);
  });

  it('of many leaves the memory bounded and loses no count', () => {
    const all = new RollingHistogram(WINDOW_MS);
    for (let peer = 0; peer < 200; peer++) {
      const one = new RollingHistogram(WINDOW_MS);
      for (let i = 0; i < 50; i++) one.record(i * 10, 0.1 * 1.0014 ** (peer * 50 + i), i % 5 === 0);
      all.merge(one.slices());
    }
    expect(packedBytes(all)).toBeLessThanOrEqual(PACKED_BYTES_MAX);
    expect(all.slices()).toHaveLength(5); // 0 … 490 ms
    expect([all.completed, all.censored]).toEqual([8000, 2000]);
    expect(sum(contentsOf(all).all)).toBe(10_000);
  });

  it('does not change the histogram that it came from', () => {
    const a = new RollingHistogram(WINDOW_MS);
    const b = new RollingHistogram(WINDOW_MS);
    a.record(0, 0.01, false);
    b.record(0, 0.02, false);
    a.merge(b.slices());
    a.record(1, 0.01, false);
    expect(b.completed).toBe(1);
    expect(sum(contentsOf(b).all)).toBe(1);
  });
});
