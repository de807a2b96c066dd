import { describe, expect, it } from 'vitest';
import { bucketEndMs, replyQuantileMs, survivalCurve } from '../../src/histogram.ts';
import { countsOf } from '../support/histograms.ts';

/**
 * Weeks of remission of 21 children with leukemia under 6-mercaptopurine: Freireich et al. 1963,
 * the example of Cox 1972 and of every textbook on survival since. `+` means still in remission.
 */
const RELAPSED = [6, 6, 6, 7, 10, 13, 16, 22, 23];
const STILL_WELL = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35];

/** A bucket is at most 1/128 wide: 1 % behind a step we are surely past it. */
const PAST = 1.01;

describe('the survival curve', () => {
  it.each([
    [6, 0.857],
    [7, 0.807],
    [10, 0.753],
    [13, 0.69],
    [16, 0.627],
    [22, 0.538],
  ])('is the textbook value after week %d: %d', (week, expected) => {
    const curve = survivalCurve(countsOf(RELAPSED, STILL_WELL))!;
    expect(curve.at(week * PAST)).toBeCloseTo(expected, 3);
  });

  it('ends at the last reply, with what is left unread', () => {
    const curve = survivalCurve(countsOf(RELAPSED, STILL_WELL))!;
    expect(curve).toMatchObject({ completed: 9, censored: 12 });
    expect(curve.unread).toBeCloseTo(0.448, 3);
    expect(curve.lastReplyMs).toBeGreaterThan(23);
    expect(curve.lastReplyMs).toBeLessThan(23 * PAST);
    expect(curve.quantileMs(0.4)).toBeUndefined();
  });

  it('has its quantiles where the textbook has them', () => {
    const curve = survivalCurve(countsOf(RELAPSED, STILL_WELL))!;
    const within = (ms: number | undefined, week: number) => {
      expect(ms).toBeGreaterThan(week);
      expect(ms).toBeLessThan(week * PAST);
    };
    within(curve.quantileMs(0.5), 23); // the median remission
    within(curve.quantileMs(0.69), 16); // S(13) is 0.6902: not yet at 0.69
    within(curve.quantileMs(0.6903), 13);
    within(curve.quantileMs(0.9), 6);
  });

  it('has the quantile of a share that its steps meet exactly', () => {
    // S is 0.1 after nine of ten; as a 32-bit number that is 0.100000001.
    const curve = survivalCurve(countsOf([10, 20, 30, 40, 50, 60, 70, 80, 90, 100]))!;
    expect(curve.quantileMs(0.1)).toBeCloseTo(90, -1);
    expect(curve.quantileMs(0.1)).toBeLessThan(90 * PAST);
  });

  it('is 1 before the first reply', () => {
    const curve = survivalCurve(countsOf(RELAPSED, STILL_WELL))!;
    expect([curve.at(0), curve.at(-3), curve.at(5.9)]).toEqual([1, 1, 1]);
  });

  it('without cut-offs is the share of the replies that took longer', () => {
    const curve = survivalCurve(countsOf([10, 20, 30, 40]))!;
    expect([9, 11, 21, 31].map((ms) => curve.at(ms))).toEqual([1, 0.75, 0.5, 0.25]);
  });

  it('is never 0: n replies do not show that there is no slower one', () => {
    expect(survivalCurve(countsOf([10, 20, 30, 40]))!.unread).toBeCloseTo(1 / 5, 6);
  });

  it('falls as t to the −2 beyond the last reply', () => {
    const curve = survivalCurve(countsOf([10, 20, 30, 40]))!;
    expect(curve.at(curve.lastReplyMs)).toBe(curve.unread);
    expect(curve.at(3 * curve.lastReplyMs)).toBeCloseTo(curve.unread / 9, 9);
  });

  it('takes replies before cut-offs within a bucket', () => {
    // Both in the bucket of 100 ms; the other way round the reply would have nobody beside it.
    expect(survivalCurve(countsOf([100], [100, 100, 100]))!.unread).toBeCloseTo(3 / 4, 6);
  });

  it('steps at the upper edge of a bucket', () => {
    const curve = survivalCurve(countsOf([0.1, 0.2]))!;
    expect(curve.at(0.1009)).toBe(1);
    expect(curve.at(bucketEndMs(100))).toBe(0.5);
  });

  it('is not there without a reply, however many were cut off', () => {
    expect(survivalCurve(countsOf([]))).toBeUndefined();
    expect(survivalCurve(countsOf([], [100, 200, 300]))).toBeUndefined();
  });

  it('is not pulled down by cut-offs, nor held up', () => {
    // 90 replies, 10 cut off at 50 ms: S(t) of the replies up to there, unread 10 % beyond.
    const replies = Array.from({ length: 90 }, (_, i) => 1 + i / 2);
    const curve = survivalCurve(countsOf(replies, Array<number>(10).fill(50)))!;
    expect(curve.unread).toBeCloseTo(0.1, 6);
    expect(curve.at(replies[44]! * PAST)).toBeCloseTo(0.55, 1);
  });
});

describe('the k-th fastest reply', () => {
  const curve = survivalCurve(countsOf([0.001, 0.002, 0.002], [0.0015, 100]))!;

  it('is the upper edge of its bucket', () => {
    expect([1, 2, 3].map((k) => curve.replyMs(k))).toEqual([0.002, 0.003, 0.003]);
  });

  it('is not there beyond the last, however many were cut off', () => {
    expect([4, 5, 6].map((k) => curve.replyMs(k))).toEqual([undefined, undefined, undefined]);
  });

  it('gives the quantiles of the replies alone', () => {
    expect([0, 0.33, 0.34, 1].map((q) => replyQuantileMs(curve, q))).toEqual([
      0.002, 0.002, 0.003, 0.003,
    ]);
  });
});
