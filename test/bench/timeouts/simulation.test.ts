import { describe, expect, it } from 'vitest';
import { binomialBand, binomialQuantile } from '../../../bench/timeouts/binomial.ts';
import { closedLoop } from '../../../bench/timeouts/closed-loop.ts';
import {
  lognormal,
  mixture,
  normalSurvival,
  pareto,
  quantileMs,
  scaled,
} from '../../../bench/timeouts/distributions.ts';
import { QUEUE_MAX, Service, WORKERS } from '../../../bench/timeouts/overloaded-service.ts';
import { reversals } from '../../../bench/timeouts/reversals.ts';
import { fixed } from '../../../bench/timeouts/rivals/fixed.ts';
import type { Rule } from '../../../bench/timeouts/rule.ts';
import { Scorer, WARM_UP } from '../../../bench/timeouts/score.ts';
import { STREAMS } from '../../../bench/timeouts/streams.ts';
import { Ring, SlicedWindow } from '../../../bench/timeouts/window.ts';
import type { Observation } from '../../../src/timeout/types.ts';

const AIM = { targetRate: 0.01, seed: 1 };

/** Arms what it is given, one after the other, and remembers what it was told. */
function script(armed: readonly number[]) {
  const seen: Observation[] = [];
  const asked: number[] = [];
  const rule: Rule = {
    name: 'script',
    timeoutMs: (nowMs) => armed[asked.push(nowMs) - 1] as number,
    observe: (observation) => seen.push(observation),
  };
  return { rule, seen, asked };
}

describe('closed loop', () => {
  it('tells of replies and of timeouts in the order of their ends', () => {
    const { rule, seen } = script([100, 20, 100]);
    const data = { gapsMs: Float64Array.of(10, 10, 10), rttsMs: Float64Array.of(50, 60, 5) };
    expect([...closedLoop(rule, data)]).toEqual([100, 20, 100]);
    expect(seen).toEqual([
      { atMs: 35, durationMs: 5, outcome: 'completed', armedMs: 100 },
      { atMs: 40, durationMs: 20, outcome: 'timed-out', armedMs: 20 },
      { atMs: 60, durationMs: 50, outcome: 'completed', armedMs: 100 },
    ]);
  });

  it('tells of what has ended before it asks again', () => {
    const seenWhenAsked: number[] = [];
    let seen = 0;
    const rule: Rule = {
      name: 'counts',
      timeoutMs: () => (seenWhenAsked.push(seen), 1000),
      observe: () => {
        seen++;
      },
    };
    closedLoop(rule, { gapsMs: Float64Array.of(10, 10, 10), rttsMs: Float64Array.of(5, 15, 5) });
    expect(seenWhenAsked).toEqual([0, 1, 1]);
  });

  it('lets requests wait while too many are in flight', () => {
    const { rule, asked } = script([1000, 1000, 1000, 1000]);
    const data = { gapsMs: Float64Array.of(1, 1, 1, 1), rttsMs: Float64Array.of(50, 60, 20, 5) };
    closedLoop(rule, data, { inFlightMax: 2 });
    expect(asked).toEqual([1, 2, 51, 62]);
  });

  it('ends a thousand requests that are in flight at once', () => {
    const rttsMs = Float64Array.from({ length: 5000 }, (_, i) => 20_000 - ((i * 7919) % 5000));
    const { rule, seen } = script(new Array<number>(5000).fill(30_000));
    closedLoop(rule, { gapsMs: new Float64Array(5000).fill(1), rttsMs });
    expect(seen).toHaveLength(5000);
    const ends = seen.map(({ atMs }) => atMs);
    expect(ends).toEqual([...ends].sort((a, b) => a - b));
  });

  it('registers requests with a rule that wants it', () => {
    const ended: Observation[] = [];
    const rule: Rule = {
      name: 'registers',
      timeoutMs: () => 10,
      observe: () => expect.unreachable(),
      begin: () => ({ end: (observation) => ended.push(observation), drop: () => undefined }),
    };
    closedLoop(rule, { gapsMs: Float64Array.of(1), rttsMs: Float64Array.of(20) });
    expect(ended).toEqual([{ atMs: 11, durationMs: 10, outcome: 'timed-out', armedMs: 10 }]);
  });
});

