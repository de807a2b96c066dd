/** Advice and its bound on windows of known truth, every reply seen. */
import { createTimeoutEstimator } from '../../src/timeout/index.ts';
import { type Random, randomFrom } from '../../test/support/random.ts';
import { type Distribution, quantileMs } from './distributions.ts';
import { OUTLIERS, PARETO } from './streams.ts';
import { SlicedWindow } from './window.ts';

export const TARGET = 0.001;
export const BOUND_STREAMS = { outliers: OUTLIERS, pareto: PARETO };
export type BoundStream = keyof typeof BOUND_STREAMS;

/** The replies come within this time, so that an estimator's window of 300 s holds all of them. */
const FILLED_MS = 290_000;
/** Full windows of a run that is calibrated, and of them those that are not looked at. */
const RUN_WINDOWS = 60;
const RUN_WARM_UP = 10;
/** Looks at the armed timeout in each window. */
const LOOKS = 5;

export interface BoundsJob {
  readonly stream: BoundStream;
  /** Replies in a window. */
  readonly n: number;
  readonly windows: number;
  readonly seed: number;
}

export interface Bounds {
  readonly stream: BoundStream;
  readonly n: number;
  /** `upperBoundMs` / true quantile, of each window that had one. */
  readonly bounds: readonly number[];
  /** Windows whose bound is exceeded by more than the target. */
  readonly overTarget: number;
  readonly windows: number;
  /** 2 × p99.99 / true quantile. */
  readonly twice: readonly number[];
  readonly twiceOverTarget: number;
  /** `timeoutMs` / true quantile in a long run that was asked all along. */
  readonly armed: readonly number[];
}

export function advisedBounds({ stream, n, windows, seed }: BoundsJob): Bounds {
  const of = BOUND_STREAMS[stream];
  const trueMs = quantileMs(of, TARGET);
  const random = randomFrom(seed);
  const bounds: number[] = [];
  const twice: number[] = [];
  for (let i = 0; i < windows; i++) {
    const { boundMs, twiceMs } = oneWindow(of, n, random);
    if (boundMs !== undefined) bounds.push(boundMs / trueMs);
    twice.push(twiceMs / trueMs);
  }
  const over = (ratios: readonly number[]) => ratios.filter((ratio) => ratio < 1).length;
  return {
    ...{ stream, n, windows, bounds, twice },
    overTarget: over(bounds),
    twiceOverTarget: over(twice),
    armed: longRun(of, n, random).map((ms) => ms / trueMs),
  };
}

function oneWindow(of: Distribution, n: number, random: Random) {
  const estimator = createTimeoutEstimator({ targetRate: TARGET });
  const rival = new SlicedWindow({ sliceMs: FILLED_MS, slices: 1, readsNewest: true });
  for (let i = 0; i < n; i++) {
    const atMs = (i / n) * FILLED_MS;
    const durationMs = of.draw(random);
    estimator.observe({ atMs, durationMs, outcome: 'completed' });
    rival.record(atMs, durationMs);
  }
  const boundMs = estimator.advice(FILLED_MS).upperBoundMs;
  return { boundMs, twiceMs: 2 * rival.quantileMs(0.9999) };
}

/** Shadow mode: the timeout is asked for before each request, and every reply is seen. */
function longRun(of: Distribution, n: number, random: Random): number[] {
  const estimator = createTimeoutEstimator({ targetRate: TARGET });
  const armed: number[] = [];
  const lookEvery = Math.floor(n / LOOKS);
  for (let i = 0; i < RUN_WINDOWS * n; i++) {
    const startMs = (i / n) * FILLED_MS;
    const armedMs = estimator.timeoutMs(startMs);
    const durationMs = of.draw(random);
    estimator.observe({ atMs: startMs, durationMs, outcome: 'completed', armedMs });
    if (i >= RUN_WARM_UP * n && i % lookEvery === 0) armed.push(armedMs);
  }
  return armed;
}
