import { describe, expect, it } from 'vitest';
import { Hub } from '../../../bench/detector/live/hub.ts';
import { cutOneWay } from '../../../bench/detector/live/one-way.ts';
import { probingRun, rival, SCENES } from '../../../bench/detector/live/probing-sim.ts';
import { scaleOf } from '../../../bench/detector/live/scale.ts';
import { mean, ms, quantile, spread } from '../../../bench/detector/live/spread.ts';
import { drawStallMs, isPaused } from '../../../bench/detector/live/stalls.ts';
import { LIVE_PARTS, PARTS, readOptions } from '../../../bench/detector/options.ts';
import { ownTraces } from '../../../bench/detector/recorded.ts';
import { createFixedDetector } from '../../../src/detector/baselines/index.ts';
import { randomFrom } from '../../support/random.ts';

describe('parts of the membership at work', () => {
  it('are a group of their own, and not among those by default', () => {
    expect(readOptions(['--part', 'live'])).toMatchObject({ parts: LIVE_PARTS });
    expect(readOptions(['--part', 'gate,kill'])).toMatchObject({ parts: ['gate', 'kill'] });
    expect(PARTS.filter((part) => (LIVE_PARTS as readonly string[]).includes(part))).toEqual([]);
  });
});

describe('figures of many runs', () => {
  it('are quantiles of what was seen', () => {
    const values = [5, 1, 4, 2, 3];
    expect([0, 0.2, 0.5, 0.99, 1].map((q) => quantile(values, q))).toEqual([1, 1, 3, 5, 5]);
    expect(mean(values)).toBe(3);
    expect(quantile([], 0.5)).toBeNaN();
  });

  it('are told in ms, and what never came is told so', () => {
    expect([3.14159, 12.7, Infinity, NaN].map(ms)).toEqual(['3.1', '13', 'never', '-']);
    expect(spread([1, 2, Infinity])).toEqual(['2.0', 'never', 'never', 'never']);
    expect(spread([])).toEqual(['-', '-', '-', '-']);
  });
});

describe('a stall', () => {
  it('lasts half a second to ten, mostly up to one and a half', () => {
    const random = randomFrom(3);
    const lengths = Array.from({ length: 2000 }, () => drawStallMs(random));
    expect(Math.min(...lengths)).toBeGreaterThanOrEqual(500);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(10_000);
    expect(Math.max(...lengths)).toBeGreaterThan(8000);
    expect(lengths.filter((length) => length <= 1500).length / 2000).toBeCloseTo(0.85, 1);
  });

  it('is not to blame where the peer stood still for long when it ended', () => {
    const stall = { fromMs: 1000, toMs: 2000 };
    expect(isPaused([{ fromMs: 1900, toMs: 2200 }], stall)).toBe(true);
    expect(isPaused([{ fromMs: 1990, toMs: 2050 }], stall)).toBe(false); // too short
    expect(isPaused([{ fromMs: 1100, toMs: 1400 }], stall)).toBe(false); // long over
    expect(isPaused([{ fromMs: 3500, toMs: 3900 }], stall)).toBe(false); // later
  });
});

describe('a rival in the simulation', () => {
  const link = { delay: { kind: 'constant', delayMs: 5 } } as const;
  const common = { link, intervalMs: 1000, lostAtMs: 60_500, phi: 1 };
  const make = () => createFixedDetector({ intervalMs: 1000, timeoutMs: 2500 });

  it('sees the loss by the last answer that still came', () => {
    const { detectionMs, mistakes } = rival({ ...common, make, pauses: [], random: randomFrom(1) });
    expect(mistakes).toBe(0);
    expect(detectionMs).toHaveLength(1);
    expect(detectionMs[0]).toBeGreaterThan(2500 - 1015);
    expect(detectionMs[0]).toBeLessThan(2520);
  });

  it('is wrong where the sender pauses for longer than it waits', () => {
    const pauses = [
      { fromMs: 40_000, toMs: 44_000 },
      { fromMs: 50_000, toMs: 50_200 },
    ];
    expect(rival({ ...common, make, pauses, random: randomFrom(1) }).mistakes).toBe(1);
  });
});

describe('in the simulator', () => {
  it('a loss is seen by all, with as many messages for the rivals', () => {
    const outcome = probingRun(4, SCENES[0]!);
    for (const who of ['tardy', 'pekko', 'cassandra'] as const) {
      expect(outcome[who].detectionMs).toHaveLength(4);
      expect(outcome[who].mistakes).toBe(0);
    }
    expect((4 * 1000) / outcome.rivalIntervalMs).toBeCloseTo(outcome.messagesASecond, 9);
    expect(probingRun(4, SCENES[0]!)).toEqual(outcome);
  });

  it('a cut of one direction is seen where nothing comes any more, and nowhere else', () => {
    const { rightIntervals, others, dead } = cutOneWay(11);
    expect(rightIntervals).toBeGreaterThan(0);
    expect(rightIntervals).toBeLessThanOrEqual(3);
    expect([others, dead]).toEqual([0, 0]);
  });

  it('a group counts its messages, and misses no loss', () => {
    const scale = scaleOf({ nodes: 3, seeds: 2, liveMs: 30_000 }, 5);
    expect(scale.detectionMs).toHaveLength(4);
    expect(scale).toMatchObject({ missed: 0, mistakes: 0 });
    expect(scale.messagesASecond).toBeGreaterThan(1);
  });
});

describe('a hub in memory', () => {
  it('hears everyone it watches, and answers who watches it', () => {
    let calls = 0;
    const timed = <T>(call: () => T): T => {
      calls++;
      return call();
    };
    const hub = new Hub({ seed: 1, members: 20, observers: 21, timed });
    hub.run(5000);
    expect(hub.watched).toBe(20);
    expect(hub.membership.livePeers(hub.time.nowMs)).toHaveLength(20);
    expect(calls).toBeGreaterThan(20 * 2 * 4);
  });
});

describe('our own recordings', () => {
  it('are all for judging, and whole', () => {
    const traces = ownTraces();
    expect(new Set(traces.map(({ name }) => name)).size).toBe(traces.length);
    for (const { set, seq, arrivedMs } of traces) {
      expect(set).toBe('judging');
      expect(seq.length).toBeGreaterThanOrEqual(30_000);
      expect(arrivedMs).toHaveLength(seq.length);
    }
  });
});
