/** What chance alone does to a count. */

/** The smallest k with P(Binomial(n, p) ≤ k) ≥ q. Its terms are summed from one to the next. */
export function binomialQuantile(n: number, p: number, q: number): number {
  const ratio = p / (1 - p);
  let logTerm = n * Math.log1p(-p);
  let sum = Math.exp(logTerm);
  let k = 0;
  while (sum < q && k < n) {
    logTerm += Math.log(((n - k) / (k + 1)) * ratio);
    sum += Math.exp(logTerm);
    k++;
  }
  return k;
}

/**
 * Between what the counts of `cells` cells of n each all lie with 95 % probability if each of the
 * n is one with probability p; as a multiple of n p.
 */
export function binomialBand(n: number, p: number, cells = 1): readonly [number, number] {
  const tail = (1 - 0.95 ** (1 / cells)) / 2;
  return [binomialQuantile(n, p, tail) / (n * p), binomialQuantile(n, p, 1 - tail) / (n * p)];
}
