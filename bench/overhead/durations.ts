/** Durations to feed the subjects with: drawn before, so that drawing is not measured. */
import { randomFrom } from '../../test/support/random.ts';

const COUNT = 1 << 14;
/** `i & MASK` walks round and round. */
export const MASK = COUNT - 1;

/** Milliseconds as a service of 8 ms has them: a few hundred buckets. */
export function lognormalMs(seed: number): Float64Array {
  const random = randomFrom(seed);
  return Float64Array.from({ length: COUNT }, () => random.lognormal(8, 0.6));
}

/** Milliseconds over every bucket there is: from 1 µs to more than an hour, by magnitude. */
export function everywhereMs(seed: number): Float64Array {
  const random = randomFrom(seed);
  return Float64Array.from({ length: COUNT }, () => 0.001 * 2 ** (32 * random.next()));
}

/** The same as integer microseconds, for histograms that want them. */
export function toMicros(ms: Float64Array): Int32Array {
  return Int32Array.from(ms, (value) => Math.max(1, Math.round(value * 1000)));
}
