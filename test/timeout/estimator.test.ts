import { describe, expect, it } from 'vitest';
import { createTimeoutEstimator } from '../../src/timeout/index.ts';
import { Estimator } from '../../src/timeout/estimator.ts';
import { fed, feed, shuffledSteps } from '../support/observations.ts';

/** An upper edge lies at most so much above the value that it stands for. */
const EDGE = 1 + 1 / 128;

describe('what to arm', () => {
  it('is initialMs until there are data', () => {
    const estimator = createTimeoutEstimator({ initialMs: 1234 });
    expect(estimator.timeoutMs(0)).toBe(1234);
    feed(estimator, { count: 19, ms: 5 });
    expect(estimator.timeoutMs(1000)).toBe(1234);
    expect(estimator.timeoutMs(1e9)).toBe(1234);
  });

  it.each([
    [{ initialMs: 5, minMs: 50 }, 50],
    [{ initialMs: 9000, maxMs: 700 }, 700],
  ])('is never out of [minMs, maxMs], nor at first: %j', (options, expected) => {
    expect(createTimeoutEstimator(options).timeoutMs(0)).toBe(expected);
  });

  it('is the value of the advice', () => {
    const estimator = fed({ count: 5000, ms: shuffledSteps(5000, 0.1) });
    const { value } = estimator.advice(50_000);
    expect(estimator.timeoutMs(50_000)).toBe(value);
  });

  it('is raised at once by three timeouts in a row, and hardly by one', () => {
    const estimator = fed({ count: 4000, ms: shuffledSteps(4000, 0.01) });
    const before = estimator.timeoutMs(40_000);
    const wait = { count: 1, ms: before, outcome: 'timed-out' } as const;
    feed(estimator, { ...wait, fromMs: 40_000 });
    expect(estimator.timeoutMs(40_001)).toBeLessThan(1.1 * before);
    feed(estimator, { ...wait, count: 2, fromMs: 40_001, everyMs: 1 });
    expect(estimator.timeoutMs(40_003)).toBeGreaterThan(1.5 * before);
  });

  it('is raised also when the timer that cut them off fired a little early', () => {
    // Node's timers take whole milliseconds, and (a + b) − a is not b.
    const estimator = fed({ count: 4000, ms: 10 });
    feed(estimator, { count: 40, ms: 100.1, fromMs: 40_000, everyMs: 1 });
    const before = estimator.timeoutMs(40_040); // 100.352, the end of the bucket
    const ms = Math.trunc(before);
    feed(estimator, { count: 20, ms, outcome: 'timed-out', fromMs: 40_200, everyMs: 1 });
    expect(estimator.timeoutMs(40_300)).toBeGreaterThan(before);
  });

  it('stays when the window has emptied: an old value is better than none', () => {
    const estimator = fed({ count: 100, ms: 10 });
    const before = estimator.timeoutMs(1000);
    expect(estimator.timeoutMs(1e9)).toBe(before);
  });

  it('refuses to begin at no time at all', () => {
    const estimator = createTimeoutEstimator();
    expect(() => estimator.begin(NaN)).toThrow('startedAtMs must be finite; got NaN');
  });

  it('is not spoiled by one question with a time that is no number', () => {
    const asked = fed({ count: 3000, ms: 10 });
    const spared = fed({ count: 3000, ms: 10 });
    for (const question of [() => asked.timeoutMs(NaN), () => asked.advice(NaN)]) {
      try {
        question();
      } catch {
        // refusing is as good as answering
      }
    }
    for (const estimator of [asked, spared]) {
      estimator.advice(30_000);
      feed(estimator, { count: 50, ms: 10, outcome: 'failed', fromMs: 30_000 });
      feed(estimator, { count: 1000, ms: 40, fromMs: 40_000 });
    }
    expect(asked.advice(60_000)).toEqual(spared.advice(60_000));
    expect(asked.timeoutMs(60_000)).toBe(spared.timeoutMs(60_000));
  });
});

