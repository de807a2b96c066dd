/**
 * Random numbers that come again with their seed: a simulation that fails prints its seed, and
 * the same seed runs it again.
 */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Standard normal. */
  normal(): number;
  /** Lognormal with this median and the standard deviation of its logarithm. */
  lognormal(median: number, sigma: number): number;
  /** Exponential with this mean. */
  exponential(mean: number): number;
  /** Integer in [0, below). */
  integer(below: number): number;
}

/** mulberry32: 32 bits of state, period 2^32, good enough for a few million draws. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
  /** Box and Muller; 1 − next() keeps the logarithm finite. */
  function normal(): number {
    return Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  }
  return {
    next,
    normal,
    lognormal: (median, sigma) => median * Math.exp(sigma * normal()),
    exponential: (mean) => -mean * Math.log(1 - next()),
    integer: (below) => Math.floor(next() * below),
  };
}
