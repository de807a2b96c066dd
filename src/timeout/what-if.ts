/**
 * What another timeout would do: the share of live replies that it cuts off, and how long a dead
 * peer keeps a caller.
 */
import type { SurvivalCurve } from '../histogram/survival.ts';

export interface WhatIf {
  readonly timeoutMs: number;
  /** Share of live replies that take longer. */
  readonly falseTimeoutRate: number;
  /** 95 % interval of it (Wilson), for as many independent replies as there were. */
  readonly falseTimeoutRateLow: number;
  readonly falseTimeoutRateHigh: number;
  /** At the present rate of requests; undefined while that is unknown. */
  readonly falseTimeoutsPerDay: number | undefined;
  /** For how long the first caller waits for a peer that has died. */
  readonly detectionMs: number;
  /** Independent replies that it rests on. */
  readonly nEffective: number;
}

export interface WhatIfInput {
  readonly timeoutMs: number;
  readonly curve: SurvivalCurve;
  readonly nEffective: number;
  readonly requestsPerDay: number | undefined;
}

/** z of a two-sided interval of 95 %. */
const Z = 1.959964;

export function whatIf({ timeoutMs, curve, nEffective, requestsPerDay }: WhatIfInput): WhatIf {
  // Beyond the slowest reply the curve is a floor for phi, not a finding: nothing was seen there.
  const rate = timeoutMs >= curve.lastReplyMs && curve.censored === 0 ? 0 : curve.at(timeoutMs);
  const { low, high } = wilson(rate, Math.max(1, nEffective));
  return {
    timeoutMs,
    falseTimeoutRate: rate,
    falseTimeoutRateLow: low,
    falseTimeoutRateHigh: high,
    falseTimeoutsPerDay: requestsPerDay === undefined ? undefined : rate * requestsPerDay,
    detectionMs: timeoutMs,
    nEffective,
  };
}

/** Score interval of a share seen in n trials. Source: Wilson 1927. */
function wilson(share: number, n: number): { low: number; high: number } {
  const weight = Z ** 2 / n;
  const middle = (share + weight / 2) / (1 + weight);
  const half = (Z / (1 + weight)) * Math.sqrt((share * (1 - share)) / n + weight / (4 * n));
  return {
    low: share === 0 ? 0 : Math.max(0, middle - half),
    high: share === 1 ? 1 : Math.min(1, middle + half),
  };
}
