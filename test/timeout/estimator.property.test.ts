import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { survivalCurve } from '../../src/histogram.ts';
import { Estimator } from '../../src/timeout/estimator.ts';
import type { InFlight, Observation } from '../../src/timeout/index.ts';
import { anyDurationMs, hostileNumber, hostileObservations } from '../support/arbitraries.ts';
import { countsOf } from '../support/histograms.ts';
import { runs } from '../support/properties.ts';

const anyOptions = fc.record(
  {
    targetRate: fc.double({ min: 1e-4, max: 0.5, noNaN: true }),
    maxMs: fc.integer({ min: 100, max: 100_000 }),
    minMs: fc.integer({ min: 1, max: 100 }),
    initialMs: fc.integer({ min: 1, max: 200_000 }),
    windowMs: fc.constantFrom(1000, 300_000, 3_600_000),
  },
  { requiredKeys: [] },
);

/** Some are begun before they end, some are left waiting, some dropped. */
const anyStory = fc.array(fc.constantFrom('observe', 'begin', 'leave', 'drop'), {
  minLength: 1,
  maxLength: 5,
});

interface Told {
  readonly estimator: Estimator;
  readonly nowMs: number;
}

/** Tells the observations to an estimator, asking it what to arm before each. */
function tell(
  all: readonly Observation[],
  story: readonly string[],
  options: ConstructorParameters<typeof Estimator>[0],
  look: (told: Told) => void = () => undefined,
): Told {
  const estimator = new Estimator(options);
  let nowMs = 0;
  for (const [i, observation] of all.entries()) {
    nowMs = observation.atMs;
    const armedMs = estimator.timeoutMs(nowMs);
    expect(armedMs).toBeGreaterThanOrEqual(estimator.settings.minMs);
    expect(armedMs).toBeLessThanOrEqual(estimator.settings.maxMs);
    act(estimator, story[i % story.length]!, observation);
    look({ estimator, nowMs });
  }
  return { estimator, nowMs };
}

function act(estimator: Estimator, how: string, observation: Observation): void {
  if (how === 'observe') {
    estimator.observe(observation);
    return;
  }
  const inFlight: InFlight = estimator.begin(observation.atMs);
  if (how === 'begin') inFlight.end(observation);
  if (how === 'drop') inFlight.drop();
}