describe('the basis', () => {
  it('is insufficient below 20 replies, without a value', () => {
    const advice = fed({ count: 19, ms: 10 }).advice(190);
    expect(advice).toMatchObject({ basis: 'insufficient', value: undefined, n: 19 });
    expect(advice.expectedFalsePerDay).toBeUndefined();
  });

  it.each([[{}], [{ targetRate: 0.01 }]])(
    'is extrapolated from 20 on: beyond the slowest, at most twice as long: %j',
    (options) => {
      const estimator = fed({ count: 20, ms: shuffledSteps(20, 1) }, options);
      const { basis, value, upperBoundMs } = estimator.advice(200);
      expect({ basis, upperBoundMs }).toEqual({ basis: 'extrapolated', upperBoundMs: undefined });
      expect(value).toBeGreaterThan(20);
      expect(value).toBeLessThanOrEqual(2 * 20);
    },
  );

  it('is measured from the 2,995th reply on, with an upper bound: the slowest', () => {
    const estimator = fed({ count: 2994, ms: shuffledSteps(2994, 0.1) });
    expect(estimator.advice(29_940).basis).toBe('extrapolated');
    feed(estimator, { count: 1, ms: 250, fromMs: 29_940 });
    const { basis, value, upperBoundMs } = estimator.advice(29_950);
    expect(basis).toBe('measured');
    expect(value).toBeGreaterThan(0.95 * 299);
    expect(value).toBeLessThan(1.1 * 299);
    expect(upperBoundMs).toBeGreaterThanOrEqual(299.4);
    expect(upperBoundMs).toBeLessThanOrEqual(Math.max(value!, 299.4 * EDGE));
  });

  it('measured is the quantile, with the order statistics of Wilks for bounds', () => {
    // 93 replies of 1 … 93 ms at a target of 5 %: second largest above, fewer than 5 of 100 cut.
    const options = { targetRate: 0.05 };
    const advice = fed({ count: 93, ms: shuffledSteps(93, 1) }, options).advice(930);
    expect(advice.basis).toBe('measured');
    expect(advice.value).toBeGreaterThan(85.5); // 5 % of 94 are 4.7: 89.3, before calibration
    expect(advice.value).toBeLessThan(93);
    expect(advice.upperBoundMs).toBeGreaterThanOrEqual(92);
    expect(advice.upperBoundMs).toBeLessThanOrEqual(92 * EDGE);
    // P(X < 9) = 0.959, P(X < 8) = 0.904 for X binomial(93, 0.05): the ninth from the top, 85.
    expect(advice.lowerBoundMs).toBeGreaterThanOrEqual(85);
    expect(advice.lowerBoundMs).toBeLessThanOrEqual(85 * EDGE);
  });

  it('is censored when everything was cut off at the timeout, and the value is longer', () => {
    const estimator = fed({ count: 3000, ms: 10 });
    feed(estimator, { count: 3000, ms: 20, outcome: 'timed-out', fromMs: 30_000 });
    const { basis, value, upperBoundMs } = estimator.advice(60_000);
    expect({ basis, upperBoundMs }).toEqual({ basis: 'censored', upperBoundMs: undefined });
    expect(value).toBeGreaterThan(20);
    expect(value).toBeLessThanOrEqual(8 * 20);
  });

  it('claims no bound after a jump until the window is past it', () => {
    const estimator = fed({ count: 10_000, ms: shuffledSteps(10_000, 0.01) });
    feed(estimator, { count: 40_000, ms: shuffledSteps(39_989, 0.0025), fromMs: 100_000 });
    expect(estimator.advice(500_000).upperBoundMs).toBeDefined();
    feed(estimator, { count: 29_000, ms: shuffledSteps(28_999, 0.03), fromMs: 500_000 });
    const during = estimator.advice(790_000);
    const { lowerBoundMs, upperBoundMs } = during;
    expect({ lowerBoundMs, upperBoundMs }).toEqual({});
    expect(during.warnings.join()).toContain('replies jumped to another level');
    feed(estimator, { count: 2000, ms: shuffledSteps(1999, 0.4), fromMs: 790_000 });
    const after = estimator.advice(810_000);
    expect(after.upperBoundMs).toBeGreaterThanOrEqual(after.value!);
    expect(after.warnings).toEqual([]);
  });

  it('claims bounds again when the replies of a short slowdown are back at their level', () => {
    const estimator = fed({ count: 10_000, ms: shuffledSteps(10_000, 0.01) });
    feed(estimator, { count: 20, ms: 1000, fromMs: 100_000 });
    expect(estimator.advice(100_200).upperBoundMs).toBeUndefined();
    feed(estimator, { count: 1000, ms: shuffledSteps(1000, 0.1), fromMs: 100_200 });
    expect(estimator.advice(110_200).warnings.join()).not.toContain('another level');
  });

  it('gives no value below the median of the replies, however many gave up at once', () => {
    const estimator = fed({ count: 20, ms: 100 }, { targetRate: 0.5 });
    feed(estimator, { count: 30, ms: 105, outcome: 'cancelled', fromMs: 200 });
    feed(estimator, { count: 1000, ms: 0.001, outcome: 'cancelled', fromMs: 500 });
    const { basis, value } = estimator.advice(10_500);
    expect(basis).toBe('censored');
    expect(value).toBeGreaterThanOrEqual(100);
  });

  it('comes with the false timeouts that it will cost', () => {
    // 100 a second are 8.64 million a day, of which one in a thousand.
    const spread = fed({ count: 9000, ms: shuffledSteps(9000, 0.1) }).advice(90_000);
    expect(spread.expectedFalsePerDay! / 8640).toBeCloseTo(1, 1);
    // Held by the ceiling to 450 ms of 900, half of them.
    const held = fed({ count: 9000, ms: shuffledSteps(9000, 0.1) }, { maxMs: 450 }).advice(90_000);
    expect(held.expectedFalsePerDay! / 4_320_000).toBeCloseTo(1, 1);
    // Alike, beyond the slowest of 3,000 are fewer, but no fewer than 1 in 3,001.
    const { expectedFalsePerDay } = fed({ count: 3000, ms: 10 }).advice(30_000);
    expect(expectedFalsePerDay).toBeGreaterThan(8_640_000 / 3002);
    expect(expectedFalsePerDay).toBeLessThan(8640.1);
  });

  it('is censored, without a bound, when the few that would be the slowest were cut off', () => {
    // 3,000 replies have one bound: their slowest. Three are cut off there, within the target.
    const estimator = fed({ count: 2700, ms: shuffledSteps(3000, 0.1) });
    for (let i = 0; i < 3; i++) {
      const fromMs = 27_000 + i * 1010;
      feed(estimator, { count: 1, ms: 299.9, outcome: 'timed-out', fromMs });
      const ms = (j: number) => shuffledSteps(3000, 0.1)(2700 + 100 * i + j);
      feed(estimator, { count: 100, ms, fromMs: fromMs + 10 });
    }
    const { basis, value, upperBoundMs, achievedRate } = estimator.advice(30_030);
    expect({ basis, upperBoundMs }).toEqual({ basis: 'censored', upperBoundMs: undefined });
    // More than the target in so short a time: it goes on from the slowest seen, but not far.
    expect(achievedRate).toBeGreaterThan(0.001);
    expect(value).toBeGreaterThan(299.9);
    expect(value).toBeLessThanOrEqual(2 * 300);
  });

  it('is measured also while young requests are on their way', () => {
    const estimator = fed({ count: 3000, ms: shuffledSteps(3000, 0.1) });
    estimator.begin(29_999);
    const { basis, upperBoundMs } = estimator.advice(30_000);
    expect(basis).toBe('measured');
    expect(upperBoundMs).toBeGreaterThanOrEqual(299);
  });

  it('is forgotten with the window', () => {
    const estimator = fed({ count: 3000, ms: 10 });
    expect(estimator.advice(30_000).n).toBe(3000);
    expect(estimator.advice(400_000)).toMatchObject({ basis: 'insufficient', n: 0 });
  });
});

