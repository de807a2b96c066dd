import { describe, expect, it } from 'vitest';
import { planQos, type QosRequest } from '../../src/detector/qos.ts';

const DAY_MS = 86_400_000;

/** The example of Chen, Toueg & Aguilera 2002: detect in 30 s, a mistake a month, of a minute. */
const CHEN: QosRequest = {
  detectWithinMs: 30_000,
  mistakeEveryMs: 30 * DAY_MS,
  mistakeLastsMs: 60_000,
  lossRate: 0.01,
};

/** The third beat has the least time: with it f passes 30 days, 2.592e9 ms. */
describe('a plan', () => {
  it('is the published one if only the variance is known', () => {
    // Paper: η = 9.71 s, δ = 20.29 s for V = 0.02 s². By hand, x = 30,000 − 3 × 9710 = 870:
    // (20,000 + 0.01 × 870²) / (20,000 + 870²) = 0.035513, of 10,580 (20,290): 0.010122 (0.010048),
    // 9710 / (0.035513 × 0.010175 × 0.010048) = 2.676e9; with 9720 it is 2.52e9.
    const plan = planQos({ ...CHEN, delayVarianceMs2: 20_000 });
    expect(plan).toMatchObject({ feasible: true, intervalMs: 9710, deadlineMs: 20_290 });
    expect(plan).toMatchObject({ expectedMistakeEveryMs: expect.closeTo(2.676e9, -6) as number });
  });

  it('is the published one if the distribution is known', () => {
    // Paper: η = 9.97 s, δ = 20.03 s from the send time, for exponential delays of 20 ms. By hand:
    // the third beat has 90 ms, 0.01 + 0.99 e^−4.5 = 0.0209979; 9970 / (0.01² × that) = 4.748e9;
    // with 9980 it has 60 ms, 0.0592891, and f = 1.68e9.
    const survival = (latenessMs: number) => Math.min(1, Math.exp(-(latenessMs + 20) / 20));
    const plan = planQos({ ...CHEN, delayMeanMs: 20, survival });
    expect(plan).toMatchObject({ intervalMs: 9970, deadlineMs: 20_010 });
    expect(plan).toMatchObject({ expectedMistakeEveryMs: expect.closeTo(4.748e9, -6) as number });
    // log10(2.592e9 / 9970)
    expect(plan).toMatchObject({ phi: expect.closeTo(5.4149, 4) as number });
    expect(plan).toMatchObject({ heartbeatsPerSecond: expect.closeTo(0.1003, 4) as number });
  });

  it('keeps mistakes short', () => {
    // (1 − 0.01) × 30,000² / (20,000 + 30,000²) × 1000 = 989.98, in whole ms 989.
    const plan = planQos({ ...CHEN, mistakeLastsMs: 1000, delayVarianceMs2: 20_000 });
    expect(plan).toMatchObject({ intervalMs: 989, deadlineMs: 29_011 });
  });

  it('expects no mistake where none can be', () => {
    // Without loss and variance any beat but the one that is due at the end will do.
    const plan = planQos({ ...CHEN, lossRate: 0, delayVarianceMs2: 0 });
    expect(plan).toMatchObject({ intervalMs: 29_900, expectedMistakeEveryMs: Infinity });
    expect(plan).toMatchObject({ phi: expect.closeTo(Math.log10(2.592e9 / 29_900)) as number });
  });

  it('does not count on beats that are due after the end', () => {
    // Three of 3330 ms come before it, and the fourth would halve the mistakes.
    const survival = (latenessMs: number) => (latenessMs > 0 ? 0.1 : 0.5);
    const plan = planQos({ detectWithinMs: 10_000, mistakeEveryMs: 2.4e6, survival });
    expect(plan).toMatchObject({ intervalMs: 3330 });
    expect(plan).toMatchObject({ expectedMistakeEveryMs: expect.closeTo(3.33e6, 0) as number });
  });

  it('takes a share lost from a survival function that never falls to 0', () => {
    const survival = (latenessMs: number) => (latenessMs > 100 ? 0.1 : 1);
    const without = { detectWithinMs: 10_000, mistakeEveryMs: 1_000_000 };
    // 10^3 × η reaches 10^6 with three beats, 10,000 − 3η > 100, and η = 3290 gives 3.29e6.
    expect(planQos({ ...without, survival })).toMatchObject({
      intervalMs: 3290,
      expectedMistakeEveryMs: expect.closeTo(3.29e6, -2) as number,
    });
    // 0.5 + 0.5 × 0.1 = 0.55 a beat: with n of them 10,000 / n × 0.55^−n; 11: 6.5e5; 12: 1.08e6.
    // The 12th needs 10,000 − 12η > 100: η < 825; 824 / 0.55^12 = 1.075e6.
    expect(planQos({ ...without, survival, lossRate: 0.5 })).toMatchObject({ intervalMs: 824 });
  });
});

