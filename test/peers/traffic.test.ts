import { describe, expect, it } from 'vitest';
import { type Ending, ENDINGS, OUTCOME } from '../../src/peers/ending.ts';
import { call, fail, makeWorld, open } from '../support/traffic.ts';

/** What the metrics of a route show. */
function shown({ series }: ReturnType<typeof call>['route']) {
  return {
    rtt: Object.fromEntries([...series.rtt].map(([outcome, { count }]) => [outcome, count])),
    censored: Object.fromEntries(series.censored),
  };
}

describe('a request', () => {
  it('counts from written to answered: neither waiting for a connection nor the body', () => {
    const world = makeWorld();
    const exchange = open(world, 'a', '/', 0);
    world.traffic.written(exchange, 1000, false);
    world.traffic.replied(exchange, 1007);
    world.traffic.end(exchange, 'completed', 9000);
    const { series, estimator, requests, endings } = exchange.route;
    expect(series.rtt.get('completed')).toMatchObject({ count: 1, sum: 0.007 });
    expect(estimator.advice(9000)).toMatchObject({ n: 1, censored: 0 });
    expect(requests).toBe(1);
    expect([...endings]).toEqual([['completed', 1]]);
    expect(exchange.peer.lastReplyMs).toBe(1007);
  });

  it('to nobody is not followed', () => {
    const { traffic } = makeWorld();
    expect(traffic.open({ origin: 'data:x', method: 'GET', path: '/' }, 0)).toBeUndefined();
  });

  it('is on its way until its headers come or it ends', () => {
    const world = makeWorld();
    const { peer } = open(world, 'a', '/never', 0);
    const second = open(world, 'a', '/', 5);
    const third = open(world, 'a', '/', 6);
    expect(peer.inFlight.size).toBe(3);
    world.traffic.written(second, 5, false);
    world.traffic.replied(second, 7);
    world.traffic.end(third, 'cancelled', 8);
    expect(peer.inFlight.size).toBe(1);
    expect(peer.oldestInFlightMs(20, () => 0)).toBe(20);
    expect(peer.oldestInFlightMs(20, () => 15)).toBe(5);
    world.traffic.end(second, 'completed', 30);
    expect(peer.inFlight.size).toBe(1);
  });

  it('raises the estimate while it waits', () => {
    const world = makeWorld();
    for (let i = 0; i < 50; i++) call(world, 'a', '/', i);
    const { estimator } = call(world, 'a', '/', 50).route;
    const before = estimator.advice(100).value!;
    for (let i = 0; i < 20; i++) world.traffic.written(open(world, 'a', '/', 100), 100, false);
    expect(estimator.advice(5000).value).toBeGreaterThan(before);
  });

  it('has room for its own name', () => {
    const { traffic } = makeWorld();
    const opening = { origin: 'http://a', method: 'GET', path: '/users/42', name: 'getUser' };
    expect(traffic.open(opening, 0)!.route.name).toBe('getUser');
  });
});

describe('an ending without a reply', () => {
  const CUT_OFF: Ending[] = ['timed-out', 'cancelled'];
  const LOST: Ending[] = ['refused', 'reset', 'unreachable', 'dns', 'tls', 'failed'];

  it('of a body that broke off had a reply, and one of an idle connection says nothing', () => {
    expect(OUTCOME).toMatchObject({ truncated: 'completed', 'stale-reset': undefined });
  });

  it('is each tried here', () => {
    const others: Ending[] = ['completed', 'truncated', 'stale-reset'];
    expect([...CUT_OFF, ...LOST, ...others].sort()).toEqual([...ENDINGS].sort());
  });

  it.each(CUT_OFF)('%s tells that the reply takes longer', (ending) => {
    const { route } = fail(makeWorld(), 'a', ending, 0);
    expect(OUTCOME[ending]).toBe(ending);
    expect(route.estimator.advice(10)).toMatchObject({ n: 0, censored: 1, lossRate: undefined });
    expect(shown(route)).toEqual({ rtt: { [ending]: 1 }, censored: { [ending]: 1 } });
    expect([...route.endings]).toEqual([[ending, 1]]);
  });

  it.each(LOST)('%s is a loss', (ending) => {
    const { route } = fail(makeWorld(), 'a', ending, 0);
    expect(route.estimator.advice(10)).toMatchObject({ n: 0, censored: 0, lossRate: 1 });
    expect(shown(route)).toEqual({ rtt: { failed: 1 }, censored: { [ending]: 1 } });
    expect([...route.endings]).toEqual([[ending, 1]]);
  });

  it('by a reset of a connection that had idled out tells the estimator nothing', () => {
    const { route } = fail(makeWorld(), 'a', 'stale-reset', 0);
    const nothing = { n: 0, censored: 0, lossRate: undefined };
    expect(route.estimator.advice(10)).toMatchObject(nothing);
    expect(shown(route)).toEqual({ rtt: {}, censored: { 'stale-reset': 1 } });
  });

  it('before it was written is counted, and tells the estimator nothing', () => {
    const world = makeWorld();
    const exchange = open(world, 'a', '/', 0);
    world.traffic.end(exchange, 'refused', 5);
    const nothing = { n: 0, censored: 0, lossRate: undefined };
    expect(exchange.route.estimator.advice(10)).toMatchObject(nothing);
    expect(shown(exchange.route)).toEqual({ rtt: {}, censored: { refused: 1 } });
    expect([...exchange.route.endings]).toEqual([['refused', 1]]);
    expect(exchange.peer.inFlight.size).toBe(0);
  });
});

