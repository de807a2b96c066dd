import { describe, expect, it } from 'vitest';
import {
  createOffsetEstimator,
  type Exchange,
  type OffsetEstimator,
} from '../../src/clock/offset-estimator.ts';

/** Our wall clock less our monotonic one, in these tests. */
const BASE_MS = 1_763_000_000_000;

interface Way {
  /** When the request leaves, by our monotonic clock. */
  readonly atMs: number;
  /** The peer's clock less ours. */
  readonly offsetMs: number;
  readonly outMs: number;
  readonly backMs: number;
  /** Between T2 and T3. */
  readonly holdMs?: number;
  readonly baseMs?: number;
  readonly remoteErrorMs?: number;
}

/** An exchange between clocks of the same rate. */
function exchangeOf(way: Way): Exchange {
  const { atMs, offsetMs, outMs, backMs, holdMs = 1, baseMs = BASE_MS, remoteErrorMs } = way;
  const t4MonoMs = atMs + outMs + holdMs + backMs;
  const t2WallMs = baseMs + atMs + outMs + offsetMs;
  return {
    t1MonoMs: atMs,
    t4MonoMs,
    t1WallMs: baseMs + atMs,
    t2WallMs,
    t3WallMs: t2WallMs + holdMs,
    t4WallMs: baseMs + t4MonoMs,
    ...(remoteErrorMs === undefined ? {} : { remoteErrorMs }),
  };
}

function offsetAt(estimator: OffsetEstimator, monoMs: number) {
  const offset = estimator.at(monoMs);
  if (!offset) throw new Error('nothing is known');
  return offset;
}

/** Knows that the peer is 500 ms ahead, give or take 5. */
function settled(): OffsetEstimator {
  const estimator = createOffsetEstimator();
  estimator.exchange(exchangeOf({ atMs: 0, offsetMs: 500, outMs: 5, backMs: 5 }));
  return estimator;
}

describe('the interval', () => {
  it('is unknown without an exchange, and at no instant', () => {
    expect(createOffsetEstimator().at(0)).toBeUndefined();
    expect(settled().at(NaN)).toBeUndefined();
    expect(createOffsetEstimator().lastStep).toBeUndefined();
  });

  it('is [T3 − T4, T2 − T1], and grows by the drift on each side', () => {
    const estimator = settled();
    const { lowMs, highMs, offsetMs, driftPpm } = offsetAt(estimator, 11);
    expect(lowMs).toBeCloseTo(495, 2);
    expect(highMs).toBeCloseTo(505, 1);
    expect(offsetMs).toBeCloseTo(500, 2);
    expect(driftPpm).toBeUndefined();
    // The upper bound is dated at t1 = 0, the lower at t4 = 11.
    expect(highMs - 505 - 11 * 200e-6).toBeLessThan(0.001);
    const later = offsetAt(estimator, 10_011);
    expect(later.highMs - highMs).toBeCloseTo(10_000 * 200e-6, 9);
    expect(later.lowMs - lowMs).toBeCloseTo(-10_000 * 200e-6, 9);
    const earlier = offsetAt(estimator, -10_000);
    expect(earlier.highMs - highMs).toBeCloseTo((10_000 - 11) * 200e-6, 9);
    expect(earlier.lowMs - lowMs).toBeCloseTo(-10_011 * 200e-6, 9);
  });

  it('takes the better of each side, from different exchanges', () => {
    const estimator = createOffsetEstimator();
    estimator.exchange(exchangeOf({ atMs: 0, offsetMs: -20, outMs: 1, backMs: 50 }));
    estimator.exchange(exchangeOf({ atMs: 100, offsetMs: -20, outMs: 70, backMs: 2 }));
    const { lowMs, highMs } = offsetAt(estimator, 223);
    expect(highMs).toBeCloseTo(-19 + 223 * 200e-6, 2);
    expect(lowMs).toBeCloseTo(-22 - (223 - 173) * 200e-6, 2);
  });

  it('keeps an older bound as long as drift has not made it worse', () => {
    const estimator = createOffsetEstimator();
    estimator.exchange(exchangeOf({ atMs: 0, offsetMs: 0, outMs: 1, backMs: 1 }));
    estimator.exchange(exchangeOf({ atMs: 10_000, offsetMs: 0, outMs: 4, backMs: 2.5 }));
    const { lowMs, highMs } = offsetAt(estimator, 20_000);
    expect(highMs).toBeCloseTo(1 + 20_000 * 200e-6, 2);
    expect(lowMs).toBeCloseTo(-2.5 - (20_000 - 10_007.5) * 200e-6, 2);
  });

  it('gives an older bound up once drift has made it worse', () => {
    const estimator = createOffsetEstimator();
    estimator.exchange(exchangeOf({ atMs: 0, offsetMs: 0, outMs: 1, backMs: 1 }));
    estimator.exchange(exchangeOf({ atMs: 60_000, offsetMs: 0, outMs: 5, backMs: 6 }));
    const { lowMs, highMs } = offsetAt(estimator, 60_012);
    expect(highMs).toBeCloseTo(5, 1);
    expect(lowMs).toBeCloseTo(-6, 1);
  });

  it('is wider by what the answerer may be off', () => {
    const estimator = createOffsetEstimator();
    const exact = { atMs: 0, offsetMs: 0, outMs: 1, backMs: 1 };
    estimator.exchange(exchangeOf({ ...exact, remoteErrorMs: 30 }));
    expect(offsetAt(estimator, 0).highMs).toBeCloseTo(31, 2);
    expect(offsetAt(estimator, 3).lowMs).toBeCloseTo(-31, 2);
  });

  it('takes an exchange that comes late', () => {
    const estimator = createOffsetEstimator();
    estimator.exchange(exchangeOf({ atMs: 1000, offsetMs: 0, outMs: 9, backMs: 9 }));
    const late = exchangeOf({ atMs: 500, offsetMs: 0, outMs: 1, backMs: 1 });
    expect(estimator.exchange(late)).toBe('accepted');
    expect(offsetAt(estimator, 1019).highMs).toBeCloseTo(1 + 519 * 200e-6, 2);
  });
});

