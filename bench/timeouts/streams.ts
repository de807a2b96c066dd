/**
 * The streams that every rule is given, with all their parameters: fixed before anything was
 * tuned, and not to be changed to suit a rule.
 *
 * A stream is a sequence of gaps between the starts of requests and of round trips, drawn from a
 * seed and independent of what any rule does. Where the regime is known, so is its true quantile
 * at each request.
 */
import { type Random, randomFrom } from '../../test/support/random.ts';
import {
  type Distribution,
  lognormal,
  mixture,
  normal,
  pareto,
  quantileMs,
  scaled,
} from './distributions.ts';
import { hiccupStream, ownStream, seattleStream, ycsbStream } from './recorded.ts';

export type Kind = 'stationary' | 'shifting' | 'recorded';

export interface StreamData {
  /** From the start of the previous request to that of this one. */
  readonly gapsMs: Float64Array;
  readonly rttsMs: Float64Array;
  /** True quantile of the regime at each request that a share `p` exceeds; absent if unknown. */
  readonly oracleMs?: (p: number) => Float64Array;
}

export interface Stream {
  readonly name: string;
  readonly kind: Kind;
  /** What it is, for people. */
  readonly what: string;
  generate(seed: number, requests: number): StreamData;
}

export const REQUESTS = 1_000_000;
export const QUICK_REQUESTS = 100_000;
const PER_SECOND = 100;

const PLAIN = lognormal(8, 0.8);
/** A service that sometimes collects garbage: 0.5 % of the replies take 20 times as long. */
export const OUTLIERS = mixture(PLAIN, scaled(PLAIN, 20), 0.005);
export const PARETO = pareto(4, 1.5);
/** Cache hits, and one in five misses. */
const BIMODAL = mixture(lognormal(2, 0.3), lognormal(40, 0.5), 0.2);
const TIGHT = normal(20, 0.1);
/** What steps and tides are multiples of. */
const SHIFTED = lognormal(8, 0.6);

/** What fresh keys are made of, in turn. */
export const FRESH_SHAPES: readonly Distribution[] = [PLAIN, OUTLIERS, PARETO, BIMODAL, TIGHT];

const BURST_SHARE = 0.005;
const BURST_FACTOR = 20;

const DIURNAL_CYCLE_MS = 1_800_000;
const DIURNAL_PER_SECOND = { low: 50, high: 100 };
const DIURNAL_FACTOR = 3;

const RANDOM_STEP_FACTORS = [1, 3, 10, 1 / 3];
/** Mean number of requests between two random steps. */
const RANDOM_STEP_REQUESTS = 20_000;

export const STREAMS: readonly Stream[] = [
  steady('lognormal', 'lognormal, median 8 ms, sigma 0.8', PLAIN),
  steady('outliers', 'the same, 0.5 % of the replies x 20', OUTLIERS),
  steady('pareto', 'Pareto, alpha 1.5, from 4 ms', PARETO),
  steady('bimodal', '80 % hits around 2 ms, 20 % misses around 40 ms', BIMODAL),
  steady('tight', 'normal, 20.0 ± 0.1 ms', TIGHT),
  bursts(20),
  bursts(200),
  {
    name: 'diurnal',
    kind: 'shifting',
    what: 'tides of 30 min in rate and latency',
    generate: tide,
  },
  step('step-x3', 3),
  step('step-x10', 10),
  step('step-/3', 1 / 3),
  {
    name: 'steps',
    kind: 'shifting',
    what: 'level x 1, 3, 10 or 1/3, anew after 20,000 requests on average',
    generate: randomSteps,
  },
  recorded('ycsb', 'database reads, histograms of 1 s, resampled', ycsbStream),
  recorded('seattle', 'RTT of 2,470 device pairs, resampled', seattleStream),
  recorded('jhiccup', 'lognormal 8 ms plus recorded pauses, resampled', hiccupStream),
  recorded('own', 'loopback server that pauses, recorded by record.ts, resampled', ownStream),
];

function steady(name: string, what: string, of: Distribution): Stream {
  return {
    name,
    kind: 'stationary',
    what,
    generate: (seed, requests) => {
      const random = randomFrom(seed);
      const rttsMs = new Float64Array(requests);
      for (let i = 0; i < requests; i++) rttsMs[i] = of.draw(random);
      return { gapsMs: gaps(random, requests), rttsMs, oracleMs: oracle(of, requests) };
    },
  };
}

