/**
 * From what was seen to a timeout: the smallest t with S(t) ≤ target, and how sure that is.
 *
 * The basis decides the rule:
 * - enough replies, and the curve reaches the target: read it there, with order-statistic bounds
 * - requests cut off hide only the bound: read it there, and claim no bound
 * - the curve ends above the target because requests were cut off: the quantile of all waits,
 *   replied or not, is a lower bound of the true one. Twice that, so that the next window sees
 *   further (success-only quantiles never recover from a slowdown: they shrink instead)
 * - too few replies for the target: half as long again as the slowest reply
 * - fewer than REPLIES_MIN: no value
 */
import { type Counts, sum } from '../histogram/counts.ts';
import { BUCKET_COUNT, bucketEndMs } from '../histogram/layout.ts';
import { replyQuantileMs, type SurvivalCurve } from '../histogram/survival.ts';
import { lowerRank, samplesNeeded, upperRank } from './order-statistic.ts';
import { reasonOf, warningsOf } from './reason.ts';
import type { TimeoutSettings } from './settings.ts';
import type { Advice, Basis } from './types.ts';

/** Confidence of each bound. */
export const CONFIDENCE = 0.95;
/** Fewer replies than this give no value: their slowest is no better than a guess. */
export const REPLIES_MIN = 20;
/** Growth when the quantile lies beyond what was waited for: found again in log2 steps. */
const CENSORED_FACTOR = 2;
/** Beyond the slowest of too few replies: 2,995 independent ones would be needed for p99.9. */
const EXTRAPOLATION_FACTOR = 1.5;
const DAY_MS = 86_400_000;

/** All that an advice is made of. */
export interface Evidence {
  readonly counts: Counts;
  readonly curve: SurvivalCurve | undefined;
  /** Requests that failed: refused, reset, unreachable. */
  readonly lost: number;
  /** Requests that overlapped a pause of our own. */
  readonly paused: number;
  /** Time over which all this was seen, in ms. */
  readonly spanMs: number;
  /** ≥ 1: how much less than independent the replies are (burst-meter.ts). */
  readonly varianceInflation: number;
  /** The counts come from more than the one route asked for. */
  readonly pooled: boolean;
}

/** The value before floor and ceiling, and the rule that gave it. */
interface Reading {
  readonly basis: Basis;
  readonly quantileMs: number | undefined;
  readonly lowerBoundMs?: number | undefined;
  readonly upperBoundMs?: number | undefined;
}

export function adviseFrom(evidence: Evidence, settings: TimeoutSettings): Advice {
  const reading = read(evidence, settings.targetRate);
  const value = clamp(reading.quantileMs, settings);
  const { curve, counts, lost } = evidence;
  const n = curve?.completed ?? 0;
  const facts = {
    value,
    ...boundsOf(reading),
    confidence: CONFIDENCE,
    targetRate: settings.targetRate,
    n,
    nEffective: effective(n, evidence),
    censored: curve?.censored ?? sum(counts.censored),
    lossRate: n + lost > 0 ? lost / (n + lost) : undefined,
    basis: reading.basis,
    ceilingHit: (reading.quantileMs ?? 0) > settings.maxMs,
    expectedFalsePerDay: falsePerDay(evidence, value),
  };
  return {
    ...facts,
    reason: reasonOf(facts, evidence, reading.quantileMs),
    warnings: warningsOf(facts, evidence, settings),
  };
}

/** The value alone, for arming: undefined where there is too little to say. */
export function timeoutFrom(evidence: Evidence, settings: TimeoutSettings): number | undefined {
  return clamp(read(evidence, settings.targetRate).quantileMs, settings);
}

function read(evidence: Evidence, p: number): Reading {
  const { curve, counts } = evidence;
  if (!curve || curve.completed < REPLIES_MIN) {
    return { basis: 'insufficient', quantileMs: undefined };
  }
  const atLeast = replyQuantileMs(curve, 0.5);
  const total = curve.completed + curve.censored;
  const { lowerBoundMs, upperBoundMs } = bounds(curve, effective(curve.completed, evidence), p);
  const quantile = curve.quantileMs(p);
  if (cutOffAbove(curve, p)) {
    const waits = CENSORED_FACTOR * waitQuantileMs(counts, total, p);
    return { basis: 'censored', quantileMs: Math.max(atLeast, waits) };
  }
  if (quantile === undefined || curve.completed < samplesNeeded(p, CONFIDENCE)) {
    const beyond = EXTRAPOLATION_FACTOR * curve.lastReplyMs;
    return { basis: 'extrapolated', quantileMs: Math.max(atLeast, beyond) };
  }
  const measured = evidence.pooled ? 'pooled' : 'measured';
  const hidden = upperBoundMs === undefined && cutOffAbove(curve, 0);
  return {
    basis: hidden ? 'censored' : measured,
    quantileMs: Math.max(atLeast, quantile),
    lowerBoundMs,
    upperBoundMs,
  };
}

/** True where the curve ends above p for the requests that were cut off, not for want of replies. */
function cutOffAbove(curve: SurvivalCurve, p: number): boolean {
  return curve.unread > p && curve.unread > 2 / (curve.completed + 1);
}

/**
 * Order-statistic bounds. The j-th largest of n replies is where the curve falls to (j − 1) / n;
 * read from the curve, requests cut off early count for what they are worth, and those cut off
 * in the tail hide the bound.
 */
function bounds(curve: SurvivalCurve, n: number, p: number) {
  const atRank = (fromTop: number | undefined) => {
    if (fromTop === 1) return cutOffAbove(curve, 0) ? undefined : curve.lastReplyMs;
    return fromTop === undefined ? undefined : curve.quantileMs((fromTop - 1) / n);
  };
  return {
    upperBoundMs: atRank(upperRank(n, p, CONFIDENCE)),
    lowerBoundMs: atRank(lowerRank(n, p, CONFIDENCE)),
  };
}

/** The (1 − p)-quantile of how long anybody waited, with a reply or without. */
function waitQuantileMs(counts: Counts, total: number, p: number): number {
  const rank = Math.max(1, Math.ceil((1 - p) * total));
  let seen = 0;
  for (let i = 0; i < BUCKET_COUNT; i++) {
    seen += (counts.completed[i] as number) + (counts.censored[i] as number);
    if (seen >= rank) return bucketEndMs(i);
  }
  return bucketEndMs(BUCKET_COUNT - 1);
}

function effective(n: number, evidence: Evidence): number {
  return Math.max(Math.min(n, 1), Math.floor(n / evidence.varianceInflation));
}

function clamp(quantile: number | undefined, { minMs, maxMs }: TimeoutSettings) {
  return quantile === undefined ? undefined : Math.min(maxMs, Math.max(minMs, quantile));
}

function boundsOf({ lowerBoundMs, upperBoundMs }: Reading) {
  return {
    ...(lowerBoundMs === undefined ? {} : { lowerBoundMs }),
    ...(upperBoundMs === undefined ? {} : { upperBoundMs }),
  };
}

function falsePerDay({ curve, spanMs }: Evidence, value: number | undefined): number | undefined {
  if (!curve || value === undefined || spanMs <= 0) return undefined;
  const perDay = ((curve.completed + curve.censored) / spanMs) * DAY_MS;
  return perDay * curve.at(value);
}
