import { beforeAll, describe, expect, it } from 'vitest';
import { Estimator } from '../../src/timeout/estimator.ts';
import { seed, VERIFY } from '../support/capabilities.ts';
import { type Call, closedLoop, cutOffShare } from '../support/closed-loop.ts';
import { type Random, randomFrom } from '../support/random.ts';

const TARGET = 0.01;
const PER_SECOND = 50;
const REQUESTS = VERIFY ? 1_000_000 : 100_000;
const TO_MS = (REQUESTS / PER_SECOND) * 1000;

/** How long a reply takes that starts then: of one service, which may remember. */
type Service = (random: Random) => (startedAtMs: number) => number;

const lognormal: Service = (random) => () => random.lognormal(50, 0.4);

function step(factor: number): Service {
  return (random) => (atMs) => random.lognormal(50 * (atMs < TO_MS / 2 ? 1 : factor), 0.4);
}

const SERVICES: [string, Service][] = [
  ['lognormal', lognormal],
  ['Pareto 1.5', (random) => () => 40 / (1 - random.next()) ** (1 / 1.5)],
  [
    'bimodal, 2 % of it ten times as long',
    (random) => () => random.lognormal(random.next() < 0.02 ? 500 : 50, 0.2),
  ],
  ['three times as long from the middle on', step(3)],
  ['ten times as long from the middle on', step(10)],
  ['a third as long from the middle on', step(1 / 3)],
  [
    'slow in bursts of 20',
    (random) => {
      let burst = 0;
      return () => {
        if (burst === 0 && random.next() < 0.001) burst = 20;
        return random.lognormal(burst > 0 && burst-- > 0 ? 400 : 50, 0.3);
      };
    },
  ],
  [
    'breathing by a half within an hour',
    (random) => (atMs) => random.lognormal(50 + 25 * Math.sin(atMs / 600_000), 0.4),
  ],
];

interface Run {
  readonly estimator: Estimator;
  readonly calls: readonly Call[];
}

function run(service: Service): Run {
  const random = randomFrom(seed());
  const estimator = new Estimator({ targetRate: TARGET });
  const rttMs = service(random);
  const calls = closedLoop({
    ...{ estimator, random, rttMs },
    ...{ perSecond: PER_SECOND, fromMs: 0, toMs: TO_MS },
  });
  return { estimator, calls };
}

/** The constant that would have cut off as many. */
function constantInHindsight(calls: readonly Call[]): number {
  const rtts = calls.map(({ rttMs }) => rttMs).sort((a, b) => b - a);
  return rtts[calls.filter(({ cutOff }) => cutOff).length]!;
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}

describe.each(SERVICES)(`${REQUESTS} requests to a service that is %s`, (_, service) => {
  let estimator: Estimator;
  let calls: readonly Call[];
  beforeAll(() => {
    ({ estimator, calls } = run(service));
  });

  it('are cut off at the target rate', () => {
    expect(cutOffShare(calls) / TARGET).toBeGreaterThan(0.8);
    expect(cutOffShare(calls) / TARGET).toBeLessThan(1.25);
  });

  it('are cut off at three times the target in the worst block of 10,000, at most', () => {
    for (let i = 0; i < calls.length; i += 10_000) {
      const block = calls.slice(i, i + 10_000);
      if (block.length === 10_000) expect(cutOffShare(block) / TARGET).toBeLessThan(3);
    }
  });

  it('wait hardly longer than with the best constant, which nobody knows', () => {
    const armed = mean(calls.map(({ armedMs }) => armedMs));
    expect(armed / constantInHindsight(calls)).toBeLessThan(1.3);
  });

  it('are what is told: the achieved rate is that of the calls', () => {
    const { achievedRate } = estimator.advice(TO_MS);
    expect(achievedRate! / cutOffShare(calls)).toBeGreaterThan(0.97);
    expect(achievedRate! / cutOffShare(calls)).toBeLessThan(1.03);
  });

  it('leave one curve, that phi, survival, timeout and hedge delay are read from', () => {
    const { value, hedgeMs } = estimator.advice(TO_MS);
    expect(estimator.timeoutMs(TO_MS)).toBe(value);
    expect(Math.abs(estimator.phi(value!)! + Math.log10(TARGET))).toBeLessThan(0.02);
    expect(estimator.survival(value!)! / 10 ** -estimator.phi(value!)!).toBeCloseTo(1, 9);
    expect(hedgeMs).toBeLessThanOrEqual(value!);
    expect(Math.abs(estimator.phi(hedgeMs!)! + Math.log10(0.05))).toBeLessThan(0.02);
  });
});
