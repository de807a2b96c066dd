import { describe, expect, it } from 'vitest';
import { fcRuns } from '../support/capabilities.ts';
import { call, makeWorld, open, repliesIn, routesOf } from '../support/traffic.ts';

const IDLE_MS = 10_000;

describe('a peer', () => {
  it('is found under every spelling of its origin', () => {
    const { table } = makeWorld();
    const peer = table.byOrigin('http://example.com', 0);
    expect(table.byOrigin('HTTP://EXAMPLE.COM:80/', 0)).toBe(peer);
    expect(table.find('http://example.com:80')).toBe(peer);
    expect(table.byAddress('example.com', 80)).toBe(peer);
    expect(peer).toMatchObject({ name: 'example.com:80', host: 'example.com', port: 80 });
  });

  it('is found by an IPv6 address, which sockets write without brackets', () => {
    const { table } = makeWorld();
    const peer = table.byOrigin('http://[::1]:3000', 0);
    expect(table.byAddress('::1', 3000)).toBe(peer);
  });

  it('is not made by looking for it', () => {
    const { table } = makeWorld();
    expect(table.find('http://example.com')).toBeUndefined();
    expect(table.byAddress('example.com', 80)).toBeUndefined();
    expect(table.byAddress(undefined, 80)).toBeUndefined();
    expect([...table.all()]).toEqual([]);
  });

  it('is not behind an origin that is none', () => {
    const { table } = makeWorld();
    expect(table.byOrigin('ftp://example.com', 0)).toBeUndefined();
    expect(table.byOrigin('ftp://example.com', 0)).toBeUndefined();
    expect([...table.all()]).toEqual([]);
  });
});

describe('a route', () => {
  it.each([
    ['GET', '/users/42', 'GET /users/:id'],
    ['get', '/users/42', 'GET /users/:id'],
    ['PATCH', '/', 'PATCH /'],
    ['QUERY', '/search?q=1', 'QUERY /search'],
    ['BREW', '/pot', '_OTHER /pot'],
    ['', '/', '_OTHER /'],
  ])('of %j %s is %s', (method, path, name) => {
    const { table } = makeWorld();
    const peer = table.byOrigin('http://a', 0)!;
    expect(table.route(peer, method, path, undefined, 0).name).toBe(name);
  });

  it('has the name that the caller gives it, printable and short', () => {
    const { table } = makeWorld();
    const peer = table.byOrigin('http://a', 0)!;
    expect(table.route(peer, 'GET', '/x', 'getUser', 0).name).toBe('getUser');
    expect(table.route(peer, 'GET', '/x', 'a\nb\u0000é', 0).name).toBe('a_b__');
    expect(table.route(peer, 'GET', '/x', 'n'.repeat(500), 0).name).toBe('n'.repeat(128));
  });

  it('is the same for all paths of its template', () => {
    const { table } = makeWorld();
    const peer = table.byOrigin('http://a', 0)!;
    const routes = [1, 2, 3].map((id) => table.route(peer, 'GET', `/users/${id}`, undefined, 0));
    expect(new Set(routes).size).toBe(1);
  });
});

describe('at the cap on routes of a peer', () => {
  it('the least recently used one is folded into _other when it is idle', () => {
    const world = makeWorld({ maxRoutesPerPeer: 2 });
    call(world, 'a', '/old', 0);
    call(world, 'a', '/young', 1);
    call(world, 'a', '/new', IDLE_MS);
    expect(routesOf(world)).toEqual(['a:80 GET /young', 'a:80 _other', 'a:80 GET /new']);
    expect(repliesIn(world, IDLE_MS)).toBe(3);
  });

  it('the newcomer is counted under _other when all are busy', () => {
    const world = makeWorld({ maxRoutesPerPeer: 2 });
    call(world, 'a', '/old', 0);
    call(world, 'a', '/young', 1);
    expect(call(world, 'a', '/new', IDLE_MS - 1).route.name).toBe('_other');
    expect(routesOf(world)).toEqual(['a:80 GET /old', 'a:80 GET /young', 'a:80 _other']);
  });

  it('the newcomer gets its own name later, when another has gone idle', () => {
    const world = makeWorld({ maxRoutesPerPeer: 2 });
    call(world, 'a', '/old', 0);
    call(world, 'a', '/young', 1);
    call(world, 'a', '/new', 2);
    expect(call(world, 'a', '/new', 2 * IDLE_MS).route.name).toBe('GET /new');
  });

  it('a request on its way is not lost when its route is folded', () => {
    const world = makeWorld({ maxRoutesPerPeer: 1 });
    const slow = open(world, 'a', '/slow', 0);
    world.traffic.written(slow, 0, false);
    call(world, 'a', '/new', IDLE_MS);
    world.traffic.replied(slow, IDLE_MS + 1);
    expect(repliesIn(world, IDLE_MS + 1)).toBe(2);
  });

  it('there are 64 names at most, however many come', () => {
    const world = makeWorld();
    for (let i = 0; i < 1000; i++)
      call(world, 'a', `/route-${'x'.repeat(i % 38)}/${'y'.repeat(i % 37)}`, i);
    const peer = world.table.find('http://a')!;
    expect([...peer.routes.keys()].filter((name) => name !== '_other')).toHaveLength(64);
    expect(repliesIn(world, 1000)).toBe(1000);
  });
});