describe('score', () => {
  const counted = 20_000;
  const requests = WARM_UP + counted;
  /** Every hundredth takes 100 ms, the others 10. */
  const rttsMs = Float64Array.from({ length: requests }, (_, i) => (i % 100 === 0 ? 100 : 10));
  const data = {
    gapsMs: new Float64Array(requests).fill(10),
    rttsMs,
    oracleMs: () => new Float64Array(requests).fill(10),
  };

  it('of the constant of hindsight is 1 in everything', () => {
    const armed = closedLoop(fixed(10).make(AIM), data);
    const score = new Scorer(data, 0.01).score(armed);
    expect(score).toMatchObject({ rejected: 200, price: 1, hindsightMs: 10, pinball: 1 });
    expect(score.achieved).toBeCloseTo(1, 12);
    expect(score.worstBlock).toBeCloseTo(1, 12);
    expect(score.deciles.min).toBeCloseTo(1, 12);
    expect(score.deciles.max).toBeCloseTo(1, 12);
  });

  it('of twice that constant', () => {
    const score = new Scorer(data, 0.01).score(new Float64Array(requests).fill(20));
    expect(score).toMatchObject({ rejected: 200, price: 2 });
    // 0.99 × 80 + 0.01 × 99 × 10 of a hundred, beside 0.99 × 90
    expect(score.pinball).toBeCloseTo((0.99 * 80 + 0.01 * 99 * 10) / (0.99 * 90), 9);
  });

  it('sees through a rule that is right on average only', () => {
    const armed = rttsMs.map((_, i) => (i % 2 === 0 ? 5 : 500));
    const score = new Scorer(data, 0.5).score(armed);
    expect(score.achieved).toBeCloseTo(1, 12);
    expect(score.deciles).toMatchObject({ min: 0, max: 2, minCutOff: 0, maxCutOff: 10_000 });
  });
});

describe('chance', () => {
  it('has the quantiles of Binomial(100, 0.1)', () => {
    expect([0.025, 0.5, 0.975].map((q) => binomialQuantile(100, 0.1, q))).toEqual([5, 10, 16]);
  });

  it('is wider for the extremes of ten cells than for one', () => {
    const [low, high] = binomialBand(100_000, 0.001);
    expect(low).toBeCloseTo(0.81, 2);
    expect(high).toBeCloseTo(1.2, 2);
    expect(binomialBand(100_000, 0.001, 10)[1]).toBeGreaterThan(high);
  });
});

describe('distributions', () => {
  it('knows the normal tail', () => {
    expect(normalSurvival(0)).toBeCloseTo(0.5, 6);
    expect(normalSurvival(3.090232) / 0.001).toBeCloseTo(1, 4);
    expect(normalSurvival(-1.959964)).toBeCloseTo(0.975, 6);
  });

  it('has the quantiles of the textbook', () => {
    expect(quantileMs(pareto(4, 1.5), 0.001)).toBeCloseTo(400, 6);
    expect(quantileMs(lognormal(8, 0.8), 0.001)).toBeCloseTo(8 * Math.exp(0.8 * 3.090232), 3);
    expect(quantileMs(scaled(lognormal(8, 0.8), 3), 0.5)).toBeCloseTo(24, 4);
    expect(quantileMs(mixture(pareto(4, 1.5), pareto(4, 1.5), 0.3), 0.001)).toBeCloseTo(400, 6);
  });
});

