import { describe, expect, it } from 'vitest';
import { onFencingRejected, rejections } from '../../src/leasing/hub.ts';
import { singleProcessFencingStore } from '../../src/leasing/single-process-store.ts';
import { deferred } from '../apply/support.ts';

describe('a store in memory', () => {
  it('accepts what is not lower than the highest token, and tells the highest', async () => {
    const store = singleProcessFencingStore();
    expect(await store.raise('a', 33n)).toEqual({ accepted: true, seen: 33n });
    expect(await store.raise('a', 34n)).toEqual({ accepted: true, seen: 34n });
    expect(await store.raise('a', 34n)).toEqual({ accepted: true, seen: 34n });
    expect(await store.raise('a', 33n)).toEqual({ accepted: false, seen: 34n });
    expect(await store.raise('b', 1n)).toEqual({ accepted: true, seen: 1n });
  });

  it('does not write under a token that is too low, and says so', async () => {
    const store = singleProcessFencingStore();
    const data: string[] = [];
    await store.guard('a', 34n, () => data.push('new'));
    const stale = store.guard('a', 33n, () => data.push('stale'));
    await expect(stale).rejects.toMatchObject({
      code: 'ERR_TARDY_FENCED',
      status: 412,
      token: 33n,
      seen: 34n,
      resource: 'a',
    });
    expect(data).toEqual(['new']);
  });

  it('lets nothing come between the comparison and the end of the write', async () => {
    const store = singleProcessFencingStore();
    const data: string[] = [];
    const slow = deferred();
    const first = store.guard('a', 33n, async () => {
      await slow.promise;
      data.push('33');
    });
    const second = store.guard('a', 34n, () => data.push('34'));
    const elsewhere = await store.guard('b', 1n, () => 'not held up');
    slow.resolve();
    await Promise.all([first, second]);
    expect(data).toEqual(['33', '34']);
    expect(elsewhere).toBe('not held up');
  });

  it('goes on after a write that failed', async () => {
    const store = singleProcessFencingStore();
    const failed = store.guard('a', 33n, () => Promise.reject(new Error('disk full')));
    await expect(failed).rejects.toThrow('disk full');
    await expect(store.guard('a', 33n, () => 'written')).resolves.toBe('written');
  });

  it('refuses a new resource when it is full, and forgets none', async () => {
    const store = singleProcessFencingStore({ maxResources: 1 });
    await store.raise('a', 2n);
    await expect(store.raise('b', 1n)).rejects.toMatchObject({
      code: 'ERR_TARDY_UNREACHABLE',
      outcome: 'not-applied',
    });
    expect(await store.raise('a', 1n)).toEqual({ accepted: false, seen: 2n });
  });

  it.each([-1n, 2n ** 64n])('takes no token of %s', async (token) => {
    await expect(singleProcessFencingStore().raise('a', token)).rejects.toThrow(/token must be/);
  });

  it.each(['', 'x'.repeat(513)])('takes no resource of that name', async (name) => {
    const store = singleProcessFencingStore();
    await expect(store.raise(name, 1n)).rejects.toThrow(/resource must be/);
    await expect(store.guard(name, 1n, () => 1)).rejects.toThrow(/resource must be/);
  });

  it('needs room for one', () => {
    expect(() => singleProcessFencingStore({ maxResources: 0 })).toThrow(/maxResources must be/);
  });
});

describe('refused writes', () => {
  it('are counted for each resource, and told to those who listen', async () => {
    const store = singleProcessFencingStore();
    const told: unknown[] = [];
    const stop = onFencingRejected((event) => told.push(event));
    onFencingRejected(() => {
      throw new Error('mine');
    });
    await store.guard('counted', 2n, () => undefined);
    await store.guard('counted', 1n, () => undefined).catch(() => undefined);
    stop();
    await store.guard('counted', 1n, () => undefined).catch(() => undefined);
    expect(rejections.get('counted')).toBe(2);
    expect(told).toEqual([
      {
        ...{ type: 'fencing-rejected', atMs: expect.any(Number) as unknown },
        ...{ resource: 'counted', token: '1', seen: '2' },
      },
    ]);
  });
});