describe('at the cap on peers', () => {
  it('the least recently used one is folded into _other when it is idle', () => {
    const world = makeWorld({ maxPeers: 2 });
    call(world, 'old', '/', 0);
    call(world, 'young', '/', 1);
    call(world, 'new', '/', IDLE_MS);
    expect(routesOf(world)).toEqual(['young:80 GET /', 'new:80 GET /', '_other _other']);
    expect(repliesIn(world, IDLE_MS)).toBe(3);
    expect(world.table.find('http://old')).toBeUndefined();
  });

  it('the newcomer is counted under _other when all are busy', () => {
    const world = makeWorld({ maxPeers: 2 });
    call(world, 'old', '/', 0);
    call(world, 'young', '/', 1);
    expect(call(world, 'new', '/', IDLE_MS - 1).peer.name).toBe('_other');
    expect(routesOf(world)).toEqual(['old:80 GET /', 'young:80 GET /', '_other _other']);
    expect(repliesIn(world, IDLE_MS)).toBe(3);
  });

  it('the newcomer gets its own name later, when another has gone idle', () => {
    const world = makeWorld({ maxPeers: 2 });
    call(world, 'old', '/', 0);
    call(world, 'young', '/', 1);
    call(world, 'new', '/', 2);
    expect(call(world, 'new', '/', 2 * IDLE_MS).peer.name).toBe('new:80');
  });

  it('one that comes back is a new one', () => {
    const world = makeWorld({ maxPeers: 1 });
    call(world, 'a', '/', 0);
    call(world, 'b', '/', IDLE_MS);
    expect(call(world, 'a', '/', 2 * IDLE_MS).peer.name).toBe('a:80');
    expect(repliesIn(world, 2 * IDLE_MS)).toBe(3);
  });

  it('one with a request on its way stays, and another goes', () => {
    const world = makeWorld({ maxPeers: 2 });
    open(world, 'hung', '/', 0);
    call(world, 'idle', '/', 1);
    expect(call(world, 'new', '/', 2 * IDLE_MS).peer.name).toBe('new:80');
    expect(world.table.find('http://hung')).toBeDefined();
    expect(world.table.find('http://idle')).toBeUndefined();
  });

  it('there are 1,024 at most, however many come, and no reply is lost', () => {
    const world = makeWorld();
    const [churned, stepMs] = [fcRuns(6000, 30_000), 20];
    for (let i = 0; i < churned; i++) call(world, `host-${i}`, '/', i * stepMs);
    expect(world.table.peers.size).toBe(1024);
    expect(routesOf(world).length).toBeLessThanOrEqual(2001);
    expect(world.table.series.used).toBeLessThanOrEqual(20_000);
    expect(repliesIn(world, churned * stepMs)).toBe(churned);
  });
});

describe('at the cap on histograms', () => {
  it('the least recently used route of any peer is folded into _other when it is idle', () => {
    const world = makeWorld({ maxHistograms: 2 });
    call(world, 'a', '/', 0);
    call(world, 'b', '/', 1);
    call(world, 'c', '/', 2 * IDLE_MS);
    expect(routesOf(world)).toEqual(['b:80 GET /', 'c:80 GET /', '_other _other']);
    expect(repliesIn(world, 2 * IDLE_MS)).toBe(3);
  });

  it('one after the other is folded, also when a peer has none left', () => {
    const world = makeWorld({ maxHistograms: 3 });
    for (const [i, host] of ['a', 'b', 'c'].entries()) call(world, host, '/', i);
    call(world, 'd', '/', 2 * IDLE_MS);
    call(world, 'e', '/', 2 * IDLE_MS);
    expect(routesOf(world)).toContain('d:80 GET /');
    expect(routesOf(world)).toContain('e:80 GET /');
    expect(repliesIn(world, 2 * IDLE_MS)).toBe(5);
  });

  it('the newcomer is counted under _other when all are busy', () => {
    const world = makeWorld({ maxHistograms: 2 });
    call(world, 'a', '/', 0);
    call(world, 'b', '/', 1);
    call(world, 'c', '/', 2);
    expect(routesOf(world)).toEqual(['a:80 GET /', 'b:80 GET /', '_other _other']);
  });

  it('a route is folded once, also at both caps', () => {
    const world = makeWorld({ maxHistograms: 2, maxRoutesPerPeer: 2 });
    for (let i = 0; i < 5; i++) call(world, 'a', '/old', i);
    call(world, 'a', '/young', 6);
    call(world, 'a', '/new', 2 * IDLE_MS);
    expect(repliesIn(world, 2 * IDLE_MS)).toBe(7);
  });

  it('a request on its way is not lost when its route is folded', () => {
    const world = makeWorld({ maxHistograms: 1 });
    const slow = open(world, 'a', '/', 0);
    world.traffic.written(slow, 0, false);
    call(world, 'b', '/', 2 * IDLE_MS);
    world.traffic.replied(slow, 2 * IDLE_MS + 1);
    expect(repliesIn(world, 2 * IDLE_MS + 1)).toBe(2);
  });

  it('room that was made is room again', () => {
    const world = makeWorld({ maxPeers: 3, maxHistograms: 6 });
    for (let i = 0; i < 60; i++) call(world, `host-${i}`, '/', i * IDLE_MS);
    expect(routesOf(world)).toEqual([
      'host-57:80 GET /',
      'host-58:80 GET /',
      'host-59:80 GET /',
      '_other _other',
    ]);
  });

  it('there are 2,000 and _other at most', () => {
    const world = makeWorld();
    for (let i = 0; i < 5000; i++) call(world, `host-${i % 500}`, `/r${'x'.repeat(i % 37)}`, i);
    expect(routesOf(world).length).toBeLessThanOrEqual(2001);
    expect(repliesIn(world, 5000)).toBe(5000);
  });
});