describe('requests on their way', () => {
  it('raise the value as they age', () => {
    const estimator = fed({ count: 100, ms: 10 });
    const settled = estimator.advice(1000).value!;
    for (let i = 0; i < 30; i++) estimator.begin(1000);
    const after2s = estimator.advice(3000).value!;
    const after8s = estimator.advice(9000).value!;
    expect(after2s).toBeGreaterThan(settled);
    expect(after2s).toBeGreaterThan(2000);
    expect(after8s).toBeGreaterThan(8000);
  });

  it('lower the survival of nothing: S of a silence rises with them', () => {
    const estimator = fed({ count: 100, ms: 10 });
    const before = estimator.survival(20)!;
    for (let i = 0; i < 30; i++) estimator.begin(1000);
    estimator.advice(3000);
    expect(estimator.survival(20)).toBeGreaterThan(before);
  });

  it('count as cut off until they end', () => {
    const estimator = createTimeoutEstimator();
    const one = estimator.begin(0);
    expect(estimator.advice(5)).toMatchObject({ n: 0, censored: 1 });
    one.end({ atMs: 7, durationMs: 7, outcome: 'completed' });
    expect(estimator.advice(10)).toMatchObject({ n: 1, censored: 0 });
  });

  it('end once', () => {
    const estimator = createTimeoutEstimator();
    const one = estimator.begin(0);
    one.end({ atMs: 7, durationMs: 7, outcome: 'completed' });
    one.end({ atMs: 9, durationMs: 9, outcome: 'completed' });
    one.drop();
    expect(estimator.advice(10)).toMatchObject({ n: 1, censored: 0 });
  });

  it('that are dropped were never there', () => {
    const estimator = createTimeoutEstimator();
    const one = estimator.begin(0);
    estimator.begin(1);
    one.drop();
    one.drop();
    one.end({ atMs: 9, durationMs: 9, outcome: 'completed' });
    expect(estimator.advice(10)).toMatchObject({ n: 0, censored: 1, lossRate: undefined });
  });

  it('are not charged with our own pauses', () => {
    const paused = (fromMs: number, toMs: number) =>
      Math.max(0, Math.min(toMs, 9000) - Math.max(fromMs, 1100));
    const charged = new Estimator({});
    const spared = new Estimator({}, paused);
    for (const estimator of [charged, spared]) {
      feed(estimator, { count: 100, ms: 10 });
      for (let i = 0; i < 30; i++) estimator.begin(1000);
    }
    expect(charged.advice(9000).value).toBeGreaterThan(8000);
    expect(spared.advice(9000).value).toBeLessThan(300);
  });
});

