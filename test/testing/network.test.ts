import { describe, expect, it } from 'vitest';
import { drawDelayMs } from '../../src/testing/delay.ts';
import { type LinkOptions, type Links, Network } from '../../src/testing/network.ts';
import { randomFrom } from '../../src/testing/random.ts';
import { VirtualTime } from '../../src/testing/virtual-time.ts';
import { seed } from '../support/capabilities.ts';

interface Arrival {
  readonly from: number;
  readonly to: number;
  readonly payload: number;
  readonly atMs: number;
}

const CONSTANT: LinkOptions = { delay: { kind: 'constant', delayMs: 5 } };

function networkOf(link: LinkOptions = CONSTANT) {
  const time = new VirtualTime();
  const arrived: Arrival[] = [];
  const network = new Network<number>({
    ...{ time, link, random: randomFrom(seed()) },
    deliver: (from, to, payload) => void arrived.push({ from, to, payload, atMs: time.nowMs }),
    bytesOf: () => 100,
  });
  return { time, network, arrived };
}

function links(from: number[], to: number[], direction: Links['direction']): Links {
  return { from: new Set(from), to: new Set(to), direction };
}

/** Which of the six directions between three nodes let a message through. */
function open(network: Network<number>, time: VirtualTime, arrived: Arrival[]): string[] {
  arrived.length = 0;
  for (const from of [0, 1, 2])
    for (const to of [0, 1, 2]) if (from !== to) network.send(from, to, 0);
  time.runUntil(time.nowMs + 10_000);
  return arrived.map(({ from, to }) => `${from}>${to}`).sort();
}

/** The share of messages over one link that a rate of `share` would lose in all but one of a billion runs. */
function within(share: number, sent: number, spread = 1): [number, number] {
  const margin = 6 * Math.sqrt((share * (1 - share) * spread) / sent);
  return [share - margin, share + margin];
}

describe('a link', () => {
  it('delivers after its delay and counts messages and bytes', () => {
    const { time, network, arrived } = networkOf();
    network.send(0, 1, 7);
    time.runUntil(100);
    expect(arrived).toEqual([{ from: 0, to: 1, payload: 7, atMs: 5 }]);
    const none = { lost: 0, duplicated: 0 };
    expect(network.counters).toEqual({ sent: 1, bytes: 100, delivered: 1, ...none });
  });

  it('loses its share of messages, each for itself', () => {
    const { time, network, arrived } = networkOf({ ...CONSTANT, lossRate: 0.2 });
    for (let i = 0; i < 20_000; i++) network.send(0, 1, i);
    time.runUntil(100);
    const [low, high] = within(0.2, 20_000);
    expect(1 - arrived.length / 20_000).toBeGreaterThan(low);
    expect(1 - arrived.length / 20_000).toBeLessThan(high);
    expect(network.counters.lost + network.counters.delivered).toBe(20_000);
  });

  it('loses in bursts as long as Gilbert and Elliott say', () => {
    const burstLoss = { enterBad: 0.02, leaveBad: 0.2, lossGood: 0, lossBad: 1 };
    const { time, network, arrived } = networkOf({ ...CONSTANT, burstLoss });
    const sent = 100_000;
    for (let i = 0; i < sent; i++) network.send(0, 1, i);
    time.runUntil(100);
    const share = 0.02 / 0.22;
    // Losses within a burst hang together: as many independent ones are 2/leaveBad times fewer.
    const [low, high] = within(share, sent, 10);
    expect(1 - arrived.length / sent).toBeGreaterThan(low);
    expect(1 - arrived.length / sent).toBeLessThan(high);
    const bursts = arrived.filter(
      ({ payload }, i) => payload !== (arrived[i - 1]?.payload ?? -1) + 1,
    );
    expect((sent - arrived.length) / bursts.length).toBeGreaterThan(4.5);
    expect((sent - arrived.length) / bursts.length).toBeLessThan(5.5);
  });

  it('delivers some messages twice', () => {
    const { time, network, arrived } = networkOf({ ...CONSTANT, duplicateRate: 0.5 });
    for (let i = 0; i < 1000; i++) network.send(0, 1, i);
    time.runUntil(100);
    expect(arrived).toHaveLength(1000 + network.counters.duplicated);
    expect(network.counters.duplicated).toBeGreaterThan(400);
    expect(network.counters.duplicated).toBeLessThan(600);
  });

  it('lets later messages overtake those that it holds back', () => {
    const { time, network, arrived } = networkOf({
      ...CONSTANT,
      reorderRate: 0.1,
      reorderMaxMs: 50,
    });
    for (let i = 0; i < 1000; i++) time.schedule(i, () => network.send(0, 1, i));
    time.runUntil(2000);
    const payloads = arrived.map(({ payload }) => payload);
    expect(payloads).toHaveLength(1000);
    expect(payloads).not.toEqual(payloads.toSorted((a, b) => a - b));
    expect(Math.max(...arrived.map(({ atMs, payload }) => atMs - payload))).toBeLessThanOrEqual(55);
  });

  it('may differ by direction', () => {
    const time = new VirtualTime();
    const arrivals: number[] = [];
    const network = new Network<number>({
      ...{ time, random: randomFrom(seed()) },
      link: (from) => ({ delay: { kind: 'constant', delayMs: from === 0 ? 1 : 9 } }),
      deliver: () => void arrivals.push(time.nowMs),
    });
    network.send(0, 1, 0);
    network.send(1, 0, 0);
    time.runUntil(10);
    expect(arrivals).toEqual([1, 9]);
  });
});

