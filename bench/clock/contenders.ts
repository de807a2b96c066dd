/** Who takes part: ours, and what others do with the same four timestamps. */
import { createOffsetEstimator, type Exchange } from '../../src/clock/offset-estimator.ts';

/** An offset, with bounds where there are any. */
export interface Answer {
  readonly offsetMs: number;
  readonly lowMs?: number;
  readonly highMs?: number;
  readonly driftPpm?: number;
}

export interface Estimator {
  exchange(x: Exchange): unknown;
  at(monoMs: number): Answer | undefined;
}

export interface Contender {
  readonly name: string;
  readonly make: () => Estimator;
}

/** One exchange as everybody reads it. */
interface Sample {
  readonly atMs: number;
  readonly thetaMs: number;
  readonly deltaMs: number;
}

/** RFC 5905: what any clock is taken to drift at most. */
const PHI = 15e-6;

function sampleOf(x: Exchange): Sample {
  const { t1WallMs: t1, t2WallMs: t2, t3WallMs: t3, t4WallMs: t4 } = x;
  return { atMs: x.t4MonoMs, thetaMs: (t2 - t1 + t3 - t4) / 2, deltaMs: t4 - t1 - (t3 - t2) };
}

function around(offsetMs: number, errorMs: number): Answer {
  return { offsetMs, lowMs: offsetMs - errorMs, highMs: offsetMs + errorMs };
}

/** The latest exchange. */
function raw(): Estimator {
  let last: Sample | undefined;
  return {
    exchange: (x) => (last = sampleOf(x)),
    at: () => last && around(last.thetaMs, last.deltaMs / 2),
  };
}

/** The clock filter of RFC 5905: of the last so many, the quickest. */
function clockFilter(stages: number): Estimator {
  const samples: Sample[] = [];
  return {
    exchange(x) {
      samples.push(sampleOf(x));
      if (samples.length > stages) samples.shift();
    },
    at(monoMs) {
      if (samples.length === 0) return undefined;
      const best = samples.reduce((a, b) => (b.deltaMs < a.deltaMs ? b : a));
      return around(best.thetaMs, best.deltaMs / 2 + PHI * (monoMs - best.atMs));
    },
  };
}

/** Cristian 1989: asks until an answer is quick enough; here the quickest of four round trips. */
function cristian(): Estimator {
  const samples: { readonly offsetMs: number; readonly tripMs: number }[] = [];
  return {
    exchange({ t3WallMs, t1WallMs, t4WallMs }) {
      const tripMs = t4WallMs - t1WallMs;
      samples.push({ offsetMs: t3WallMs + tripMs / 2 - t4WallMs, tripMs });
      if (samples.length > 4) samples.shift();
    },
    at() {
      if (samples.length === 0) return undefined;
      const best = samples.reduce((a, b) => (b.tripMs < a.tripMs ? b : a));
      return around(best.offsetMs, best.tripMs / 2);
    },
  };
}

/** etcd's prober: the latest answer less half of a smoothed round trip, which starts at 0. */
function etcd(): Estimator {
  let smoothedMs = 0;
  let offsetMs: number | undefined;
  return {
    exchange({ t1WallMs, t3WallMs, t4WallMs }) {
      smoothedMs += 0.125 * (t4WallMs - t1WallMs - smoothedMs);
      offsetMs = t3WallMs - t4WallMs + smoothedMs / 2;
    },
    at: () => (offsetMs === undefined ? undefined : { offsetMs }),
  };
}

/** CockroachDB: keeps a sample until one is more certain or it is ten heartbeats old; no drift. */
function cockroach(): Estimator {
  const staleMs = 10_000;
  let kept:
    { readonly atMs: number; readonly offsetMs: number; readonly errorMs: number } | undefined;
  return {
    exchange({ t1WallMs, t3WallMs, t4WallMs, t4MonoMs }) {
      const errorMs = (t4WallMs - t1WallMs) / 2;
      if (kept && t4MonoMs - kept.atMs < staleMs && errorMs >= kept.errorMs) return;
      kept = { atMs: t4MonoMs, offsetMs: t3WallMs + errorMs - t4WallMs, errorMs };
    },
    at: () => kept && around(kept.offsetMs, kept.errorMs),
  };
}

/** timesync on npm: of five, the mean of those not slower than the median by a deviation. */
function mean(): Estimator {
  const samples: Sample[] = [];
  return {
    exchange(x) {
      samples.push(sampleOf(x));
      if (samples.length > 5) samples.shift();
    },
    at() {
      if (samples.length === 0) return undefined;
      const delays = samples.map(({ deltaMs }) => deltaMs).sort((a, b) => a - b);
      const average = delays.reduce((sum, delay) => sum + delay, 0) / delays.length;
      const variance = delays.reduce((sum, d) => sum + (d - average) ** 2, 0) / delays.length;
      const mostMs = delays[delays.length >> 1]! + Math.sqrt(variance);
      const kept = samples.filter(({ deltaMs }) => deltaMs <= mostMs);
      return { offsetMs: kept.reduce((sum, { thetaMs }) => sum + thetaMs, 0) / kept.length };
    },
  };
}

export const TARDY: Contender = { name: 'tardy', make: () => createOffsetEstimator() };
export const RAW: Contender = { name: 'raw θ ± δ/2', make: raw };
export const PHI_15: Contender = { name: 'min δ of 64, PHI 15 ppm', make: () => clockFilter(64) };
export const NO_DRIFT: Contender = { name: 'CockroachDB', make: cockroach };

export const CONTENDERS: readonly Contender[] = [
  TARDY,
  RAW,
  { name: 'min δ of 8 (RFC 5905)', make: () => clockFilter(8) },
  PHI_15,
  { name: 'Cristian, best of 4', make: cristian },
  { name: 'etcd prober', make: etcd },
  NO_DRIFT,
  { name: 'mean of 5 (timesync)', make: mean },
];

export function isInside(answer: Answer, truthMs: number): boolean {
  return (answer.lowMs ?? Infinity) <= truthMs && (answer.highMs ?? -Infinity) >= truthMs;
}

export function widthMs({ lowMs, highMs }: Answer): number {
  return (highMs ?? NaN) - (lowMs ?? NaN);
}
