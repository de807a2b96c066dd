import express from 'express';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { fencing, fencingErrors } from '../../src/apply/fencing.ts';
import { etcdFencingStore } from '../../src/leasing/etcd-fencing-store.ts';
import { base64, createEtcdGateway, fromBase64 } from '../../src/leasing/etcd-gateway.ts';
import { createEtcdLock } from '../../src/leasing/etcd-lock.ts';
import { hasDebianTool } from '../support/debian.ts';
import { type Etcd, startEtcd } from '../support/etcd.ts';

/** Where a request of the resource waits between its check and its write. */
interface Gate {
  readonly reached: PromiseWithResolvers<void>;
  readonly open: Promise<void>;
}

describe.skipIf(!hasDebianTool('etcd'))('two processes of a resource before one etcd', () => {
  let etcd: Etcd;
  beforeAll(async () => void (etcd = await startEtcd()));
  afterAll(() => etcd.stop());

  /** One of them. */
  async function resource(gate?: Gate): Promise<string> {
    const store = etcdFencingStore({ endpoints: [etcd.url] });
    const fence = fencing({ resource: 'ledger', store });
    const app = express().use(fence);
    app.put('/', async (request, response) => {
      gate?.reached.resolve();
      await gate?.open;
      const value = String(fence.of(request).token);
      await fence.guard(request, { puts: [{ key: 'ledger/by', value }] });
      response.sendStatus(204);
    });
    const server = app.use(fencingErrors()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      server.close();
      server.closeAllConnections();
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  }

  const put = (url: string, token: bigint) =>
    fetch(url, { method: 'PUT', headers: { 'fencing-token': String(token) } });

  async function writtenBy(): Promise<string> {
    const gateway = createEtcdGateway({ endpoints: [etcd.url] });
    const how = { repeatable: true };
    const answer = await gateway.call('kv/range', { key: base64('ledger/by') }, how);
    return fromBase64((answer as { kvs: { value: string }[] }).kvs[0]!.value);
  }

  it('refuse who was overtaken between the check and the write', async () => {
    const endpoints = [etcd.url];
    const [a, b] = [1, 2].map(() => createEtcdLock({ endpoints, key: 'lock', ttlMs: 2000 }));
    const old = await a!.acquire();
    const go = Promise.withResolvers<undefined>();
    const gate: Gate = { reached: Promise.withResolvers(), open: go.promise };
    const [slow, fast] = [await resource(gate), await resource()];
    const late = put(slow, old);
    await gate.reached.promise;
    await a!.release();
    const fresh = await b!.acquire();
    expect((await put(fast, fresh)).status).toBe(204);
    go.resolve(undefined);
    const refused = await late;
    expect(refused.status).toBe(412);
    expect(await refused.json()).toMatchObject({ token: String(old), seen: String(fresh) });
    expect(await writtenBy()).toBe(String(fresh));
    expect((await put(fast, old)).status).toBe(412);
    await b!.release();
  });
});