describe('an impairment', () => {
  const ALL = ['0>1', '0>2', '1>0', '1>2', '2>0', '2>1'];

  it.each([
    ['one way', links([0], [1], 'one-way'), ['0>2', '1>0', '1>2', '2>0', '2>1']],
    ['both ways', links([0], [1], 'both'), ['0>2', '1>2', '2>0', '2>1']],
    ['of one node both ways', links([0], [1, 2], 'both'), ['1>2', '2>1']],
    ['of what one node hears', links([1, 2], [0], 'one-way'), ['0>1', '0>2', '1>2', '2>1']],
  ])('cuts %s and no other direction, until it ends', (_, cut, passing) => {
    const { time, network, arrived } = networkOf();
    const heal = network.impair(cut, { kind: 'cut' });
    expect(open(network, time, arrived)).toEqual(passing);
    heal();
    expect(open(network, time, arrived)).toEqual(ALL);
  });

  it('keeps a link cut until the last of two cuts ends', () => {
    const { time, network, arrived } = networkOf();
    const first = network.impair(links([0], [1], 'both'), { kind: 'cut' });
    const second = network.impair(links([0], [1, 2], 'both'), { kind: 'cut' });
    first();
    expect(open(network, time, arrived)).toEqual(['1>2', '2>1']);
    second();
    expect(open(network, time, arrived)).toEqual(ALL);
  });

  it('clogs: holds what is sent and delivers it all at once, in order', () => {
    const { time, network, arrived } = networkOf();
    const unclog = network.impair(links([0], [1], 'one-way'), { kind: 'clog' });
    for (const payload of [1, 2, 3]) network.send(0, 1, payload);
    time.runUntil(1000);
    expect(arrived).toEqual([]);
    unclog();
    time.runUntil(1000);
    expect(arrived.map(({ payload, atMs }) => [payload, atMs])).toEqual([
      ...[1, 2, 3].map((payload) => [payload, 1000]),
    ]);
  });

  it('adds a delay', () => {
    const { time, network, arrived } = networkOf();
    network.impair(links([0], [1], 'one-way'), { kind: 'delay', addMs: 300 });
    network.send(0, 1, 0);
    network.send(1, 0, 0);
    time.runUntil(1000);
    expect(arrived.map(({ to, atMs }) => [to, atMs])).toEqual([
      [0, 5],
      [1, 305],
    ]);
  });

  it('is remembered with its times', () => {
    const { time, network } = networkOf();
    const heal = network.impair(links([0], [1], 'both'), { kind: 'cut' });
    expect(network.history.map(({ fromMs, untilMs }) => [fromMs, untilMs])).toEqual([
      [0, Infinity],
    ]);
    time.runUntil(50);
    heal();
    heal();
    expect(network.history.map(({ fromMs, untilMs }) => [fromMs, untilMs])).toEqual([[0, 50]]);
  });

  it('and the link itself leave a trace where a message was lost or late', () => {
    const { time, network } = networkOf({ delay: { kind: 'constant', delayMs: 900 } });
    expect(network.lastTroubleMs(0, 1)).toBe(-Infinity);
    network.send(0, 1, 0);
    expect(network.lastTroubleMs(0, 1)).toBe(900);
    time.runUntil(2000);
    network.impair(links([1], [0], 'one-way'), { kind: 'cut' });
    network.send(1, 0, 0);
    expect(network.lastTroubleMs(1, 0)).toBe(2000);
  });
});

describe('drawDelayMs', () => {
  const random = randomFrom(seed());
  const many = (draw: () => number) => Array.from({ length: 20_000 }, draw).sort((a, b) => a - b);

  it('is constant, or lognormal around its median', () => {
    expect(drawDelayMs({ kind: 'constant', delayMs: 3 }, random)).toBe(3);
    const delays = many(() => drawDelayMs({ kind: 'lognormal', medianMs: 40, sigma: 0.5 }, random));
    expect(delays[10_000]).toBeGreaterThan(38.5);
    expect(delays[10_000]).toBeLessThan(41.5);
    expect(delays[0]).toBeGreaterThan(0);
  });

  it('has a Pareto tail: a hundredth is longer than minMs × 100^(1/shape)', () => {
    const pareto = { kind: 'pareto', minMs: 10, shape: 2, maxMs: 1000 } as const;
    const delays = many(() => drawDelayMs(pareto, random));
    expect(delays[0]).toBeGreaterThanOrEqual(10);
    expect(delays.at(-1)).toBeLessThanOrEqual(1000);
    const [low, high] = within(0.01, 20_000);
    const longer = delays.filter((delayMs) => delayMs > 100).length / 20_000;
    expect(longer).toBeGreaterThan(low);
    expect(longer).toBeLessThan(high);
  });
});
