/** The lock before an etcd that is only as real as its answers. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createEtcdLock, type EtcdLockOptions } from '../../src/leasing/etcd-lock.ts';
import { clearTripCauses, setTripCause } from '../../src/leasing/hub.ts';

const TTL_MS = 3000;

/** A lock, what it asked of etcd, and what etcd is to answer from now on. */
function lockAt(options: Partial<EtcdLockOptions> = {}) {
  const asked: string[] = [];
  let revision = 0;
  const replies: Record<string, () => Promise<unknown>> = {
    'kv/range': () => Promise.resolve({}),
    'kv/txn': () =>
      Promise.resolve({ header: { revision: `${++revision}` }, succeeded: true, responses: [] }),
    'lease/grant': () => Promise.resolve({ ID: '7', TTL: `${TTL_MS / 1000}` }),
    'lease/keepalive': () => Promise.resolve({ result: { TTL: `${TTL_MS / 1000}` } }),
    'lease/revoke': () => Promise.resolve({}),
  };
  const ask = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    init?.signal?.throwIfAborted();
    const path = new URL(input).pathname.slice('/v3/'.length);
    asked.push(path);
    return Response.json(await replies[path]!());
  };
  const common = { endpoints: ['http://a:1', 'http://b:1'], key: 'lock', ttlMs: TTL_MS };
  return { asked, replies, lock: createEtcdLock({ ...common, fetch: ask, ...options }) };
}

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => {
  clearTripCauses();
  vi.useRealTimers();
});

describe('a lock that is lost', () => {
  it('is not given to others before its time: a write may be on its way', async () => {
    const { lock, asked } = lockAt();
    await lock.acquire();
    lock.guard.trip('a test');
    await vi.advanceTimersByTimeAsync(2 * TTL_MS);
    expect(lock.guard.isHeld()).toBe(false);
    expect(asked).not.toContain('lease/revoke');
    expect(asked).not.toContain('lease/keepalive');
  });

  it('can be acquired anew', async () => {
    const { lock } = lockAt();
    const first = await lock.acquire();
    lock.guard.trip('a test');
    expect(await lock.acquire()).toBeGreaterThan(first);
    await lock.release();
  });
});

describe('a lock that is released', () => {
  it('is given to others at once', async () => {
    const { lock, asked } = lockAt();
    await lock.acquire();
    await lock.release();
    expect(asked.at(-1)).toBe('lease/revoke');
  });

  it.each(['kv/range', 'lease/grant', 'kv/txn'])(
    'while it is acquired (%s) is not acquired, and can be at once',
    async (path) => {
      const { lock, replies, asked } = lockAt();
      const { promise, resolve } = Promise.withResolvers<undefined>();
      const reply = replies[path]!;
      replies[path] = () => promise.then(reply);
      const acquiring = lock.acquire();
      const outcome = expect(acquiring).rejects.toMatchObject({ code: 'ERR_TARDY_STATE' });
      await vi.waitUntil(() => asked.includes(path));
      await lock.release();
      replies[path] = reply;
      await lock.acquire();
      resolve(undefined);
      await outcome;
      expect(lock.guard.isHeld()).toBe(true);
      expect(asked.includes('lease/revoke')).toBe(path !== 'kv/range');
      await lock.release();
    },
  );
});

describe('a lock whose node should not act', () => {
  it('does not take it from others', async () => {
    const { lock, asked } = lockAt({ tripOn: ['clock-out'] });
    setTripCause('clock-out', true);
    const waiting = lock.acquire();
    await vi.advanceTimersByTimeAsync(50);
    expect(asked).toEqual([]);
    setTripCause('clock-out', false);
    expect(await waiting).toBe(1n);
    await lock.release();
  });
});

describe('a keep-alive', () => {
  it('leaves time to ask every endpoint before the next is due', async () => {
    const { lock } = lockAt();
    await lock.acquire();
    const limits = vi.spyOn(AbortSignal, 'timeout');
    await vi.advanceTimersByTimeAsync(TTL_MS / 3);
    expect(limits.mock.calls).toEqual([[TTL_MS / 6]]);
    limits.mockRestore();
    await lock.release();
  });
});