describe('what cannot be true is rejected and changes nothing', () => {
  const good = exchangeOf({ atMs: 100, offsetMs: 500, outMs: 3, backMs: 3 });
  it.each<[string, Partial<Exchange>]>([
    ['NaN', { t2WallMs: NaN }],
    ['infinity', { t4MonoMs: Infinity }],
    ['beyond all dates', { t2WallMs: 1e300, t3WallMs: 1e300 }],
    ['T4 before T1', { t4WallMs: good.t1WallMs - 1, t4MonoMs: good.t1MonoMs - 1 }],
    ['T3 before T2', { t3WallMs: good.t2WallMs - 1 }],
    ['an answer that worked longer than it took', { t3WallMs: good.t2WallMs + 8 }],
    ['our wall clock stepped meanwhile', { t4WallMs: good.t4WallMs + 2 }],
    ['an error below 0', { remoteErrorMs: -1 }],
    ['an error that is no number', { remoteErrorMs: NaN }],
    ['an error beyond measure', { remoteErrorMs: 16_001 }],
  ])('%s', (_, wrong) => {
    const estimator = settled();
    const before = estimator.at(200);
    expect(estimator.exchange({ ...good, ...wrong })).toBe('rejected');
    expect(estimator.at(200)).toEqual(before);
    expect(estimator.lastStep).toBeUndefined();
    expect(estimator.exchange(good)).toBe('accepted');
  });

  it('but a negative delay within the drift and the error that was told is taken', () => {
    const slow = { ...good, t3WallMs: good.t2WallMs + 7.001 };
    expect(settled().exchange(slow)).toBe('accepted');
    const coarse = { ...good, t3WallMs: good.t2WallMs + 8.9, remoteErrorMs: 1 };
    expect(settled().exchange(coarse)).toBe('accepted');
  });
});

