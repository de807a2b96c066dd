import { describe, expect, it, vi } from 'vitest';
import { createEtcdGateway } from '../../src/leasing/etcd-gateway.ts';
import { etcdFencingStore } from '../../src/leasing/etcd-fencing-store.ts';
import { createEtcdLock } from '../../src/leasing/etcd-lock.ts';

const endpoints = ['http://a:1', 'http://b:1', 'http://c:1'];

type Reply = Response | Error;

/** What each endpoint does; the order in which they were asked. */
function gatewayTo(replies: Readonly<Record<string, () => Reply>>) {
  const asked: string[] = [];
  const ask = (input: string | URL | Request): Promise<Response> => {
    const { hostname } = new URL(input);
    asked.push(hostname);
    const reply = replies[hostname]!();
    return reply instanceof Error ? Promise.reject(reply) : Promise.resolve(reply);
  };
  const names = Object.keys(replies);
  const used = endpoints.filter((url) => names.includes(new URL(url).hostname));
  return { asked, gateway: createEtcdGateway({ endpoints: used, fetch: ask }), ask };
}

const ok = () => Response.json({ fine: true });
const failed = (code: string, syscall?: string) => () =>
  new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code, syscall }) });
const refusedConnection = failed('ECONNREFUSED', 'connect');
const brokenOff = failed('ECONNRESET', 'read');
const error = (status: number, code: number) => () =>
  Response.json({ message: 'etcdserver: no', code }, { status });
const once = { repeatable: false };
const repeatable = { repeatable: true };

