/** A clock at the edge of the budget: one verdict, in votes, events and views, that holds still. */
import { describe, expect, it } from 'vitest';
import { seed } from '../support/capabilities.ts';
import { randomFrom } from '../support/random.ts';
import { ClockNet } from './clock-net.ts';
import { INTERVAL_MS, type Way } from './tiny-net.ts';

const BUDGET_MS = 500;
const THREE = ['a', 'b', 'c'];
const OBSERVERS = ['a', 'b'];
const STALE_MS = 600_000;
/** Two are needed; the likeliest offset is a guess, and may once be on the wrong side. */
const CHANGES_MAX = 4;

/** Delays differ, so that the ends of intervals move to and fro; nothing is overtaken. */
function netOf(aheadMs: number, slowestMs = 10): ClockNet {
  const random = randomFrom(seed());
  const arrivals = new Map<string, number>();
  const way: Way = (from, to) => {
    const { nowMs } = net.time;
    const key = `${from} ${to}`;
    const atMs = Math.max(nowMs + 1 + slowestMs * random.next(), arrivals.get(key) ?? 0);
    arrivals.set(key, atMs);
    return atMs - nowMs;
  };
  const net: ClockNet = new ClockNet(THREE, { walls: { c: { aheadMs } }, way });
  net.delivered = (to, { kind, from }) => {
    if (kind === 'answer' && from === 'c') expectOneVerdict(net, to);
  };
  return net.run(5 * INTERVAL_MS, () => expectOneVoice(net));
}

const outBy = (net: ClockNet, at: string) => [...net.clock(at, 'c')!.outBy].sort();

/** What was told of the clock of c, in turn. */
const toldBy = (net: ClockNet, at: string) =>
  net.eventsOf(at, 'clock').flatMap(({ peer, from, to }) => (peer === 'c' ? [[from, to]] : []));

const lastToldBy = (net: ClockNet, at: string) => toldBy(net, at).at(-1)?.[1] ?? 'within';

/** Who has just heard of c shows what it says, and nothing against what is certain. */
function expectOneVerdict(net: ClockNet, at: string): void {
  const clock = net.clock(at, 'c');
  if (!clock) return; // the answer was of no use
  const { lowMs, highMs, verdict } = clock;
  if (lowMs > BUDGET_MS) expect(verdict).toBe('out');
  if (highMs <= BUDGET_MS) expect(verdict).toBe('within');
  expect(lastToldBy(net, at)).toBe(verdict);
  expect(outBy(net, at).includes(at)).toBe(verdict === 'out');
}

/** Votes say what events say. */
function expectOneVoice(net: ClockNet): void {
  for (const at of OBSERVERS) {
    if (!net.clock(at, 'c')) continue;
    expect(outBy(net, at).includes(at)).toBe(lastToldBy(net, at) === 'out');
  }
}

