/** How fast rules follow a change of level, and how they fare with keys they have never seen. */
import { type Random, randomFrom } from '../../test/support/random.ts';
import { closedLoop } from './closed-loop.ts';
import { type Distribution, lognormal, quantileMs, scaled } from './distributions.ts';
import { makerOf } from './rules.ts';
import { FRESH_SHAPES, type StreamData } from './streams.ts';

const LEVEL = lognormal(8, 0.6);
const PER_SECOND = 50;
const IN_FLIGHT_MAX = 10;
/** Requests before the change: a window of five minutes is full, and a bit more. */
const BEFORE = 20_000;
const SLOWDOWN = 10;
export const AFTER_SLOWDOWN = 6000;
const SPEEDUP = 1 / 3;
/** One window of Tardy's default, and ten seconds. */
export const FOLLOWED_AFTER_MS = 310_000;

export interface ReactionJob {
  readonly rule: string;
  readonly seeds: number;
  readonly seed: number;
  readonly targetRate: number;
}

export interface Reaction {
  readonly rule: string;
  /** False timeouts after the slowdown, of each seed. */
  readonly falseTimeouts: readonly number[];
  /** Armed timeout / true quantile of the new level, some time after the speed-up. */
  readonly ratios: readonly number[];
}

export function react({ rule, seeds, seed, targetRate }: ReactionJob): Reaction {
  const falseTimeouts: number[] = [];
  const ratios: number[] = [];
  const faster = quantileMs(scaled(LEVEL, SPEEDUP), targetRate);
  for (let i = 0; i < seeds; i++) {
    const make = () => makerOf(rule).make({ targetRate, seed: seed + i });
    const slow = twoLevels(seed + i, SLOWDOWN, AFTER_SLOWDOWN);
    const armed = closedLoop(make(), slow, { inFlightMax: IN_FLIGHT_MAX });
    falseTimeouts.push(
      armed
        .subarray(BEFORE)
        .reduce((n, ms, k) => n + +((slow.rttsMs[BEFORE + k] as number) > ms), 0),
    );
    const after = Math.ceil((FOLLOWED_AFTER_MS / 1000) * PER_SECOND);
    const fast = twoLevels(seed + i, SPEEDUP, after);
    ratios.push((closedLoop(make(), fast).at(-1) as number) / faster);
  }
  return { rule, falseTimeouts, ratios };
}

function twoLevels(seed: number, factor: number, after: number): StreamData {
  const random = randomFrom(seed);
  const rttsMs = new Float64Array(BEFORE + after).map(
    (_, i) => LEVEL.draw(random) * (i < BEFORE ? 1 : factor),
  );
  return { rttsMs, gapsMs: gapsOf(random, rttsMs.length) };
}

export const KEY_REQUESTS = 5000;
const SCALE = { low: 0.5, high: 20 };

export interface FreshKeysJob {
  readonly rule: string;
  readonly keys: number;
  readonly seed: number;
  readonly targetRate: number;
}

export interface FreshKeys {
  readonly rule: string;
  readonly requests: number;
  readonly rejected: number;
  /** Achieved / target of each key, ascending. */
  readonly ofKeys: readonly number[];
}

/** Many keys, each of a shape and a scale of its own, counted from the first request. */
export function freshKeys({ rule, keys, seed, targetRate }: FreshKeysJob): FreshKeys {
  const ofKeys: number[] = [];
  let rejected = 0;
  for (let key = 0; key < keys; key++) {
    const random = randomFrom(seed + key);
    const shape = FRESH_SHAPES[key % FRESH_SHAPES.length] as Distribution;
    const scale = SCALE.low * (SCALE.high / SCALE.low) ** random.next();
    const rttsMs = new Float64Array(KEY_REQUESTS).map(() => scale * shape.draw(random));
    const data = { rttsMs, gapsMs: gapsOf(random, KEY_REQUESTS) };
    const armed = closedLoop(makerOf(rule).make({ targetRate, seed: seed + key }), data);
    const cutOff = armed.reduce((n, ms, i) => n + +((rttsMs[i] as number) > ms), 0);
    rejected += cutOff;
    ofKeys.push(cutOff / KEY_REQUESTS / targetRate);
  }
  return { rule, requests: keys * KEY_REQUESTS, rejected, ofKeys: ofKeys.sort((a, b) => a - b) };
}

function gapsOf(random: Random, requests: number): Float64Array {
  return new Float64Array(requests).map(() => random.exponential(1000 / PER_SECOND));
}
