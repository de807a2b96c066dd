import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Judged, ReplyModel } from '../../src/timeout/reply-model.ts';
import { timeoutSettings } from '../../src/timeout/settings.ts';
import { anyDurationMs } from '../support/arbitraries.ts';
import { runs } from '../support/properties.ts';

const RATES = [0.5, 0.3, 0.1, 0.05, 0.01, 0.001, 1e-4];

/** One level after another, each with its own noise: some are cut off, some not to be judged. */
const anyJudged: fc.Arbitrary<Judged[]> = fc
  .array(
    fc.record({
      levelMs: anyDurationMs,
      factors: fc.array(fc.double({ min: 0.2, max: 5, noNaN: true }), {
        minLength: 1,
        maxLength: 8,
      }),
      count: fc.integer({ min: 1, max: 400 }),
      cutOffEvery: fc.integer({ min: 1, max: 30 }),
      armedFactor: fc.option(fc.double({ min: 0.5, max: 20, noNaN: true }), { nil: undefined }),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((stretches) =>
    stretches.flatMap(({ levelMs, factors, count, cutOffEvery, armedFactor }) =>
      Array.from({ length: count }, (_, i): Judged => {
        const durationMs = levelMs * factors[i % factors.length]!;
        const censored = i % cutOffEvery === cutOffEvery - 1 && cutOffEvery > 1;
        const armedMs = armedFactor === undefined ? undefined : armedFactor * levelMs;
        return { durationMs, censored, armedMs: censored && armedMs ? durationMs : armedMs };
      }),
    ),
  );

function told(all: readonly Judged[], targetRate: number): ReplyModel {
  const model = new ReplyModel(timeoutSettings({ targetRate }));
  for (const judged of all) {
    model.observe(judged);
    if (model.isStale) model.read();
  }
  model.read();
  return model;
}

const anyTarget = fc.constantFrom(0.5, 0.05, 0.01, 0.001, 1e-4);

describe('whatever a model was told', () => {
  it('its quantiles are positive, finite, and do not fall', () =>
    fc.assert(
      fc.property(anyJudged, anyTarget, (all, targetRate) => {
        const model = told(all, targetRate);
        let before = Number.MIN_VALUE;
        for (const p of RATES) {
          const ms = model.quantileMs(p);
          expect(ms).toBeLessThan(Infinity);
          expect(ms).toBeGreaterThanOrEqual(before);
          before = ms;
        }
      }),
      { ...runs(30, 600), endOnFailure: true },
    ));

  it('phi does not fall and is finite', () =>
    fc.assert(
      fc.property(anyJudged, anyTarget, fc.array(anyDurationMs), (all, targetRate, times) => {
        const model = told(all, targetRate);
        let before = 0;
        for (const ms of times.sort((a, b) => a - b)) {
          expect(model.phi(ms)).toBeGreaterThanOrEqual(before);
          before = model.phi(ms);
          expect(before).toBeLessThanOrEqual(300);
        }
      }),
      { ...runs(30, 600), endOnFailure: true },
    ));

  it('phi is the inverse of its quantiles, up to the end of belief', () =>
    fc.assert(
      fc.property(anyJudged, anyTarget, (all, targetRate) => {
        const model = told(all, targetRate);
        fc.pre(model.replies > 0);
        const farMs = Math.min(1e15, model.quantileMs(1e-300));
        for (const p of RATES) {
          const ms = model.quantileMs(p);
          if (ms >= 0.999 * farMs) continue;
          // Levels that contradict each other lie close together: phi rises steeply there.
          expect(model.quantileMs(10 ** -model.phi(ms)) / ms).toBeCloseTo(1, 2);
        }
      }),
      { ...runs(30, 600), endOnFailure: true },
    ));

  it('the timeout is the quantile of the target, or the median, up to the end of belief', () =>
    fc.assert(
      fc.property(anyJudged, anyTarget, (all, targetRate) => {
        const model = told(all, targetRate);
        fc.pre(model.replies > 0);
        const farMs = Math.min(1e15, model.quantileMs(1e-300));
        const phi = model.phi(model.timeoutMs());
        if (model.timeoutMs() < 0.999 * farMs)
          expect(phi).toBeGreaterThan(-Math.log10(targetRate) - 0.02);
      }),
      { ...runs(30, 600), endOnFailure: true },
    ));

  it('what is taken back was never there', () =>
    fc.assert(
      fc.property(anyJudged, anyJudged, anyTarget, (all, later, targetRate) => {
        const model = told(all, targetRate);
        const before = [model.timeoutMs(), ...RATES.map((p) => model.quantileMs(p)), model.seen];
        const restore = model.checkpoint();
        for (const judged of later) {
          model.observe(judged);
          if (model.isStale) model.read();
        }
        restore();
        const after = [model.timeoutMs(), ...RATES.map((p) => model.quantileMs(p)), model.seen];
        expect(after).toEqual(before);
      }),
      { ...runs(30, 600), endOnFailure: true },
    ));
});