describe('a clock at the edge of the budget', () => {
  it('is within, then ambiguous, then out, and back, without going to and fro', () => {
    const net = netOf(BUDGET_MS - 15).drift('c', 100);
    net.run(300_000, () => expectOneVoice(net));
    const there = OBSERVERS.map((at) => toldBy(net, at));
    net.drift('c', -100).run(400_000, () => expectOneVoice(net));
    OBSERVERS.forEach((at, i) => {
      const back = toldBy(net, at).slice(there[i]!.length);
      expect(there[i]![0]).toEqual(['within', 'ambiguous']);
      expect(there[i]!.at(-1)).toEqual(['ambiguous', 'out']);
      expect(back[0]).toEqual(['out', 'ambiguous']);
      expect(back.at(-1)).toEqual(['ambiguous', 'within']);
      expect(there[i]!.length).toBeLessThanOrEqual(CHANGES_MAX);
      expect(back.length).toBeLessThanOrEqual(CHANGES_MAX);
    });
  });

  it('stays what it was while the likeliest goes with that', () => {
    const within = netOf(BUDGET_MS - 3, 1);
    const out = netOf(BUDGET_MS + 3, 1);
    for (const [net, verdict] of [
      [within, 'within'],
      [out, 'out'],
    ] as const) {
      expect(net.clock('a', 'c')!.verdict).toBe(verdict);
      const sign = verdict === 'within' ? 1 : -1;
      // Told steps, small ones: the interval is as wide as the delays again, and straddles.
      net.way = () => 8;
      net.step('c', sign).run(5 * INTERVAL_MS);
      for (const at of OBSERVERS) {
        const { lowMs, highMs } = net.clock(at, 'c')!;
        expect([lowMs < BUDGET_MS, highMs > BUDGET_MS]).toEqual([true, true]);
        expect(net.clock(at, 'c')!.verdict).toBe(verdict);
      }
      const told = toldBy(net, 'a').length;
      // The other side of the budget, and nothing is certain: it is neither.
      net.step('c', 4 * sign).run(5 * INTERVAL_MS);
      expect(net.clock('a', 'c')!.verdict).toBe('ambiguous');
      expect(toldBy(net, 'a').slice(told)).toEqual([[verdict, 'ambiguous']]);
      // Back again, and still nothing is certain.
      net.step('c', -4 * sign).run(5 * INTERVAL_MS);
      expect(net.clock('a', 'c')!.verdict).toBe('ambiguous');
    }
  });

  it('is out for all others as long as it is for those who say so', () => {
    const net = netOf(BUDGET_MS + 3, 1);
    for (const at of OBSERVERS) expect(net.state(at, 'c')).toBe('clock-out');
    net.way = () => 8;
    net.step('c', -1).run(5 * INTERVAL_MS, () => expectOneVoice(net));
    for (const at of OBSERVERS) {
      expect(outBy(net, at)).toEqual(OBSERVERS);
      expect(net.called(at, 'c').at(-1)).toBe('clock-out');
    }
    expect(net.eventsOf('c', 'self-clock-out').map(({ out }) => out)).toEqual([true]);
  });
});

describe('a clock that was not heard for ten minutes', () => {
  it('is not shown, and is again once it answers', () => {
    const net = netOf(0).kill('c');
    const killedMs = net.time.nowMs;
    net.run(STALE_MS - 2 * INTERVAL_MS - (net.time.nowMs - killedMs));
    expect(net.clock('a', 'c')).toBeDefined();
    net.expectTruth('a', 'c');
    net.run(3 * INTERVAL_MS);
    expect(net.clock('a', 'c')).toBeUndefined();
    expect(net.clock('a', 'b')).toBeDefined();
    net.revive('c').run(3 * INTERVAL_MS);
    net.expectTruth('a', 'c');
  });
});

describe('votes on clocks', () => {
  const FIVE = ['a', 'b', 'c', 'd', 'e'];
  const away = () => new ClockNet(FIVE, { walls: { c: { aheadMs: 10_000 } } }).run(5 * INTERVAL_MS);
  const nowAt = (net: ClockNet, names: readonly string[]) => {
    for (const at of names) net.node(at).membership.setMembers(names, net.now(at));
  };

  it('of those who stay survive a change of members', () => {
    const net = away();
    expect(outBy(net, 'a')).toEqual(['a', 'b', 'd', 'e']);
    nowAt(net, ['a', 'b', 'c', 'd']);
    expect(outBy(net, 'a')).toEqual(['a', 'b', 'd']);
    net.watch(2 * INTERVAL_MS, () => expect(net.state('a', 'c')).toBe('clock-out'));
    expect(net.called('a', 'c').at(-1)).toBe('clock-out');
    expect(net.eventsOf('c', 'self-clock-out').map(({ out }) => out)).toEqual([true]);
  });

  it('of those who go do not', () => {
    const net = away();
    nowAt(net, ['a', 'c', 'd']);
    nowAt(net, FIVE);
    expect(outBy(net, 'a')).toEqual(['a', 'd']);
    net.run(3 * INTERVAL_MS);
    expect(outBy(net, 'a')).toEqual(['a', 'b', 'd', 'e']);
  });
});
