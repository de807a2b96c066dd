/**
 * What is told about a timeout: the value, how sure it is, and what it rests on.
 *
 * The value is the calibrated quantile of the model (reply-model.ts). The window of the last
 * minutes, as it was measured, gives the bounds and the basis:
 * - enough replies, and the curve reaches the target: order-statistic bounds
 * - requests cut off hide the bound: none is claimed
 * - too few replies for the target: the tail is extrapolated, and no bound is claimed
 * - fewer than REPLIES_MIN: no value
 * Where there is no model (several routes together) the value is read from the window; if it was
 * cut off below the target, twice the wait that so many got through (quantiles of the successes
 * alone shrink and never recover), and half as long again as the slowest of too few.
 */
import { type Counts, sum } from '../histogram/counts.ts';
import { BUCKET_COUNT, bucketEndMs } from '../histogram/layout.ts';
import { replyQuantileMs, type SurvivalCurve } from '../histogram/survival.ts';
import { lowerRank, samplesNeeded, upperRank } from './order-statistic.ts';
import { type Evidence, isMixed, type Modelled } from './evidence.ts';
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

/** The value before floor and ceiling, and the rule that gave it. */
interface Reading {
  readonly basis: Basis;
  readonly quantileMs: number | undefined;
  readonly lowerBoundMs?: number | undefined;
  readonly upperBoundMs?: number | undefined;
}

export function adviseFrom(evidence: Evidence, settings: TimeoutSettings): Advice {
  const reading = read(evidence, settings.targetRate);
  const { curve, counts, lost } = evidence;
  const model = reading.basis === 'insufficient' ? undefined : evidence.model;
  const quantileMs = model ? model.unboundedMs : reading.quantileMs;
  const value = model ? model.valueMs : clamp(quantileMs, settings);
  const n = curve?.completed ?? 0;
  const facts = {
    value,
    ...(isMixed(evidence) ? {} : boundsOf(reading, value)),
    confidence: CONFIDENCE,
    targetRate: settings.targetRate,
    ...(model ? achieved(model, settings) : {}),
    n,
    nEffective: effective(n, evidence),
    censored: (curve?.censored ?? sum(counts.censored)) + evidence.givenUp,
    lossRate: n + lost > 0 ? lost / (n + lost) : undefined,
    basis: model ? basisOf(reading.basis, model, settings.targetRate) : reading.basis,
    ceilingHit: (quantileMs ?? 0) > settings.maxMs,
    expectedFalsePerDay: falsePerDay(evidence, value),
    ...(evidence.overload ? { shedLoad: true } : {}),
  };
  return {
    ...facts,
    reason: reasonOf(facts, evidence),
    warnings: warningsOf(facts, evidence, settings),
  };
}

function achieved({ judged, exceeded, hedgeMs }: Modelled, settings: TimeoutSettings) {
  const rate = judged > 0 ? { achievedRate: exceeded / judged } : {};
  return { ...rate, hedgeMs: clamp(hedgeMs, settings) };
}

/** A short window of a route that is well known is no extrapolation. */
function basisOf(ofWindow: Basis, { replies }: Modelled, p: number): Basis {
  const isKnown = replies >= samplesNeeded(p, CONFIDENCE);
  return ofWindow === 'extrapolated' && isKnown ? 'measured' : ofWindow;
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

/** Bounds of the window; the value, which rests on more than that, is never outside. */
function boundsOf({ lowerBoundMs, upperBoundMs }: Reading, value = NaN) {
  return {
    ...(lowerBoundMs === undefined ? {} : { lowerBoundMs: least(lowerBoundMs, value) }),
    ...(upperBoundMs === undefined ? {} : { upperBoundMs: -least(-upperBoundMs, -value) }),
  };
}

/** The smaller of two, of which the second may be missing. */
function least(a: number, b: number): number {
  return b < a ? b : a;
}

function falsePerDay(evidence: Evidence, value: number | undefined): number | undefined {
  const { curve, spanMs, model } = evidence;
  if (!curve || value === undefined || spanMs <= 0) return undefined;
  const perDay = ((curve.completed + curve.censored) / spanMs) * DAY_MS;
  return perDay * (model ? model.rateAt(value) : curve.at(value));
}