describe('whatever was observed', () => {
  const many = hostileObservations(200);

  it('survival never rises and stays in (0, 1]; phi never falls and is finite', () =>
    fc.assert(
      fc.property(
        many,
        anyStory,
        anyOptions,
        fc.array(hostileNumber),
        (all, story, options, at) => {
          const { estimator } = tell(all, story, options);
          const times = [...at, -1, 0, 1, 50, 1e4].filter((t) => !Number.isNaN(t));
          let last = { survival: 1, phi: 0 };
          for (const t of times.sort((a, b) => a - b)) {
            const survival = estimator.survival(t);
            const phi = estimator.phi(t);
            expect(phi === undefined).toBe(survival === undefined);
            if (survival === undefined || phi === undefined) continue;
            expect(survival).toBeGreaterThan(0);
            expect(survival).toBeLessThanOrEqual(last.survival);
            expect(phi).toBeLessThan(Infinity);
            expect(phi).toBeGreaterThanOrEqual(last.phi);
            last = { survival, phi };
          }
        },
      ),
      runs(100),
    ));

  it('the timeout stays in [minMs, maxMs], also when asked long after', () =>
    fc.assert(
      fc.property(many, anyStory, anyOptions, fc.nat(1e9), (all, story, options, later) => {
        const { estimator, nowMs } = tell(all, story, options);
        const { minMs, maxMs } = estimator.settings;
        for (const atMs of [nowMs, nowMs + later, 0]) {
          expect(estimator.timeoutMs(atMs)).toBeGreaterThanOrEqual(minMs);
          expect(estimator.timeoutMs(atMs)).toBeLessThanOrEqual(maxMs);
        }
      }),
      runs(100),
    ));

  it('no advice is a number that is none, or out of range', () =>
    fc.assert(
      fc.property(many, anyStory, anyOptions, (all, story, options) => {
        const { estimator, nowMs } = tell(all, story, options);
        const { minMs, maxMs } = estimator.settings;
        const advice = estimator.advice(nowMs);
        for (const number of Object.values(advice)) expect(number).not.toBeNaN();
        expect(advice.value === undefined).toBe(advice.basis === 'insufficient');
        if (advice.value !== undefined) {
          expect(advice.value).toBeGreaterThanOrEqual(minMs);
          expect(advice.value).toBeLessThanOrEqual(maxMs);
        }
        expect(advice.hedgeMs ?? 0).toBeLessThanOrEqual(advice.value ?? 0);
        expect(advice.achievedRate ?? 0).toBeGreaterThanOrEqual(0);
        expect(advice.achievedRate ?? 0).toBeLessThanOrEqual(1);
        expect(advice.nEffective).toBeLessThanOrEqual(advice.n);
        expect(advice.lossRate ?? 0).toBeGreaterThanOrEqual(0);
        expect(advice.lossRate ?? 0).toBeLessThanOrEqual(1);
        expect(advice.expectedFalsePerDay ?? 0).toBeGreaterThanOrEqual(0);
        const text = [advice.reason, ...advice.warnings].join();
        expect(text).not.toMatch(/NaN|undefined|Infinity/);
      }),
      runs(100),
    ));

  it('no advice is below the median of the replies, unless the ceiling binds', () =>
    fc.assert(
      fc.property(hostileObservations(200), anyOptions, (all, options) => {
        const { estimator, nowMs } = tell(all, ['observe'], { ...options, windowMs: 3_600_000 });
        const replies = all
          .filter(({ outcome, durationMs }) => outcome === 'completed' && durationMs >= 0)
          .filter(({ localPauseMs }) => !((localPauseMs ?? 0) > 0))
          .map(({ durationMs }) => durationMs);
        const median = survivalCurve(countsOf(replies))?.quantileMs(0.5) ?? 0;
        const { value, ceilingHit } = estimator.advice(nowMs);
        if (value !== undefined && !ceilingHit) expect(value).toBeGreaterThanOrEqual(median);
      }),
      runs(100),
    ));

  it('there is no survival, phi or value without a reply', () =>
    fc.assert(
      fc.property(many, anyStory, (all, story) => {
        const unanswered = all.filter(({ outcome }) => outcome !== 'completed');
        const { estimator, nowMs } = tell(unanswered, story, {});
        expect(estimator.survival(100)).toBeUndefined();
        expect(estimator.phi(100)).toBeUndefined();
        expect(estimator.advice(nowMs)).toMatchObject({ basis: 'insufficient', n: 0 });
      }),
      runs(100),
    ));
});

describe('the bounds of any measured advice', () => {
  it('enclose the value, whatever is on its way or was given up', () =>
    fc.assert(
      fc.property(
        fc.array(anyDurationMs, { minLength: 100, maxLength: 300 }),
        fc.nat(15),
        fc.nat(15),
        (durations, waiting, cancelled) => {
          const estimator = new Estimator({ targetRate: 0.1, maxMs: 1e9, minMs: 1e-3 });
          const atMs = durations.length;
          for (const [i, durationMs] of durations.entries()) {
            estimator.observe({ atMs: i, durationMs, outcome: 'completed' });
          }
          for (let i = 0; i < cancelled; i++) {
            estimator.observe({ atMs, durationMs: 0.001, outcome: 'cancelled' });
          }
          for (let i = 0; i < waiting; i++) estimator.begin(atMs);
          const { value, lowerBoundMs, upperBoundMs } = estimator.advice(atMs);
          expect(lowerBoundMs ?? 0).toBeLessThanOrEqual(value!);
          expect(upperBoundMs ?? Infinity).toBeGreaterThanOrEqual(value!);
        },
      ),
      runs(300),
    ));
});