describe('endings', () => {
  it('that failed change the loss rate and nothing else', () => {
    const spared = fed({ count: 3000, ms: shuffledSteps(3000, 0.1) });
    const hit = fed({ count: 3000, ms: shuffledSteps(3000, 0.1) });
    feed(hit, { count: 1000, ms: 30_000, outcome: 'failed' });
    const after = hit.advice(30_000);
    expect(after.lossRate).toBe(0.25);
    expect(after).toEqual({
      ...spared.advice(30_000),
      lossRate: 0.25,
      warnings: ['25 % of the requests failed and never get a reply'],
    });
    expect(hit.survival(123)).toBe(spared.survival(123));
  });

  it('that were cancelled count as longer than they lasted', () => {
    const estimator = fed({ count: 90, ms: shuffledSteps(90, 1) });
    feed(estimator, { count: 10, ms: 50, outcome: 'cancelled' });
    expect(estimator.advice(1000)).toMatchObject({ n: 90, censored: 10 });
    // At 70 ms: 49 of 100 replied by 49, then 50 of which 10 leave at 50; of the rest 20 by 69.
    expect(estimator.survival(69.99)).toBeGreaterThan(21 / 90);
  });

  it('that overlapped a pause of our own do not inflate the value', () => {
    const spared = fed({ count: 4000, ms: shuffledSteps(4000, 0.05) });
    const paused = fed({ count: 4000, ms: shuffledSteps(4000, 0.05) });
    const late = (i: number) => shuffledSteps(4000, 0.05)(i) + 5000;
    feed(paused, { count: 40, ms: late, localPauseMs: 5000, fromMs: 40_000 });
    const [plain, other] = [spared.advice(40_400), paused.advice(40_400)];
    expect(other.n).toBe(plain.n);
    expect(other.value! / plain.value!).toBeLessThan(2.1);
    expect(other.warnings).toContain('40 requests overlapped pauses of our own process');
  });

  it.each([
    { atMs: NaN, durationMs: 5 },
    { atMs: Infinity, durationMs: 5 },
    { atMs: 5, durationMs: NaN },
    { atMs: 5, durationMs: -1 },
  ])('that make no sense are left out: %j', (numbers) => {
    const estimator = fed({ count: 1, ms: 5 });
    estimator.observe({ ...numbers, outcome: 'completed' });
    expect(estimator.advice(10)).toMatchObject({ n: 1, censored: 0 });
  });
});

describe('replies that come in bursts', () => {
  function slowEvery(period: number, length: number): Estimator {
    const estimator = new Estimator({});
    for (let i = 0; i < 20_000; i++) {
      const slow = i % period < length;
      estimator.timeoutMs(i * 10);
      const durationMs = slow ? 100 + (i % 17) : 10 + (i % 5);
      estimator.observe({ atMs: i * 10, durationMs, outcome: 'completed' });
    }
    return estimator;
  }

  it('are worth fewer than their number', () => {
    // 2 % slow each time: in runs of 20, or one by one.
    const bursts = slowEvery(1000, 20).advice(200_000);
    const apart = slowEvery(50, 1).advice(200_000);
    expect(bursts.nEffective).toBeLessThan(bursts.n / 5);
    expect(apart.nEffective).toBe(apart.n);
    expect(bursts.warnings.join()).toMatch(/slow replies come in bursts: 20,000 are worth /);
  });

  it('widen the bounds', () => {
    const bursts = slowEvery(1000, 20).advice(200_000);
    const apart = slowEvery(50, 1).advice(200_000);
    expect(bursts.upperBoundMs ?? Infinity).toBeGreaterThan(apart.upperBoundMs!);
    expect(bursts.lowerBoundMs ?? 0).toBeLessThanOrEqual(apart.lowerBoundMs!);
  });
});