describe('of events that come twice or too late', () => {
  it('the first ending counts', () => {
    const world = makeWorld();
    const exchange = fail(world, 'a', 'timed-out', 0);
    world.traffic.end(exchange, 'refused', 7);
    world.traffic.replied(exchange, 8);
    world.traffic.leaveOut(exchange, 9);
    world.traffic.written(exchange, 10, false);
    expect([...exchange.route.endings]).toEqual([['timed-out', 1]]);
    expect(exchange.route.estimator.advice(20)).toMatchObject({ n: 0, censored: 1 });
    expect(exchange.peer.inFlight.size).toBe(0);
  });

  it('the first reply counts', () => {
    const world = makeWorld();
    const exchange = open(world, 'a', '/', 0);
    world.traffic.written(exchange, 0, false);
    world.traffic.replied(exchange, 5);
    world.traffic.replied(exchange, 50);
    world.traffic.written(exchange, 60, false);
    expect(exchange.route.series.rtt.get('completed')).toMatchObject({ count: 1, sum: 0.005 });
    expect(exchange.route.estimator.advice(100)).toMatchObject({ n: 1, censored: 0 });
  });

  it('the last writing counts: a retry begins anew', () => {
    const world = makeWorld();
    const exchange = open(world, 'a', '/', 0);
    world.traffic.written(exchange, 10, true);
    world.traffic.written(exchange, 500, false);
    expect(exchange.reused).toBe(false);
    expect(exchange.route.estimator.advice(501)).toMatchObject({ n: 0, censored: 1 });
    world.traffic.replied(exchange, 503);
    expect(exchange.route.series.rtt.get('completed')).toMatchObject({ count: 1, sum: 0.003 });
    expect(exchange.route.estimator.advice(504)).toMatchObject({ n: 1, censored: 0 });
  });

  it('a body that breaks off leaves the round trip as it was', () => {
    const world = makeWorld();
    const exchange = open(world, 'a', '/', 0);
    world.traffic.written(exchange, 0, false);
    world.traffic.replied(exchange, 5);
    world.traffic.end(exchange, 'truncated', 900);
    expect(exchange.route.estimator.advice(1000)).toMatchObject({ n: 1, censored: 0, lossRate: 0 });
    expect(shown(exchange.route)).toEqual({ rtt: { completed: 1 }, censored: { truncated: 1 } });
    expect([...exchange.route.endings]).toEqual([['truncated', 1]]);
  });
});

describe('a request that is left out', () => {
  it('was never there for the estimator, and ends silently', () => {
    const world = makeWorld();
    const exchange = open(world, 'a', '/', 0);
    world.traffic.written(exchange, 0, false);
    world.traffic.leaveOut(exchange, 30_000);
    world.traffic.end(exchange, 'truncated', 60_000);
    const { route, peer } = exchange;
    expect(route.estimator.advice(60_000)).toMatchObject({ n: 0, censored: 0 });
    expect(shown(route)).toEqual({ rtt: {}, censored: {} });
    expect(route.endings.size).toBe(0);
    expect(peer.inFlight.size).toBe(0);
  });

  it('is a sign of life all the same', () => {
    const world = makeWorld();
    const exchange = open(world, 'a', '/', 0);
    world.traffic.written(exchange, 0, false);
    const before = world.traffic.arrivals;
    world.traffic.leaveOut(exchange, 30);
    expect(exchange.peer.lastReplyMs).toBe(30);
    expect(world.traffic.arrivals).toBe(before + 1);
  });
});

