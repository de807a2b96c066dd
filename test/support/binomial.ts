/** The binomial distribution summed term by term in logarithms: exact to rounding, and slow. */

/** P(X ≤ k), X binomial(n, p). */
export function binomialCdf(k: number, n: number, p: number): number {
  let logTerm = n * Math.log1p(-p);
  let total = Math.exp(logTerm);
  for (let j = 1; j <= k; j++) {
    logTerm += Math.log((n - j + 1) / j) + Math.log(p) - Math.log1p(-p);
    total += Math.exp(logTerm);
  }
  return total;
}
