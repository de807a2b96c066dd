/**
 * How sure a quantile of n samples is, whatever their distribution.
 *
 * Problem: the sample p99.9 of 3,000 replies misses its own target in two windows of three.
 * Idea: the number of replies beyond the true (1 − p)-quantile is binomial(n, p). If at least j
 * are beyond it with 95 % probability, the j-th largest reply is at or above it that often.
 * Source: order-statistic confidence bounds (David & Nagaraja, Order Statistics, 7.1).
 */

/** Where the binomial is so close to a normal that summing it term by term is waste. */
const NORMAL_FROM = 400;

/**
 * Smallest n with any upper bound: all n replies lie below the quantile with probability
 * (1 − p)^n, and that may be 1 − confidence at most. 2,995 for p = 0.001 at 95 %.
 */
export function samplesNeeded(p: number, confidence: number): number {
  return Math.ceil(Math.log(1 - confidence) / Math.log1p(-p));
}

/**
 * Rank from the top (1 = largest) of an upper confidence bound on the (1 − p)-quantile of n
 * independent samples; undefined when n is too small for one.
 */
export function upperRank(n: number, p: number, confidence: number): number | undefined {
  const rank = binomialQuantile(n, p, 1 - confidence);
  return rank >= 1 ? rank : undefined;
}

/** Rank from the top of a lower confidence bound; undefined when it would fall below the smallest. */
export function lowerRank(n: number, p: number, confidence: number): number | undefined {
  const rank = binomialQuantile(n, p, confidence) + 1;
  return rank <= n ? rank : undefined;
}

/** The largest j with P(X < j) ≤ level, X binomial(n, p): 0 if even P(X = 0) is above it. */
function binomialQuantile(n: number, p: number, level: number): number {
  const mean = n * p;
  if (mean > NORMAL_FROM) return normalQuantileOfCount(mean, mean * (1 - p), level);
  let term = Math.exp(n * Math.log1p(-p));
  let below = term;
  let j = 0;
  while (below <= level && j < n) {
    j++;
    term *= ((n - j + 1) / j) * (p / (1 - p));
    below += term;
  }
  return j;
}

/** z of the one-sided levels in use, 95 % and 99 %; in between is not asked for. */
function normalQuantileOfCount(mean: number, variance: number, level: number): number {
  const tail = Math.min(level, 1 - level);
  const z = Math.sqrt(variance) * upperNormalQuantile(tail);
  return Math.max(0, Math.floor(mean + 0.5 + (level < 0.5 ? -z : z)));
}

/** z with P(Z > z) = tail for tail in (0, 0.5]: Abramowitz & Stegun 26.2.23, error below 0.00045. */
function upperNormalQuantile(tail: number): number {
  const t = Math.sqrt(-2 * Math.log(tail));
  const above = 2.515517 + t * (0.802853 + t * 0.010328);
  const below = 1 + t * (1.432788 + t * (0.189269 + t * 0.001308));
  return t - above / below;
}