/** Slow replies come one after another, `meanLength` of them on average; the oracle is marginal. */
function bursts(meanLength: number): Stream {
  const marginal = mixture(PLAIN, scaled(PLAIN, BURST_FACTOR), BURST_SHARE);
  const meanCalm = (meanLength * (1 - BURST_SHARE)) / BURST_SHARE;
  return {
    name: `bursts-${meanLength}`,
    kind: 'stationary',
    what: `0.5 % of the replies x 20, in bursts of ${meanLength} on average`,
    generate: (seed, requests) => {
      const random = randomFrom(seed);
      const rttsMs = new Float64Array(requests);
      let slow = random.next() < BURST_SHARE;
      for (let i = 0; i < requests; i++) {
        if (random.next() < 1 / (slow ? meanLength : meanCalm)) slow = !slow;
        rttsMs[i] = PLAIN.draw(random) * (slow ? BURST_FACTOR : 1);
      }
      return { gapsMs: gaps(random, requests), rttsMs, oracleMs: oracle(marginal, requests) };
    },
  };
}

function step(name: string, factor: number): Stream {
  return {
    name,
    kind: 'shifting',
    what: `all replies x ${factor >= 1 ? factor : `1/${Math.round(1 / factor)}`} from the middle on`,
    generate: (seed, requests) => levels(seed, requests, (i) => (i < requests / 2 ? 1 : factor)),
  };
}

function randomSteps(seed: number, requests: number): StreamData {
  const dice = randomFrom(seed ^ 0x5f5f);
  let level = 1;
  let next = dice.exponential(RANDOM_STEP_REQUESTS);
  return levels(seed, requests, (i) => {
    if (i >= next) {
      const others = RANDOM_STEP_FACTORS.filter((factor) => factor !== level);
      level = others[dice.integer(others.length)] as number;
      next = i + dice.exponential(RANDOM_STEP_REQUESTS);
    }
    return level;
  });
}

function levels(seed: number, requests: number, levelAt: (i: number) => number): StreamData {
  const random = randomFrom(seed);
  const level = Float64Array.from({ length: requests }, (_, i) => levelAt(i));
  const rttsMs = level.map((factor) => factor * SHIFTED.draw(random));
  return { gapsMs: gaps(random, requests), rttsMs, oracleMs: oracle(SHIFTED, requests, level) };
}

/** Rate and latency rise and fall together, as by day and by night. */
function tide(seed: number, requests: number): StreamData {
  const random = randomFrom(seed);
  const gapsMs = new Float64Array(requests);
  const rttsMs = new Float64Array(requests);
  const level = new Float64Array(requests);
  const { low, high } = DIURNAL_PER_SECOND;
  let nowMs = 0;
  for (let i = 0; i < requests; i++) {
    const height = (1 - Math.cos((2 * Math.PI * nowMs) / DIURNAL_CYCLE_MS)) / 2;
    gapsMs[i] = random.exponential(1000 / (low + (high - low) * height));
    level[i] = 1 + (DIURNAL_FACTOR - 1) * height;
    rttsMs[i] = (level[i] as number) * SHIFTED.draw(random);
    nowMs += gapsMs[i] as number;
  }
  return { gapsMs, rttsMs, oracleMs: oracle(SHIFTED, requests, level) };
}

function recorded(
  name: string,
  what: string,
  play: (random: Random, startsMs: Float64Array) => Float64Array | undefined,
): Stream {
  return {
    name,
    kind: 'recorded',
    what,
    generate: (seed, requests) => {
      const random = randomFrom(seed);
      const gapsMs = gaps(random, requests);
      const startsMs = new Float64Array(requests);
      let nowMs = 0;
      for (let i = 0; i < requests; i++) startsMs[i] = nowMs += gapsMs[i] as number;
      return { gapsMs, rttsMs: play(random, startsMs) ?? new Float64Array(0) };
    },
  };
}

function gaps(random: Random, requests: number): Float64Array {
  const gapsMs = new Float64Array(requests);
  for (let i = 0; i < requests; i++) gapsMs[i] = random.exponential(1000 / PER_SECOND);
  return gapsMs;
}

function oracle(
  of: Distribution,
  requests: number,
  level?: Float64Array,
): (p: number) => Float64Array {
  return (p) => {
    const ms = quantileMs(of, p);
    return level ? level.map((factor) => factor * ms) : new Float64Array(requests).fill(ms);
  };
}
