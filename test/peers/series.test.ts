import { describe, expect, it } from 'vitest';
import { RouteSeries } from '../../src/peers/route-series.ts';
import { RTT_BOUNDARIES_S, SeriesBudget } from '../../src/peers/series-budget.ts';
import { ServerRoutes } from '../../src/peers/server-routes.ts';
import { call, makeWorld, open } from '../support/traffic.ts';

/** Prometheus counts a histogram's 37 buckets, +Inf, sum and count. */
const HISTOGRAM = 40;
/** Sixteen gauges and counters, and the first histogram. */
const ROUTE = 60;

describe('the exported buckets', () => {
  it('are two per power of two from 250 µs to 65 s', () => {
    expect(RTT_BOUNDARIES_S).toHaveLength(37);
    expect(RTT_BOUNDARIES_S[0]).toBe(0.00025);
    expect(RTT_BOUNDARIES_S.at(-1)).toBe(65.5);
    for (let i = 1; i < RTT_BOUNDARIES_S.length; i++) {
      const ratio = RTT_BOUNDARIES_S[i]! / RTT_BOUNDARIES_S[i - 1]!;
      expect(ratio).toBeCloseTo(Math.SQRT2, 1);
    }
  });
});

describe('the budget of series', () => {
  it('is never passed', () => {
    const budget = new SeriesBudget(100);
    expect([budget.take(60), budget.take(41), budget.take(40), budget.take(1)]).toEqual([
      true,
      false,
      true,
      false,
    ]);
    budget.giveBack(40);
    expect(budget.used).toBe(60);
    expect(budget.take(40)).toBe(true);
  });

  it('tells when a histogram is opened, and not when there is no room', () => {
    const budget = new SeriesBudget(HISTOGRAM);
    let opened = 0;
    budget.onOpen = () => opened++;
    expect(budget.openHistogram(RTT_BOUNDARIES_S)).toBeDefined();
    expect(budget.openHistogram(RTT_BOUNDARIES_S)).toBeUndefined();
    expect(opened).toBe(1);
  });
});

describe('the series of a route', () => {
  function routeSeries(max: number) {
    const budget = new SeriesBudget(max);
    const other = new RouteSeries('_other', '_other', budget);
    return { budget, other, series: RouteSeries.within(budget, 'a', 'GET /', other) };
  }

  it('take room when they are needed, and give it back', () => {
    const { budget, series } = routeSeries(1000);
    expect(budget.used).toBe(ROUTE);
    series.recordRtt('completed', 0.1);
    series.recordRtt('completed', 0.2);
    expect(budget.used).toBe(ROUTE);
    series.recordRtt('timed-out', 1);
    expect(budget.used).toBe(ROUTE + HISTOGRAM);
    series.close();
    expect(budget.used).toBe(0);
    series.close();
    expect(budget.used).toBe(0);
  });

  it('are those of _other when there is no room at all', () => {
    const { budget, series, other } = routeSeries(ROUTE - 1);
    expect(series).toBe(other);
    series.recordRtt('completed', 0.1);
    expect(other.rtt.get('completed')?.count).toBe(1);
    expect(budget.used).toBe(0);
  });

  it('leave a histogram to _other when there is no room for it, for good', () => {
    const { budget, series, other } = routeSeries(ROUTE);
    series.recordRtt('completed', 0.1);
    series.recordRtt('failed', 0.1);
    expect(series.rtt.has('failed')).toBe(false);
    expect(other.rtt.get('failed')?.count).toBe(1);
    expect(budget.used).toBe(ROUTE);
  });

  it('that are over take no room any more, also when a late request ends', () => {
    const world = makeWorld({ maxRoutesPerPeer: 1 });
    const slow = open(world, 'a', '/slow', 0);
    world.traffic.written(slow, 0, false);
    call(world, 'a', '/new', 20_000);
    call(world, 'a', '/new', 20_001);
    world.traffic.end(slow, 'timed-out', 30_000);
    const living = [...world.table.all()].flatMap((peer) => [...peer.routes.values()]);
    const further = living.map(({ series }) => Math.max(0, series.rtt.size - 1) * HISTOGRAM);
    const taken = further.reduce((sum, histograms) => sum + ROUTE + histograms, 0);
    const ofPeers = [...world.table.all()].reduce((sum, peer) => sum + 22 * peer.series.size, 0);
    expect(world.table.series.used).toBe(taken + ofPeers);
  });
});

describe('the routes of our own server', () => {
  it('are recorded in seconds, apart by method', () => {
    const routes = new ServerRoutes(new SeriesBudget(1000));
    routes.record('GET', '/users/:id', 20, 0);
    routes.record('GET', '/users/:id', 30, 0);
    routes.record('PUT', '/users/:id', 40, 0);
    expect([...routes.all()]).toMatchObject([
      { method: 'GET', route: '/users/:id', duration: { count: 2, sum: 0.05 } },
      { method: 'PUT', route: '/users/:id', duration: { count: 1, sum: 0.04 } },
    ]);
  });

  it('without room go to _other, and none is lost', () => {
    const budget = new SeriesBudget(2 * HISTOGRAM);
    const routes = new ServerRoutes(budget);
    for (let i = 0; i < 50; i++) routes.record('GET', `/${i}`, 5, 0);
    expect([...routes.all()].map(({ route }) => route)).toEqual(['/0', '/1', '_other']);
    expect([...routes.all()].map(({ duration }) => duration.count)).toEqual([1, 1, 48]);
    expect(budget.used).toBe(2 * HISTOGRAM);
  });

  it('are 512 and _other at most', () => {
    const routes = new ServerRoutes(new SeriesBudget(1_000_000));
    for (let i = 0; i < 2000; i++) routes.record('GET', `/${i}`, 5, 0);
    expect([...routes.all()].length).toBeLessThanOrEqual(513);
    const total = [...routes.all()].reduce((sum, { duration }) => sum + duration.count, 0);
    expect(total).toBe(2000);
  });
});
