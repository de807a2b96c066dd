import fc from 'fast-check';
import { expect, it } from 'vitest';
import { planQos, type QosPlan, type QosRequest } from '../../src/detector/qos.ts';
import { seed } from '../support/capabilities.ts';
import { runs } from '../support/properties.ts';
import { randomFrom } from '../support/random.ts';

/** From 1 to 10^6, evenly over the decades. */
const decades = (from: number, to: number) =>
  fc.integer({ min: 100 * from, max: 100 * to }).map((exponent) => 10 ** (exponent / 100));

const stepped = (x: number) => (x < 50 ? 1 : x < 400 ? 0.2 : 0.03);

const requests: fc.Arbitrary<QosRequest> = fc
  .record({
    detectWithinMs: decades(2, 4.5),
    factor: decades(0.1, 8),
    mistakeLastsMs: fc.option(decades(2, 5), { nil: undefined }),
    lossRate: fc.double({ min: 0, max: 0.9, noNaN: true }),
    delayVarianceMs2: decades(0, 6),
    delayMeanMs: fc.constantFrom(0, 20),
    survival: fc.option(fc.constant(stepped), { nil: undefined, freq: 3 }),
    minIntervalMs: fc.constantFrom(1, 100, 1000),
  })
  .map(({ factor, ...rest }) => ({ ...rest, mistakeEveryMs: rest.detectWithinMs * factor }));

it('the best of an impossible request is possible', () => {
  let impossible = 0;
  fc.assert(
    fc.property(requests, (request) => {
      const plan = planQos(request);
      if (plan.feasible) return;
      impossible++;
      for (const [key, value] of Object.entries(plan.best)) {
        if (value === undefined) continue;
        expect(planQos({ ...request, [key]: value }).feasible).toBe(true);
      }
      const { detectWithinMs } = plan.best;
      if (detectWithinMs === undefined) return;
      expect(detectWithinMs).toBeGreaterThan(request.detectWithinMs);
      const shorter = planQos({ ...request, detectWithinMs: 0.989 * detectWithinMs });
      expect(shorter.feasible).toBe(false);
    }),
    runs(200),
  );
  expect(impossible).toBeGreaterThan(20);
});

it('a looser request never gets a shorter interval', () => {
  const looser = fc.record({
    detectWithinMs: fc.constantFrom(1, 1.01, 2),
    mistakeEveryMs: fc.constantFrom(1, 0.99, 0.5),
    mistakeLastsMs: fc.constantFrom(1, 1.01, 2),
    lossRate: fc.constantFrom(1, 0.99, 0),
    delayVarianceMs2: fc.constantFrom(1, 0.99, 0),
    delayMeanMs: fc.constantFrom(1, 0),
    minIntervalMs: fc.constantFrom(1, 0.999),
  });
  fc.assert(
    fc.property(requests, looser, (request, factors) => {
      const plan = planQos(request);
      const loose: QosRequest = {
        ...request,
        detectWithinMs: request.detectWithinMs * factors.detectWithinMs,
        mistakeEveryMs: request.mistakeEveryMs * factors.mistakeEveryMs,
        mistakeLastsMs: request.mistakeLastsMs && request.mistakeLastsMs * factors.mistakeLastsMs,
        lossRate: request.lossRate! * factors.lossRate,
        delayVarianceMs2: request.delayVarianceMs2! * factors.delayVarianceMs2,
        delayMeanMs: request.delayMeanMs! * factors.delayMeanMs,
        minIntervalMs: Math.max(1, request.minIntervalMs! * factors.minIntervalMs),
      };
      if (!plan.feasible || loose.mistakeEveryMs <= loose.detectWithinMs) return;
      const other = planQos(loose);
      expect(other.feasible && other.intervalMs).toBeGreaterThanOrEqual(plan.intervalMs);
    }),
    runs(300),
  );
});

