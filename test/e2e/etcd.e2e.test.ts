import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { etcdFencingStore } from '../../src/leasing/etcd-fencing-store.ts';
import { base64, createEtcdGateway, fromBase64 } from '../../src/leasing/etcd-gateway.ts';
import { createEtcdLock, type EtcdLockOptions } from '../../src/leasing/etcd-lock.ts';
import { hasDebianTool } from '../support/debian.ts';
import { freePort } from '../support/e2e-ports.ts';
import { until } from '../support/e2e-wait.ts';
import { type Etcd, startEtcd } from '../support/etcd.ts';

describe.skipIf(!hasDebianTool('etcd'))('with a real etcd', () => {
  let etcd: Etcd;
  let nobody: string;
  beforeAll(async () => {
    etcd = await startEtcd();
    nobody = `http://127.0.0.1:${await freePort()}`;
  });
  afterAll(() => etcd.stop());

  const store = () => etcdFencingStore({ endpoints: [nobody, etcd.url] });

  async function valueOf(key: string): Promise<string | undefined> {
    const gateway = createEtcdGateway({ endpoints: [etcd.url] });
    const answer = await gateway.call('kv/range', { key: base64(key) }, { repeatable: true });
    const value = (answer as { kvs?: { value: string }[] }).kvs?.[0]?.value;
    return value === undefined ? undefined : fromBase64(value);
  }

  async function revision(): Promise<string> {
    const gateway = createEtcdGateway({ endpoints: [etcd.url] });
    const how = { repeatable: true };
    const answer = await gateway.call('kv/range', { key: base64('x') }, how);
    return (answer as { header: { revision: string } }).header.revision;
  }

  describe('the fencing store', () => {
    it('accepts what is not lower than the highest token, by number and not by text', async () => {
      const fences = store();
      for (const [token, accepted, seen] of [
        [9n, true, 9n],
        [10n, true, 10n],
        [9n, false, 10n],
        [10n, true, 10n],
        [2n ** 64n - 1n, true, 2n ** 64n - 1n],
        [2n ** 64n - 2n, false, 2n ** 64n - 1n],
      ] as const) {
        expect(await fences.raise('numbers', token)).toEqual({ accepted, seen });
      }
    });

    it('writes nothing for a token that is known', async () => {
      await store().raise('quiet', 5n);
      const before = await revision();
      await store().raise('quiet', 5n);
      expect(await revision()).toBe(before);
    });

    it('writes in the transaction that compares', async () => {
      const fences = store();
      const put = (value: string) => ({ puts: [{ key: 'ledger/1', value }] });
      await fences.guard('ledger', 33n, put('by 33'));
      await fences.guard('ledger', 34n, put('by 34 ✓'));
      await expect(fences.guard('ledger', 33n, put('stale'))).rejects.toMatchObject({
        code: 'ERR_TARDY_FENCED',
        seen: 34n,
      });
      expect(await valueOf('ledger/1')).toBe('by 34 ✓');
      await fences.guard('ledger', 34n, { deletes: ['ledger/1'] });
      expect(await valueOf('ledger/1')).toBeUndefined();
    });

    it('writes all or nothing: what etcd refuses raises no maximum', async () => {
      const twice = [
        { key: 'k', value: '1' },
        { key: 'k', value: '2' },
      ];
      const guarded = store().guard('whole', 9n, { puts: twice });
      await expect(guarded).rejects.toMatchObject({ outcome: 'not-applied' });
      expect(await store().raise('whole', 1n)).toEqual({ accepted: true, seen: 1n });
    });

    it('keeps the highest of many that come at once, and the write of that', async () => {
      const tokens = Array.from({ length: 60 }, (_, i) => BigInt((i * 37) % 60) + 1n);
      const results = await Promise.allSettled(
        tokens.map((token) =>
          store().guard('crowd', token, { puts: [{ key: 'crowd/by', value: `${token}` }] }),
        ),
      );
      expect(results.some(({ status }) => status === 'fulfilled')).toBe(true);
      expect(await valueOf('crowd/by')).toBe('60');
      expect(await store().raise('crowd', 1n)).toEqual({ accepted: false, seen: 60n });
    });

    it('is told when it cannot be asked', async () => {
      const gone = etcdFencingStore({ endpoints: [nobody] });
      await expect(gone.raise('a', 1n)).rejects.toMatchObject({ outcome: 'not-applied' });
    });

    it('refuses a maximum that is none', async () => {
      await store().guard('odd', 1n, { puts: [{ key: 'tardy/fence/other', value: 'zzz' }] });
      await expect(store().raise('other', 1n)).rejects.toThrow(/no token: "zzz"/);
    });
  });

  describe('the lock', () => {
    const lockOf = (key: string, options: Partial<EtcdLockOptions> = {}) =>
      createEtcdLock({ endpoints: [nobody, etcd.url], key, ttlMs: 2000, ...options });

    it('is held by one at a time, with a higher token for each', async () => {
      const [a, b] = [lockOf('lock/one'), lockOf('lock/one')];
      const first = await a.acquire();
      a.guard.assertHeld();
      expect(a.guard.token).toBe(first);
      let second: bigint | undefined;
      const waiting = b.acquire().then((token) => (second = token));
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(second).toBeUndefined();
      await a.release();
      expect(a.guard.isHeld()).toBe(false);
      expect(await waiting).toBeGreaterThan(first);
      await b.release();
    });

    it('gives one of many that come at once', async () => {
      const locks = Array.from({ length: 8 }, () => lockOf('lock/crowd'));
      const tokens: bigint[] = [];
      let holders = 0;
      await Promise.all(
        locks.map(async (lock) => {
          tokens.push(await lock.acquire());
          expect(++holders).toBe(1);
          await lock.guard.run(() => new Promise((resolve) => setTimeout(resolve, 5)));
          holders--;
          await lock.release();
        }),
      );
      expect(tokens).toEqual([...new Set(tokens)].sort((a, b) => (a < b ? -1 : 1)));
    });

    it('is kept alive beyond its ttl', async () => {
      const lock = lockOf('lock/long');
      await lock.acquire();
      const endMs = performance.now() + 3000;
      await until(() => performance.now() > endMs || !lock.guard.isHeld(), 'the ttl to pass');
      expect(lock.guard.isHeld()).toBe(true);
      await lock.release();
      expect(await valueOf('lock/long')).toBeUndefined();
    });

    it('is lost when etcd has forgotten the lease, and can be taken again', async () => {
      const onLost = vi.fn();
      const lock = lockOf('lock/lost', { onLost });
      const first = await lock.acquire();
      await revokeAll(etcd.url);
      await until(() => !lock.guard.isHeld(), 'the loss to be noticed');
      expect(onLost.mock.calls[0]?.[0]).toMatchObject({
        reason: expect.stringMatching(/etcd/) as unknown,
      });
      expect(await lock.acquire()).toBeGreaterThan(first);
      await lock.release();
    });

    it('is let go when it is tripped, for others to take once its time is over', async () => {
      const [a, b] = [lockOf('lock/trip'), lockOf('lock/trip')];
      await a.acquire();
      a.guard.trip('a test');
      // Not at once: a write that passed the guard may still be on its way.
      expect(await valueOf('lock/trip')).toBeDefined();
      await b.acquire();
      expect([a.guard.isHeld(), b.guard.isHeld()]).toEqual([false, true]);
      await b.release();
    });

    it('is waited for no longer than the signal says, and not twice', async () => {
      const [a, b] = [lockOf('lock/signal'), lockOf('lock/signal')];
      await a.acquire();
      await expect(a.acquire()).rejects.toMatchObject({ code: 'ERR_TARDY_STATE' });
      const why = new Error('enough');
      const abort = new AbortController();
      const waiting = b.acquire({ signal: abort.signal });
      setTimeout(() => abort.abort(why), 20);
      await expect(waiting).rejects.toBe(why);
      await a.release();
    });

    it('is told when etcd cannot be asked', async () => {
      const lock = createEtcdLock({ endpoints: [nobody], key: 'k' });
      await expect(lock.acquire()).rejects.toMatchObject({ code: 'ERR_TARDY_UNREACHABLE' });
    });
  });
});

async function revokeAll(url: string): Promise<void> {
  const gateway = createEtcdGateway({ endpoints: [url] });
  const how = { repeatable: true };
  const answer = await gateway.call('lease/leases', {}, how);
  const { leases = [] } = answer as { leases?: { ID: string }[] };
  for (const { ID } of leases) await gateway.call('lease/revoke', { ID }, how);
}