describe('a call to etcd', () => {
  it('goes to the next endpoint where nothing listens, and stays with the one that answered', async () => {
    const { gateway, asked } = gatewayTo({ a: refusedConnection, b: ok });
    expect(await gateway.call('kv/txn', {}, once)).toEqual({ fine: true });
    expect(await gateway.call('kv/txn', {}, once)).toEqual({ fine: true });
    expect(asked).toEqual(['a', 'b', 'b']);
  });

  it('that may have been carried out is not tried elsewhere', async () => {
    const { gateway, asked } = gatewayTo({ a: brokenOff, b: ok });
    const call = gateway.call('kv/txn', {}, once);
    await expect(call).rejects.toMatchObject({ code: 'ERR_TARDY_UNREACHABLE', outcome: 'unknown' });
    await expect(call).rejects.toThrow(/whether it was applied is not known/);
    expect(asked).toEqual(['a']);
  });

  it('is tried elsewhere if twice does no harm', async () => {
    const { gateway, asked } = gatewayTo({ a: brokenOff, b: error(503, 14), c: ok });
    expect(await gateway.call('kv/range', {}, repeatable)).toEqual({ fine: true });
    expect(asked).toEqual(['a', 'b', 'c']);
  });

  it('stays unknown if one may have carried it out, whatever the next says', async () => {
    const { gateway } = gatewayTo({ a: brokenOff, b: refusedConnection });
    const call = gateway.call('kv/range', {}, repeatable);
    await expect(call).rejects.toMatchObject({ outcome: 'unknown' });
  });

  it('that etcd refuses is not applied, nor asked of another', async () => {
    const { gateway, asked } = gatewayTo({ a: error(400, 3), b: ok });
    const call = gateway.call('kv/txn', {}, repeatable);
    await expect(call).rejects.toMatchObject({ outcome: 'not-applied' });
    await expect(call).rejects.toThrow(/etcdserver: no/);
    expect(asked).toEqual(['a']);
  });

  it('that nobody reads is not applied', async () => {
    const { gateway } = gatewayTo({ a: refusedConnection, b: refusedConnection });
    await expect(gateway.call('kv/txn', {}, once)).rejects.toMatchObject({
      outcome: 'not-applied',
    });
  });

  it.each([
    ['ECONNREFUSED', 'connect', 'not-applied'],
    ['EHOSTUNREACH', 'connect', 'not-applied'],
    ['ETIMEDOUT', 'connect', 'not-applied'],
    ['ENOTFOUND', 'getaddrinfo', 'not-applied'],
    ['ECONNREFUSED', undefined, 'unknown'],
    ['UND_ERR_CONNECT_TIMEOUT', undefined, 'not-applied'],
    ['EHOSTUNREACH', 'read', 'unknown'],
    ['ENETUNREACH', 'write', 'unknown'],
  ])('that ends with %s of %s is %s', async (code, syscall, outcome) => {
    const { gateway } = gatewayTo({ a: failed(code, syscall) });
    await expect(gateway.call('kv/txn', {}, once)).rejects.toMatchObject({ outcome });
  });

  it('does not stay with an endpoint that does not answer', async () => {
    const { gateway, asked } = gatewayTo({ a: brokenOff, b: ok });
    await expect(gateway.call('kv/txn', {}, once)).rejects.toMatchObject({ outcome: 'unknown' });
    expect(await gateway.call('kv/txn', {}, once)).toEqual({ fine: true });
    expect(asked).toEqual(['a', 'b']);
  });

  it('stays with an endpoint that refuses', async () => {
    const { gateway, asked } = gatewayTo({ a: error(400, 3), b: ok });
    for (let i = 0; i < 2; i++) await expect(gateway.call('kv/txn', {}, once)).rejects.toThrow();
    expect(asked).toEqual(['a', 'a']);
  });

  it('follows no redirect, and waits no longer than it is told to', async () => {
    const limits = vi.spyOn(AbortSignal, 'timeout');
    const inits: (RequestInit | undefined)[] = [];
    const ask = (_: unknown, init?: RequestInit) => {
      inits.push(init);
      return Promise.resolve(ok());
    };
    const gateway = createEtcdGateway({ endpoints, fetch: ask, timeoutMs: 500 });
    await gateway.call('kv/txn', {}, once);
    await gateway.call('kv/txn', {}, { ...once, limitMs: 100 });
    await gateway.call('kv/txn', {}, { ...once, limitMs: 900 });
    expect(limits.mock.calls.flat()).toEqual([500, 100, 500]);
    expect(inits.map((init) => init?.redirect)).toEqual(['error', 'error', 'error']);
    limits.mockRestore();
  });

  it.each([
    ['what is no JSON', () => new Response('<html>', { status: 200 })],
    ['an error that is no JSON', () => new Response('bad gateway', { status: 502 })],
  ])('is answered by %s: unknown', async (_, reply) => {
    const { gateway } = gatewayTo({ a: reply });
    await expect(gateway.call('kv/txn', {}, once)).rejects.toMatchObject({ outcome: 'unknown' });
  });

  it('takes endpoints that are URLs', () => {
    expect(() => createEtcdGateway({ endpoints: [] })).toThrow(/endpoints must be/);
    expect(() => createEtcdGateway({ endpoints: ['10.0.0.1:2379'] })).toThrow(/endpoints must be/);
    expect(() => createEtcdGateway({ endpoints, timeoutMs: 0 })).toThrow(/timeoutMs must be/);
  });
});

describe('an answer of another shape', () => {
  it('is none: it may be no etcd', async () => {
    const { ask } = gatewayTo({ a: ok });
    const store = etcdFencingStore({ endpoints: ['http://a:1'], fetch: ask });
    await expect(store.raise('x', 1n)).rejects.toMatchObject({ outcome: 'unknown' });
  });
});

describe('a lock', () => {
  it.each([1999, 2500, 0, NaN])('has no ttl of %s ms', (ttlMs) => {
    expect(() => createEtcdLock({ endpoints, key: 'k', ttlMs })).toThrow(/ttlMs must be/);
  });

  it('has a key', () => {
    expect(() => createEtcdLock({ endpoints, key: '' })).toThrow(/key must be/);
  });
});
