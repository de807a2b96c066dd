/** What fast-check draws for durations, times and observations. */
import fc from 'fast-check';
import type { Observation } from '../../src/timeout/types.ts';

/** Ordinary durations in ms, over the decades that replies take: 1 µs to 100 s. */
export const anyDurationMs = fc
  .double({ min: -3, max: 5, noNaN: true })
  .map((exponent) => 10 ** exponent);

/** Numbers that no honest caller gives. */
export const hostileNumber = fc.oneof(
  fc.constantFrom(NaN, Infinity, -Infinity, -0, 0, -1, 1e12, 1e300, 5e-324, 2 ** 53, 0xffff_ffff),
  fc.double(),
);

/** Observations in the order in which they come, a few ms apart. */
export function observations(maxLength: number): fc.Arbitrary<Observation[]> {
  return observationsOf(anyDurationMs, fc.nat(5000), maxLength);
}

/** Observations whose every number may be nonsense, the time excepted: a clock is ours. */
export function hostileObservations(maxLength: number): fc.Arbitrary<Observation[]> {
  return observationsOf(fc.oneof(anyDurationMs, hostileNumber), fc.nat(5000), maxLength);
}

function observationsOf(
  durations: fc.Arbitrary<number>,
  gapsMs: fc.Arbitrary<number>,
  maxLength: number,
): fc.Arbitrary<Observation[]> {
  const one = fc.record(
    {
      atMs: gapsMs,
      durationMs: durations,
      outcome: fc.constantFrom('completed', 'completed', 'timed-out', 'failed', 'cancelled'),
      armedMs: durations,
      localPauseMs: fc.oneof(fc.constant(0), durations),
      serverMs: durations,
    },
    { requiredKeys: ['atMs', 'durationMs', 'outcome'] },
  );
  return fc.array(one, { maxLength, size: 'max' }).map(inOrder);
}

/** Turns the gaps into instants. */
function inOrder(gaps: readonly Observation[]): Observation[] {
  let atMs = 0;
  return gaps.map((gap) => ({ ...gap, atMs: (atMs += gap.atMs) }));
}
