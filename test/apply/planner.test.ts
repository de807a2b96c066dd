import { describe, expect, it } from 'vitest';
import { Planner, type PlannerOptions } from '../../src/apply/planner.ts';
import { Policy, type Rule } from '../../src/peers/policy.ts';
import { call, makeWorld } from '../support/traffic.ts';

const URL_42 = 'http://a/users/42?x=1';

function plannerOf(options: Partial<PlannerOptions> = {}, rules: readonly Rule[] = []) {
  const world = makeWorld();
  const planner = new Planner({
    table: world.table,
    policy: new Policy({ mode: 'enforce', timeout: { targetRate: 0.001 } }, rules),
    ...{ initialMs: 700, maxMs: 5000, listenOn: 0 },
    whenDrained: (judge) => judge(),
    excluded: () => false,
    nameOf: () => undefined,
    ...options,
  });
  const plan = (extra = {}) => planner.plan({ url: URL_42, method: 'GET', ...extra });
  return { ...world, planner, plan };
}

describe('the plan of a call', () => {
  it('is initialMs for a peer that nobody has called', () => {
    expect(plannerOf().plan()).toMatchObject({
      ...{ peer: 'a:80', route: 'GET /users/:id', responseMs: 700, connectMs: 700 },
    });
  });

  it('is what its route is advised, once that has replies', () => {
    const world = plannerOf();
    for (let i = 0; i < 200; i++) call(world, 'a', '/users/7', performance.now() - 50, 40);
    const plan = world.plan()!;
    expect(plan).toMatchObject({ peer: 'a:80', route: 'GET /users/:id' });
    expect(plan.responseMs).toBeGreaterThanOrEqual(40);
    expect(plan.responseMs).toBeLessThan(200);
    expect(plan.advice()?.n).toBe(200);
    expect(world.table.peers.get('a:80')?.routes.get('GET /users/:id')?.enforced).toBe(true);
  });

  it('is that of its peer while the route is new, and the advice says so', () => {
    const world = plannerOf();
    for (let i = 0; i < 200; i++) call(world, 'a', '/known', performance.now() - 50, 40);
    call(world, 'a', '/users/7', performance.now() - 50, 40);
    const plan = world.plan()!;
    expect(plan.responseMs).toBeLessThan(200);
    expect(plan.advice()).toMatchObject({ basis: 'pooled' });
  });

  it('never waits longer than the caller has time', () => {
    expect(plannerOf().plan({ deadlineMs: 12 })).toMatchObject({ responseMs: 12, connectMs: 12 });
  });

  it('takes the name that the caller or the application gives', () => {
    expect(plannerOf().plan({ route: 'mine' })?.route).toBe('mine');
    expect(plannerOf({ nameOf: (origin) => `of ${origin}` }).plan()?.route).toBe('of http://a');
  });

  it.each(['shadow', 'off'] as const)('is none in mode %s', (mode) => {
    expect(plannerOf({}, [{ route: 'GET /users/*', mode }]).plan()).toBeUndefined();
  });

  it.each(['ftp://a/', '/relative', 'http://'])('is none for %s', (url) => {
    expect(plannerOf().plan({ url })).toBeUndefined();
  });

  it('is none for what is left out', () => {
    expect(plannerOf({ excluded: (_origin, path) => path === '/users/42' }).plan()).toBeUndefined();
  });

  it('listens on for idempotent calls alone, and no longer than maxMs', () => {
    const { plan } = plannerOf({ listenOn: 1, maxMs: 2000 });
    expect(plan()?.listenOnMs).toBe(2000);
    expect(plan({ method: 'POST' })?.listenOnMs).toBeUndefined();
    expect(plannerOf().plan()?.listenOnMs).toBeUndefined();
  });
});
