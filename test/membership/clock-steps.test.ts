import { describe, expect, it } from 'vitest';
import { ClockNet } from './clock-net.ts';
import { INTERVAL_MS } from './tiny-net.ts';

const THREE = ['a', 'b', 'c'];
const settled = () => new ClockNet(THREE).run(10_000);

describe('a step of our own wall clock', () => {
  it.each([10_000, -250, 3_600_000])(
    'of %s ms is none of others, and moves all at once',
    (byMs) => {
      const net = settled();
      net.step('a', byMs).run(INTERVAL_MS);
      for (const of of ['b', 'c']) {
        net.expectTruth('a', of);
        expect(net.clock('a', of)!.steps).toBe(0);
        expect(net.clock('a', of)!.offsetMs).toBeCloseTo(-byMs, 0);
      }
      net.run(20_000);
      expect(net.eventsOf('a', 'clock-step')).toEqual([]);
    },
  );

  it('is seen with the next instant that we are given, before anybody answers', () => {
    const net = settled().kill('b').kill('c').step('a', 10_000);
    net.node('a').membership.tick(net.now('a'));
    for (const of of ['b', 'c']) net.expectTruth('a', of);
  });

  it('makes ours the one that is out', () => {
    const net = settled()
      .step('a', 10_000)
      .run(5 * INTERVAL_MS);
    expect(net.eventsOf('a', 'self-clock-out').map(({ out }) => out)).toEqual([true]);
    expect([net.state('b', 'a'), net.state('c', 'a')]).toEqual(['clock-out', 'clock-out']);
    expect([net.state('a', 'b'), net.state('a', 'c')]).toEqual(['alive', 'alive']);
  });
});

describe.each([
  ['that it tells of', 0],
  ['that nobody tells of', undefined],
])('a step of the clock of a peer %s', (_, steps) => {
  const told = () => new ClockNet(THREE, { walls: { c: { steps } } }).run(10_000);

  it.each([10_000, -250, 50])('of %s ms is told and sized', (byMs) => {
    const net = told();
    net.step('c', byMs).run(2 * INTERVAL_MS);
    for (const at of ['a', 'b']) {
      const seen = net.eventsOf(at, 'clock-step');
      expect(seen).toMatchObject([{ peer: 'c' }]);
      expect(Math.abs(seen[0]!.byMs - byMs)).toBeLessThanOrEqual(seen[0]!.errorMs);
      expect(seen[0]!.errorMs).toBeLessThan(5);
      expect(net.clock(at, 'c')!.steps).toBe(1);
      net.expectTruth(at, 'c');
      expect(net.clock(at, 'b' === at ? 'a' : 'b')!.steps).toBe(0);
    }
    expect(net.eventsOf('c', 'clock-step')).toEqual([]);
  });

  it('that was noticed is not told again', () => {
    const net = told().step('c', 10_000).run(60_000);
    expect(net.eventsOf('a', 'clock-step')).toHaveLength(1);
  });

  it('is known again in its next life', () => {
    const net = told().step('c', 10_000).run(5000).kill('c').run(5000).step('c', -10_000);
    net.revive('c').run(5000);
    for (const at of ['a', 'b']) net.expectTruth(at, 'c');
    net.step('c', 700).run(5000);
    for (const at of ['a', 'b']) net.expectTruth(at, 'c');
  });
});

describe('steps that fit into the delays', () => {
  it('are known, as their owner tells of them', () => {
    const net = new ClockNet(THREE, { way: () => 5 }).run(10_000);
    for (let i = 0; i < 30; i++) {
      net.step('c', 0.7).run(2 * INTERVAL_MS);
      for (const at of ['a', 'b']) net.expectTruth(at, 'c');
    }
    expect(net.clock('a', 'c')!.steps).toBe(30);
  });
});