describe('streams', () => {
  it.each(STREAMS.filter(({ kind }) => kind !== 'recorded'))(
    '$name exceeds its oracle as often as it says, and comes again with its seed',
    (stream) => {
      const data = stream.generate(5, 100_000);
      const oracle = data.oracleMs?.(0.01) as Float64Array;
      const over = data.rttsMs.filter((rtt, i) => rtt > (oracle[i] as number)).length / 100_000;
      const isBursty = stream.name.startsWith('bursts');
      expect(over).toBeGreaterThan(isBursty ? 0.006 : 0.0085);
      expect(over).toBeLessThan(isBursty ? 0.016 : 0.0115);
      expect(stream.generate(5, 100_000).rttsMs).toEqual(data.rttsMs);
    },
  );

  it.each(['ycsb', 'seattle', 'jhiccup', 'own'])('plays %s', (name) => {
    const stream = STREAMS.find((each) => each.name === name);
    const { rttsMs, oracleMs } = stream?.generate(5, 20_000) ?? {};
    expect(oracleMs).toBeUndefined();
    expect(rttsMs?.every((rtt) => rtt > 0 && rtt < 60_000)).toBe(true);
  });
});

describe('windows', () => {
  it('forgets a slice at a time', () => {
    const window = new SlicedWindow({ sliceMs: 10, slices: 2, readsNewest: true });
    window.record(5, 7);
    window.record(15, 9);
    expect(window.count).toBe(2);
    window.advance(20);
    expect(window.count).toBe(1);
    window.advance(30);
    expect(window.count).toBe(0);
    expect(window.quantileMs(0.5)).toBeNaN();
  });

  it('leaves out the slice that still fills, if told to', () => {
    const window = new SlicedWindow({ sliceMs: 10, slices: 2, readsNewest: false });
    window.record(5, 7);
    expect(window.count).toBe(0);
    window.advance(25);
    expect(window.count).toBe(1);
    window.advance(30);
    expect(window.count).toBe(0);
  });

  it('keeps the last values', () => {
    const ring = new Ring(3);
    for (const value of [1, 2, 3, 4]) ring.push(value);
    expect([...ring.filled()].sort()).toEqual([2, 3, 4]);
  });
});

describe('reversals', () => {
  it('counts turns by more than the factor', () => {
    expect(reversals([1, 3, 1, 3, 1], 2)).toBe(3);
    expect(reversals([1, 3, 2, 3, 2], 2)).toBe(0);
    expect(reversals([1, 2, 4, 8, 5, 3], 2)).toBe(1);
    expect(reversals([], 2)).toBe(0);
  });
});

describe('overloaded service', () => {
  const PATIENT_MS = 60_000;

  /** All workers are busy until 100. */
  function busy(abandoned: 'served' | 'dropped'): Service {
    const service = new Service(abandoned);
    for (let i = 0; i < WORKERS; i++) expect(service.serve(0, PATIENT_MS, 100)).toBe(100);
    return service;
  }

  it('lets those wait for whom there is no worker', () => {
    const service = busy('served');
    expect(service.serve(10, PATIENT_MS, 20)).toBe(110);
    expect(service.serve(200, PATIENT_MS, 20)).toBe(20);
  });

  it('works for those who are gone, or drops them', () => {
    for (const abandoned of ['served', 'dropped'] as const) {
      const service = busy(abandoned);
      for (let i = 0; i < WORKERS; i++) service.serve(0, 50, 1000);
      const wasted = abandoned === 'served' ? 1000 : 0;
      expect(service.serve(0, PATIENT_MS, 20)).toBe(100 + wasted + 20);
    }
  });

  it('refuses those for whom the queue has no room', () => {
    const service = busy('served');
    for (let i = 0; i < QUEUE_MAX; i++) expect(service.serve(0, 1, 1)).toBeGreaterThan(0);
    expect(service.serve(0, 1, 1)).toBeUndefined();
    expect(service.serve(110, 1, 1)).toBeGreaterThan(0);
  });
});
