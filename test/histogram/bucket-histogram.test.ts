import { describe, expect, it } from 'vitest';
import { BucketHistogram } from '../../src/histogram/bucket-histogram.ts';

describe('a cumulative histogram', () => {
  it('counts a value on a boundary below it, as Prometheus reads `le`', () => {
    const histogram = new BucketHistogram([1, 2, 4]);
    for (const value of [0, 1, 1.5, 2, 4, 4.5, 100]) histogram.record(value);
    expect(histogram.counts).toEqual([2, 2, 1, 2]);
    expect(histogram.count).toBe(7);
    expect(histogram.sum).toBe(113);
  });

  it('without boundaries has the one bucket that has none', () => {
    const histogram = new BucketHistogram([]);
    histogram.record(3);
    expect(histogram.counts).toEqual([1]);
  });
});
