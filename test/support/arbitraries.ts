/** What fast-check draws for durations, times and observations. */
import fc from 'fast-check';
import type { Observation } from '../../src/timeout/types.ts';

/** A share in [0, 1], evenly: `fc.double` would draw most of them next to 0. */
export const anyShare = fc.integer({ min: 0, max: 10_000 }).map((n) => n / 10_000);

/** Ordinary durations in ms, evenly over the decades that replies take: 1 µs to 100 s. */
export const anyDurationMs = fc
  .integer({ min: -3000, max: 5000 })
  .map((exponent) => 10 ** (exponent / 1000));

/** Numbers that no honest caller gives. */
export const hostileNumber = fc.oneof(
  fc.constantFrom(NaN, Infinity, -Infinity, -0, 0, -1, 1e12, 1e300, 5e-324, 2 ** 53, 0xffff_ffff),
  fc.double(),
);

/** Observations whose every number may be nonsense, the time excepted: a clock is ours. */
export function hostileObservations(maxLength: number): fc.Arbitrary<Observation[]> {
  const number = fc.oneof(anyDurationMs, hostileNumber);
  const one = fc.record(
    {
      atMs: fc.nat(5000),
      durationMs: number,
      outcome: fc.constantFrom('completed', 'completed', 'timed-out', 'failed', 'cancelled'),
      armedMs: number,
      localPauseMs: fc.oneof(fc.constant(0), number),
      serverMs: number,
    },
    { requiredKeys: ['atMs', 'durationMs', 'outcome'] },
  );
  return fc.array(one, { maxLength }).map(inOrder);
}

/** Turns the gaps into instants. */
function inOrder(gaps: readonly Observation[]): Observation[] {
  let atMs = 0;
  return gaps.map((gap) => ({ ...gap, atMs: (atMs += gap.atMs) }));
}
