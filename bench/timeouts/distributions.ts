/** Latency distributions: how to draw from one, and its true quantiles. */
import type { Random } from '../../test/support/random.ts';

export interface Distribution {
  draw(random: Random): number;
  /** P(longer than `ms`). */
  survival(ms: number): number;
}

/**
 * P(a standard normal is above `z`): the complementary error function by a Chebyshev fit, within
 * 1.2e-7 of its value. Source: Press et al., Numerical Recipes, 6.2 (erfcc).
 */
export function normalSurvival(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + 0.5 * x);
  const coefficients = [
    ...[-1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806],
    ...[0.27886807, -1.13520398, 1.48851587, -0.82215223, 0.17087277],
  ];
  const sum = coefficients.reduceRight((total, c) => total * t + c, 0);
  const upper = (t * Math.exp(-x * x + sum)) / 2;
  return z >= 0 ? upper : 1 - upper;
}

export function lognormal(medianMs: number, sigma: number): Distribution {
  return {
    draw: (random) => random.lognormal(medianMs, sigma),
    survival: (ms) => (ms <= 0 ? 1 : normalSurvival(Math.log(ms / medianMs) / sigma)),
  };
}

export function normal(meanMs: number, sdMs: number): Distribution {
  return {
    draw: (random) => meanMs + sdMs * random.normal(),
    survival: (ms) => normalSurvival((ms - meanMs) / sdMs),
  };
}

export function pareto(leastMs: number, alpha: number): Distribution {
  return {
    draw: (random) => leastMs * (1 - random.next()) ** (-1 / alpha),
    survival: (ms) => (ms <= leastMs ? 1 : (leastMs / ms) ** alpha),
  };
}

export function scaled(of: Distribution, factor: number): Distribution {
  return {
    draw: (random) => factor * of.draw(random),
    survival: (ms) => of.survival(ms / factor),
  };
}

/** With probability `share` the second, else the first. */
export function mixture(first: Distribution, second: Distribution, share: number): Distribution {
  return {
    draw: (random) => (random.next() < share ? second : first).draw(random),
    survival: (ms) => (1 - share) * first.survival(ms) + share * second.survival(ms),
  };
}

/** The smallest ms that at most a share `p` of replies exceeds, by bisection of its logarithm. */
export function quantileMs(of: Distribution, p: number): number {
  let low = Math.log(1e-3);
  let high = Math.log(1e9);
  for (let i = 0; i < 80; i++) {
    const middle = (low + high) / 2;
    if (of.survival(Math.exp(middle)) <= p) high = middle;
    else low = middle;
  }
  return Math.exp(high);
}