describe('a request that overlaps a pause of our own', () => {
  it('is kept out of the round trips and does not inflate the estimate', () => {
    const world = makeWorld();
    for (let i = 0; i < 100; i++) call(world, 'a', '/', i);
    const { route } = call(world, 'a', '/', 100);
    const settled = route.estimator.advice(110).value!;
    world.pauses.tick(200); // the next is due at 220, and does not come
    for (let i = 0; i < 5; i++) {
      const exchange = open(world, 'a', '/', 210);
      world.traffic.written(exchange, 210, false);
      world.traffic.replied(exchange, 5220);
    }
    expect(shown(route)).toEqual({ rtt: { completed: 101 }, censored: { 'local-pause': 5 } });
    expect(route.estimator.advice(5300).n).toBe(101);
    expect(route.estimator.advice(5300).value).toBeLessThan(3 * settled);
  });

  it('is not said to have exceeded its timeout', () => {
    const world = makeWorld();
    for (let i = 0; i < 100; i++) call(world, 'a', '/', i);
    world.pauses.tick(200);
    const exchange = fail(world, 'a', 'timed-out', 210, 5000);
    expect(exchange.route.series).toMatchObject({
      exceeded: { shadow: { replied: 0, silent: 0 } },
    });
  });
});

describe('a request that takes longer than was advised', () => {
  it('is counted, apart by whether its reply came', () => {
    const world = makeWorld();
    for (let i = 0; i < 100; i++) call(world, 'a', '/', i);
    const { series } = call(world, 'a', '/', 200, 1000).route;
    expect(series).toMatchObject({ exceeded: { shadow: { replied: 1, silent: 0 } } });
    fail(world, 'a', 'timed-out', 2000, 90_000);
    expect(series).toMatchObject({ exceeded: { shadow: { replied: 1, silent: 1 } } });
  });

  it('is not counted while there is no advice', () => {
    const { series } = call(makeWorld(), 'a', '/', 0, 50_000).route;
    expect(series).toMatchObject({ exceeded: { shadow: { replied: 0, silent: 0 } } });
  });
});

describe('the time that the server says it worked', () => {
  function delayOf(serverMs: number | undefined, rttMs: number) {
    const world = makeWorld();
    const exchange = open(world, 'a', '/', 0);
    world.traffic.written(exchange, 0, false);
    world.traffic.replied(exchange, rttMs, serverMs);
    return exchange.peer.series.get('networkDelay');
  }

  it('leaves the rest to the network', () => {
    expect(delayOf(30, 50)).toMatchObject({ count: 1, sum: 0.02 });
    expect(delayOf(0, 50)).toMatchObject({ count: 1, sum: 0.05 });
  });

  it('is not believed beyond the round trip, and not missed', () => {
    expect(delayOf(51, 50)).toBeUndefined();
    expect(delayOf(undefined, 50)).toBeUndefined();
  });
});