describe('an impossible request', () => {
  it('is told the best of each', () => {
    const request = { detectWithinMs: 500, mistakeEveryMs: 9e8, lossRate: 0.1 };
    const plan = planQos({ ...request, delayVarianceMs2: 0 });
    // Beats of 100 ms: four come before the deadline, so 100 / 0.1^4 = 1e6; those of 124 ms have
    // four as well (496 of 500): 1.24e6. For 9e8 it takes 7 beats: 100 / 0.1^7, and 701 ms.
    expect(plan).toEqual({
      feasible: false,
      best: { detectWithinMs: 701, mistakeEveryMs: expect.closeTo(1.24e6, 0) as number },
      reason:
        'too many heartbeats are lost or late: with the best interval there is a mistake every 1240000 ms',
    });
  });

  it.each([
    [{ detectWithinMs: 10 }, 'detectWithinMs leaves 0 ms beyond the mean delay of 20 ms'],
    [{ detectWithinMs: 70 }, 'detectWithinMs leaves 50 ms beyond the mean delay of 20 ms'],
    [{ mistakeLastsMs: 50 }, 'mistakes of 50 ms need a heartbeat every 49.5 ms'],
    [{ lossRate: 1 }, 'no heartbeat arrives in time'],
  ])('with %o says why', (change, reason) => {
    const plan = planQos({ ...CHEN, delayMeanMs: 20, delayVarianceMs2: 1, ...change });
    expect(plan).toMatchObject({ feasible: false, best: { mistakeEveryMs: undefined } });
    expect(plan.feasible ? '' : plan.reason).toContain(reason);
  });

  it('is not told of a detection that takes longer than mistakes are apart', () => {
    const request = { detectWithinMs: 500, mistakeEveryMs: 1000, lossRate: 0.999 };
    const plan = planQos({ ...request, delayVarianceMs2: 1 });
    expect(plan).toMatchObject({ feasible: false, best: { detectWithinMs: undefined } });
  });

  it('has no best that cannot be had', () => {
    const plan = planQos({ ...CHEN, lossRate: 1, delayVarianceMs2: 1 });
    expect(plan).toMatchObject({ best: { detectWithinMs: undefined, mistakeEveryMs: undefined } });
  });
});

describe('a request that makes no sense', () => {
  it.each([
    [{ detectWithinMs: 0 }, 'detectWithinMs'],
    [{ detectWithinMs: NaN }, 'detectWithinMs'],
    [{ mistakeEveryMs: 30_000 }, 'mistakeEveryMs'],
    [{ mistakeEveryMs: Infinity }, 'mistakeEveryMs'],
    [{ mistakeLastsMs: 0 }, 'mistakeLastsMs'],
    [{ lossRate: 1.01 }, 'lossRate'],
    [{ lossRate: undefined }, 'lossRate'],
    [{ delayVarianceMs2: -1 }, 'delayVarianceMs2'],
    [{ delayVarianceMs2: undefined }, 'delayVarianceMs2'],
    [{ delayMeanMs: -1 }, 'delayMeanMs'],
    [{ minIntervalMs: 0.5 }, 'minIntervalMs'],
    [{ survival: () => NaN }, 'survival'],
    [{ survival: () => 1.5 }, 'survival'],
  ])('%o throws and names it', (change, name) => {
    const ask = () => planQos({ ...CHEN, delayVarianceMs2: 1, ...change });
    expect(ask).toThrow(expect.objectContaining({ code: 'ERR_TARDY_ARGUMENT' }) as Error);
    expect(ask).toThrow(name);
  });
});
