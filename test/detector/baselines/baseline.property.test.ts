import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as baselines from '../../../src/detector/baselines/index.ts';
import type { Detector } from '../../../src/detector/types.ts';
import { runs } from '../../support/properties.ts';
import { feed, regular } from './support.ts';

const { DEADLINE_PHI } = baselines;

const RIVALS: readonly (readonly [string, () => Detector, number])[] = [
  ['Pekko', baselines.createPekkoDetector, baselines.PEKKO_PHI],
  ['Cassandra', baselines.createCassandraDetector, baselines.CASSANDRA_PHI],
  ['Chen', baselines.createChenDetector, DEADLINE_PHI],
  ['Chen by send time', () => baselines.createChenDetector({ by: 'send-time' }), DEADLINE_PHI],
  ['Bertier', baselines.createBertierDetector, DEADLINE_PHI],
  ['2W', baselines.createTwoWindowDetector, DEADLINE_PHI],
  ['2W by send time', () => baselines.createTwoWindowDetector({ by: 'send-time' }), DEADLINE_PHI],
  ['fixed', baselines.createFixedDetector, DEADLINE_PHI],
  ['EWMA', baselines.createEwmaDetector, DEADLINE_PHI],
  ['Satzger', baselines.createSatzgerDetector, baselines.SATZGER_PHI],
];

const arrivals = fc
  .array(fc.double({ min: 0, max: 5000, noNaN: true }), { minLength: 1, maxLength: 60 })
  .map((gaps) => {
    let atMs = 1000;
    return gaps.map((gapMs) => (atMs += gapMs));
  });

describe.each(RIVALS)('%s', (_, make, phi) => {
  it('knows nothing before the first heartbeat', () => {
    expect(make().phi(5)).toBeUndefined();
    expect(make().deadlineMs(phi)).toBe(Infinity);
  });

  it('has a finite deadline at which phi is reached, and a phi that grows with the silence', () => {
    fc.assert(
      fc.property(arrivals, (arrivedMs) => {
        const detector = make();
        feed(detector, arrivedMs, 3);
        const lastMs = arrivedMs.at(-1)!;
        const deadlineMs = detector.deadlineMs(phi);
        expect(deadlineMs).toBeGreaterThanOrEqual(lastMs);
        expect(deadlineMs).toBeLessThan(Infinity);
        const step = 1e-6 * (1 + deadlineMs - lastMs);
        expect(detector.phi(deadlineMs + step)).toBeGreaterThanOrEqual(phi * (1 - 1e-9));
        let before = -1;
        for (const silenceMs of [0, 1, 10, 100, 1000, 2000, 4000, 8000, 3_600_000]) {
          const now = detector.phi(lastMs + silenceMs)!;
          expect(now).toBeGreaterThanOrEqual(Math.max(0, before));
          before = now;
        }
      }),
      runs(100),
    );
  });

  it('does not count a silence of which we slept a part', () => {
    const [awake, slept] = [make(), make()];
    for (const detector of [awake, slept]) feed(detector, regular(50, 1000), 3);
    slept.localPause(49_500, 51_500);
    expect(slept.deadlineMs(phi)).toBeCloseTo(awake.deadlineMs(phi) + 2000, 6);
    expect(slept.phi(52_000)).toBeCloseTo(awake.phi(50_000)!, 9);
    slept.localPause(40_000, 48_000); // before the last heartbeat
    expect(slept.deadlineMs(phi)).toBeCloseTo(awake.deadlineMs(phi) + 2000, 6);
  });

  it('ignores heartbeats that were overtaken', () => {
    const detector = make();
    feed(detector, regular(20, 1000), 3);
    const deadlineMs = detector.deadlineMs(phi);
    detector.heartbeat({ arrivedAtMs: 19_400, sentAtMs: 17_997, seq: 18 });
    detector.heartbeat({ arrivedAtMs: 18_000, sentAtMs: 19_997, seq: 20 });
    expect(detector.deadlineMs(phi)).toBe(deadlineMs);
  });

  it('begins anew when the sender restarts', () => {
    const [restarted, fresh] = [make(), make()];
    feed(restarted, regular(20, 700), 3);
    for (const detector of [restarted, fresh]) {
      detector.heartbeat({ arrivedAtMs: 60_000, sentAtMs: 5, seq: 0, bootId: 'b' });
      detector.heartbeat({ arrivedAtMs: 61_000, sentAtMs: 1005, seq: 1, bootId: 'b' });
    }
    expect(restarted.deadlineMs(phi)).toBeCloseTo(fresh.deadlineMs(phi), 9);
  });

  it.each([NaN, Infinity, -Infinity])('refuses %f as an instant', (instant) => {
    const detector = make();
    const beat = { arrivedAtMs: 0, sentAtMs: 0, seq: 0 };
    const code = expect.objectContaining({ code: 'ERR_TARDY_ARGUMENT' }) as Error;
    expect(() => detector.heartbeat({ ...beat, arrivedAtMs: instant })).toThrow(code);
    expect(() => detector.heartbeat({ ...beat, sentAtMs: instant })).toThrow(code);
    expect(() => detector.heartbeat({ ...beat, seq: instant })).toThrow(code);
    expect(() => detector.localPause(0, instant)).toThrow(code);
    expect(() => detector.phi(instant)).toThrow(code);
    expect(() => detector.deadlineMs(instant)).toThrow(code);
  });
});

it('what is learned of a gap leaves out what we slept', () => {
  const detector = baselines.createCassandraDetector();
  feed(detector, [0]);
  detector.localPause(500, 1500);
  detector.heartbeat({ arrivedAtMs: 2000, seq: 1 });
  const meanMs = (2000 + 1000) / 2;
  expect(detector.deadlineMs(8) - 2000).toBeCloseTo(18.4207 * meanMs, 0);
});

it.each([
  ['intervalMs', () => baselines.createFixedDetector({ intervalMs: 0 })],
  ['timeoutMs', () => baselines.createFixedDetector({ timeoutMs: NaN })],
  [
    'windowSize',
    () => {
      baselines.createCassandraDetector({ windowSize: 0.5 }).heartbeat({ arrivedAtMs: 0 });
    },
  ],
  ['threshold', () => baselines.createPekkoDetector({ threshold: -1 })],
  ['marginMs', () => baselines.createChenDetector({ marginMs: -1 })],
  ['gain', () => baselines.createEwmaDetector({ gain: 2 })],
])('names %s when it is wrong', (name, make) => {
  expect(make).toThrow(`${name} must be`);
});