describe('a step', () => {
  it.each([20, -20, 3_600_000, -253.25])('of the peer by %d ms is seen and sized', (byMs) => {
    const estimator = settled();
    const after = exchangeOf({ atMs: 1000, offsetMs: 500 + byMs, outMs: 4, backMs: 4 });
    expect(estimator.exchange(after)).toBe('step');
    const step = estimator.lastStep!;
    expect(step.atMs).toBe(1009);
    expect(Math.abs(step.byMs - byMs)).toBeLessThanOrEqual(step.errorMs);
    expect(step.errorMs).toBeLessThan(9.5);
    const { lowMs, highMs, offsetMs } = offsetAt(estimator, 1009);
    expect([lowMs, offsetMs, highMs].map((ms) => Math.round(ms - 500 - byMs))).toEqual([-4, 0, 4]);
  });

  it.each([20, -20])('of our own wall clock by %d ms is seen and sized', (byMs) => {
    const estimator = settled();
    const after = { atMs: 1000, offsetMs: 500 - byMs, outMs: 4, backMs: 4 };
    expect(estimator.exchange(exchangeOf({ ...after, baseMs: BASE_MS + byMs }))).toBe('step');
    const step = estimator.lastStep!;
    expect(Math.abs(step.byMs + byMs)).toBeLessThanOrEqual(step.errorMs);
  });

  it('of our own is seen even where the bounds are wider than it', () => {
    const estimator = settled();
    const after = { atMs: 1000, offsetMs: 497, outMs: 1, backMs: 60, baseMs: BASE_MS + 3 };
    expect(estimator.exchange(exchangeOf(after))).toBe('step');
    const { lowMs, highMs } = offsetAt(estimator, 1062);
    expect(lowMs).toBeCloseTo(437, 1);
    expect(highMs).toBeCloseTo(498, 1);
  });

  it('is not seen in drift at the limit, however long', () => {
    const estimator = settled();
    for (let i = 1; i <= 50; i++) {
      const atMs = i * 60_000;
      const way = { atMs, offsetMs: 500 + atMs * 199e-6, outMs: 0.1, backMs: 0.1, holdMs: 0 };
      expect(estimator.exchange(exchangeOf(way))).toBe('accepted');
    }
  });

  it('by one wrong packet is taken back by the next right one', () => {
    const estimator = settled();
    const right = { offsetMs: 500, outMs: 5, backMs: 5 };
    expect(estimator.exchange(exchangeOf({ ...right, atMs: 1000, offsetMs: 9e9 }))).toBe('step');
    expect(estimator.exchange(exchangeOf({ ...right, atMs: 2000 }))).toBe('step');
    expect(estimator.exchange(exchangeOf({ ...right, atMs: 3000 }))).toBe('accepted');
    const { lowMs, highMs } = offsetAt(estimator, 3011);
    expect(lowMs).toBeLessThan(500);
    expect(highMs).toBeGreaterThan(500);
    expect(estimator.lastStep!.byMs).toBeCloseTo(500 - 9e9, -1);
  });

  it('is not mixed with what was measured before and comes late', () => {
    const estimator = settled();
    estimator.exchange(exchangeOf({ atMs: 1000, offsetMs: 512, outMs: 5, backMs: 5 }));
    expect(estimator.lastStep).toBeDefined();
    // From before the step, and narrow enough to cut the truth off.
    const before = exchangeOf({ atMs: 900, offsetMs: 500, outMs: 8, backMs: 1 });
    expect(estimator.exchange(before)).toBe('rejected');
    const elsewhere = exchangeOf({ atMs: 900, offsetMs: 500, outMs: 1, backMs: 1 });
    expect(estimator.exchange(elsewhere)).toBe('rejected');
    expect(offsetAt(estimator, 1011).highMs).toBeGreaterThan(516);
  });

  it('that a late exchange would undo is not taken', () => {
    const estimator = createOffsetEstimator();
    const way = { offsetMs: 0, outMs: 1, backMs: 1 };
    estimator.exchange(exchangeOf({ ...way, atMs: 1000, offsetMs: 700 }));
    expect(estimator.exchange(exchangeOf({ ...way, atMs: 500 }))).toBe('rejected');
    const better = exchangeOf({ ...way, atMs: 400, offsetMs: 700, outMs: 0.1 });
    expect(estimator.exchange(better)).toBe('accepted');
    expect(estimator.exchange(exchangeOf({ ...way, atMs: 500 }))).toBe('rejected');
    const otherBase = { ...way, atMs: 600, offsetMs: 700, baseMs: BASE_MS + 5 };
    expect(estimator.exchange(exchangeOf(otherBase))).toBe('rejected');
    expect(offsetAt(estimator, 1003).offsetMs).toBeCloseTo(700, 2);
  });
});

describe('options', () => {
  it.each([0, -1, NaN, 100_001])('maxDriftPpm %j throws', (ppm) => {
    const error: unknown = (() => {
      try {
        return createOffsetEstimator({ maxDriftPpm: ppm });
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toMatchObject({ code: 'ERR_TARDY_ARGUMENT' });
  });

  it('maxDriftPpm is how fast the interval grows', () => {
    const estimator = createOffsetEstimator({ maxDriftPpm: 1000 });
    estimator.exchange(exchangeOf({ atMs: 0, offsetMs: 0, outMs: 1, backMs: 1 }));
    expect(offsetAt(estimator, 1000).highMs).toBeCloseTo(2, 2);
  });
});