it('a plan says what was asked for', () => {
  fc.assert(
    fc.property(requests, (request) => {
      const plan = planQos(request);
      if (!plan.feasible) return;
      const { intervalMs, deadlineMs, phi } = plan;
      expect(intervalMs).toBeGreaterThanOrEqual(request.minIntervalMs!);
      expect(deadlineMs).toBeGreaterThanOrEqual(0);
      const detectMs = request.delayMeanMs! + intervalMs + deadlineMs;
      expect(detectMs).toBeCloseTo(request.detectWithinMs, 6);
      expect(plan.expectedMistakeEveryMs).toBeGreaterThanOrEqual(request.mistakeEveryMs);
      expect(intervalMs * 10 ** phi).toBeCloseTo(request.mistakeEveryMs, 0);
    }),
    runs(300),
  );
});

/** What a detector with this plan does on independent beats, judged at each instant one is due. */
function replayed(plan: QosPlan, delayMs: () => number, meanMs: number, beats: number) {
  const { intervalMs, deadlineMs } = plan;
  const ahead = Math.ceil((meanMs + deadlineMs) / intervalMs) + 1;
  const arrivedMs = Array.from({ length: beats + ahead + 1 }, (_, i) => i * intervalMs + delayMs());
  let isSuspected = false;
  let mistakes = 0;
  let wrongMs = 0;
  for (let i = 1; i < beats; i++) {
    const judgedAtMs = i * intervalMs + meanMs + deadlineMs;
    const heardAtMs = Math.min(...arrivedMs.slice(i, i + ahead + 1));
    const isMissing = heardAtMs > judgedAtMs;
    if (isMissing && !isSuspected) mistakes++;
    if (isMissing) wrongMs += Math.min(heardAtMs - judgedAtMs, intervalMs);
    isSuspected = heardAtMs > judgedAtMs + (isMissing ? intervalMs : 0);
  }
  return { mistakes, wrongMs, observedMs: beats * intervalMs };
}

const LOSS = 0.1;
const MEAN_MS = 50;
const BEATS = 400_000;

it.each([
  ['variance', { delayVarianceMs2: MEAN_MS ** 2 }],
  [
    'survival function',
    { survival: (x: number) => Math.min(1, Math.exp(-(x + MEAN_MS) / MEAN_MS)) },
  ],
])('keeps its promise on simulated beats, planned by their %s', (_, known) => {
  const random = randomFrom(seed());
  const delayMs = () => (random.next() < LOSS ? Infinity : random.exponential(MEAN_MS));
  const asked = { detectWithinMs: 1000, mistakeEveryMs: 100_000, mistakeLastsMs: 800 };
  const plan = planQos({ ...asked, lossRate: LOSS, delayMeanMs: MEAN_MS, ...known });
  if (!plan.feasible) throw new Error(plan.reason);
  const { mistakes, wrongMs, observedMs } = replayed(plan, delayMs, MEAN_MS, BEATS);
  const allowed = observedMs / asked.mistakeEveryMs;
  expect(mistakes).toBeLessThan(allowed + 5 * Math.sqrt(allowed));
  expect(wrongMs / mistakes).toBeLessThan(1.05 * asked.mistakeLastsMs);
  // Not by being overcautious either: of what was expected, mistakes are what the formula drops
  // (the beat before must have arrived, which nine of ten do), if the distribution was known.
  const expected = observedMs / plan.expectedMistakeEveryMs;
  const share = 'survival' in known ? [0.75, 1.05] : [0.2, 1.05];
  expect(mistakes / expected).toBeGreaterThan(share[0]!);
  expect(mistakes / expected).toBeLessThan(share[1]!);
});

it('sees a crash in time, whenever it comes', () => {
  fc.assert(
    fc.property(requests, fc.double({ min: 0, max: 1, noNaN: true }), (request, at) => {
      const plan = planQos(request);
      if (!plan.feasible) return;
      // Beat 0 was sent, beat 1 is not: suspected when beat 1 has been due for the deadline.
      const crashedAtMs = at * plan.intervalMs;
      const suspectedAtMs = plan.intervalMs + request.delayMeanMs! + plan.deadlineMs;
      expect(suspectedAtMs - crashedAtMs).toBeLessThan(request.detectWithinMs + 1e-6);
    }),
    runs(100),
  );
});
