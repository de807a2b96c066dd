/** Where the resource keeps its data: in this process, over HTTP, or in etcd. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { etcdFencingStore } from '../../src/leasing/etcd-fencing-store.ts';
import { base64, createEtcdGateway, fromBase64 } from '../../src/leasing/etcd-gateway.ts';
import { refuseStale, type TransactionalFencingStore } from '../../src/leasing/fencing-store.ts';
import { singleProcessFencingStore } from '../../src/leasing/single-process-store.ts';

/** What a replica writes: who wrote last. */
export interface Row {
  readonly key: string;
  readonly value: string;
}

export interface Database {
  readonly store: TransactionalFencingStore<Row, unknown>;
  /** Without a token. */
  put(row: Row): Promise<void>;
  get(key: string): Promise<string | undefined>;
}

export interface MemoryServer {
  readonly url: string;
  close(): void;
}

interface Asked {
  readonly resource: string;
  readonly token: string;
  readonly row: Row;
}

/** The database in memory: serves replicas, which are other processes. */
export async function serveMemory(): Promise<MemoryServer> {
  const data = new Map<string, string>();
  const store = singleProcessFencingStore({ maxResources: 1_000_000 });
  const acts: Record<string, (asked: Asked) => Promise<unknown>> = {
    '/raise': async ({ resource, token }) => plain(await store.raise(resource, BigInt(token))),
    '/guard': ({ resource, token, row }) =>
      store
        .guard(resource, BigInt(token), () => data.set(row.key, row.value))
        .then(
          () => ({ accepted: true, seen: token }),
          () => store.raise(resource, 0n).then(plain),
        ),
    '/put': ({ row }) => Promise.resolve(data.set(row.key, row.value).size),
    '/get': ({ row }) => Promise.resolve({ value: data.get(row.key) }),
  };
  const server = createServer((request, response) => void serve(acts, request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function serve(
  acts: Record<string, (asked: Asked) => Promise<unknown>>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  const result = await acts[request.url ?? '']?.(JSON.parse(text) as Asked);
  response.end(JSON.stringify(result ?? {}));
}

function plain({ accepted, seen }: { accepted: boolean; seen: bigint }) {
  return { accepted, seen: seen.toString() };
}

/** The database in memory, from another process. */
export function memoryAt(url: string): Database {
  async function ask(path: string, body: object): Promise<Record<string, unknown>> {
    const response = await fetch(url + path, { method: 'POST', body: JSON.stringify(body) });
    return (await response.json()) as Record<string, unknown>;
  }
  async function judge(path: string, body: object) {
    const { accepted, seen } = await ask(path, body);
    return { accepted: accepted === true, seen: BigInt(String(seen)) };
  }
  return {
    store: {
      raise: (resource, token) => judge('/raise', { resource, token: token.toString() }),
      async guard(resource, token, row) {
        const asked = { resource, token: token.toString(), row };
        const { accepted, seen } = await judge('/guard', asked);
        if (!accepted) refuseStale({ resource, token, seen });
      },
    },
    async put(row) {
      await ask('/put', { row });
    },
    get: async (key) => (await ask('/get', { row: { key } })).value as string | undefined,
  };
}

export function etcdAt(url: string): Database {
  const gateway = createEtcdGateway({ endpoints: [url] });
  const fences = etcdFencingStore({ endpoints: [url] });
  const how = { repeatable: true };
  return {
    store: {
      raise: (resource, token) => fences.raise(resource, token),
      guard: (resource, token, row) => fences.guard(resource, token, { puts: [row] }),
    },
    async put({ key, value }) {
      await gateway.call('kv/put', { key: base64(key), value: base64(value) }, how);
    },
    async get(key) {
      const answer = await gateway.call('kv/range', { key: base64(key) }, how);
      const value = (answer as { kvs?: { value: string }[] }).kvs?.[0]?.value;
      return value === undefined ? undefined : fromBase64(value);
    },
  };
}