describe('peers by address', () => {
  it('are one for each address behind a name', () => {
    const world = makeWorld({ peersByAddress: true });
    for (const [i, address] of ['10.0.0.1', '10.0.0.2', '10.0.0.1'].entries()) {
      const exchange = open(world, 'a', '/', i);
      world.traffic.written(exchange, i, false, address);
      world.traffic.replied(exchange, i + 5);
      world.traffic.end(exchange, 'completed', i + 5);
    }
    const replies = (name: string) =>
      world.table.peers.get(name)!.routes.get('GET /')!.estimator.advice(100).n;
    expect([replies('a:80/10.0.0.1'), replies('a:80/10.0.0.2'), replies('a:80')]).toEqual([
      2, 1, 0,
    ]);
  });

  it('take the waiting request along', () => {
    const world = makeWorld({ peersByAddress: true });
    const exchange = open(world, 'a', '/', 0);
    const base = exchange.peer;
    world.traffic.written(exchange, 1, false, '10.0.0.1');
    expect([base.inFlight.size, exchange.peer.inFlight.size]).toEqual([0, 1]);
    world.traffic.written(exchange, 2, false, '10.0.0.2');
    expect(exchange.peer.name).toBe('a:80/10.0.0.2');
    world.traffic.end(exchange, 'timed-out', 3);
    const censored = [...world.table.all()].map(
      ({ routes }) => routes.get('GET /')!.estimator.advice(10).censored,
    );
    expect(censored).toEqual([0, 0, 1]);
  });

  it('count a request once', () => {
    const world = makeWorld({ peersByAddress: true });
    const exchange = open(world, 'a', '/', 0);
    world.traffic.written(exchange, 1, false, '10.0.0.1');
    const requests = [...world.table.all()].flatMap((peer) =>
      [...peer.routes.values()].map((route) => route.requests),
    );
    expect(requests.reduce((a, b) => a + b, 0)).toBe(1);
  });

  it('are not made unless asked for', () => {
    const world = makeWorld();
    const exchange = open(world, 'a', '/', 0);
    world.traffic.written(exchange, 1, false, '10.0.0.1');
    expect([...world.table.peers.keys()]).toEqual(['a:80']);
  });
});

describe('the network delay', () => {
  function delays(connectMs: number | undefined, serverMs: number, queueMs?: number): number {
    const world = makeWorld();
    const exchange = open(world, 'a', '/', 0);
    if (connectMs !== undefined) exchange.peer.connected(0, connectMs);
    world.traffic.written(exchange, 0, false);
    world.traffic.replied(exchange, 100, serverMs, queueMs);
    return exchange.peer.series.get('networkDelay')?.sum ?? 0;
  }

  it('is what the server did not take, neither working nor waiting', () => {
    expect(delays(undefined, 60)).toBeCloseTo(0.04);
    expect(delays(5, 60, 20)).toBeCloseTo(0.02);
  });

  it('is not believed where less is left than the shortest handshake', () => {
    expect(delays(5, 96)).toBe(0);
    expect(delays(5, 90, 6)).toBe(0);
    expect(delays(4, 96)).toBeCloseTo(0.004);
  });
});

describe('the timeout that the code sets', () => {
  it('is what its client was given', () => {
    const world = makeWorld();
    const exchange = open(world, 'a', '/', 0);
    world.traffic.configured(exchange, 0);
    expect(exchange.route.configuredMs).toBeUndefined();
    world.traffic.configured(exchange, 300);
    expect(exchange.route.configuredMs).toBe(300);
  });

  it('is learned from the first that fires, unless ours was applied', () => {
    const world = makeWorld();
    expect(fail(world, 'a', 'timed-out', 0, 250).route.configuredMs).toBe(250);
    expect(fail(world, 'a', 'timed-out', 0, 400).route.configuredMs).toBe(250);
    const enforced = open(world, 'b', '/', 0);
    enforced.route.enforced = true;
    world.traffic.written(enforced, 0, false);
    world.traffic.end(enforced, 'timed-out', 80);
    expect(enforced.route.configuredMs).toBeUndefined();
  });
});

describe('a refused connection', () => {
  it('takes back what the silence of the peer taught its other routes', () => {
    const world = makeWorld();
    for (let i = 0; i < 500; i++) call(world, 'a', '/', 10 * i, 20 + (i % 7));
    const { estimator } = [...world.table.peers.get('a:80')!.routes.values()][0]!;
    const before = estimator.timeoutMs(5000);
    for (let i = 0; i < 30; i++) {
      const exchange = open(world, 'a', '/', 5000 + i);
      world.traffic.written(exchange, 5000 + i, false);
      world.traffic.end(exchange, 'timed-out', 5000 + i + estimator.timeoutMs(5000));
    }
    expect(estimator.timeoutMs(6000)).toBeGreaterThan(before);
    const refused = world.traffic.open(
      { origin: 'http://a', method: 'POST', path: '/other' },
      7000,
    )!;
    world.traffic.written(refused, 7000, false);
    world.traffic.end(refused, 'refused', 7001);
    expect(estimator.timeoutMs(7001)).toBe(before);
  });
});
