import express from 'express';
import { request as httpRequest } from 'node:http';
import { describe, expect, it, vi } from 'vitest';
import { fencing, fencingErrors, type FencingOptions } from '../../src/apply/fencing.ts';
import { TardyError } from '../../src/errors.ts';
import { type FencingStore, StoreError } from '../../src/leasing/fencing-store.ts';
import { onFencingRejected, rejections } from '../../src/leasing/hub.ts';
import {
  type SingleProcessFencingStore,
  singleProcessFencingStore,
} from '../../src/leasing/single-process-store.ts';
import { deferred, serve } from './support.ts';

interface Asked {
  readonly token?: string | string[] | undefined;
  readonly method?: string;
  readonly path?: string;
  readonly header?: string;
}

interface Answer {
  readonly status: number;
  readonly type: string | undefined;
  readonly body: Record<string, unknown>;
  readonly retryAfter: string | undefined;
}

type Options = Partial<FencingOptions<express.Request, SingleProcessFencingStore>>;

/** An application whose PUT writes its token, at once or when it is let. */
async function appWith(options: Options = {}, let1?: Promise<void>) {
  const store = options.store ?? singleProcessFencingStore();
  const fence = fencing({ resource: 'ledger', ...options, store });
  const written: bigint[] = [];
  const app = express();
  app.use(fence);
  app.put('/guarded', async (request, response) => {
    await let1;
    await fence.guard(request, () => written.push(fence.of(request).token));
    response.json({ by: String(fence.of(request).token) });
  });
  app.all('/unguarded', (request, response) => {
    written.push(fence.of(request).token);
    response.json({});
  });
  app.all('/plain{/*rest}', (_, response) => void response.json({ plain: true }));
  app.use(fencingErrors());
  app.use(((error: unknown, _, response, __) => {
    response.status(500).json({ code: TardyError.is(error) ? error.code : String(error) });
  }) satisfies express.ErrorRequestHandler);
  const { host } = await serve(app);
  return { written, store, ask: (asked: Asked) => ask(`http://${host}`, asked) };
}

function ask(url: string, { token, method = 'PUT', path, header }: Asked): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const name = header ?? 'Fencing-Token';
    const headers = token === undefined ? {} : { [name]: token };
    const request = httpRequest(`${url}${path ?? '/guarded'}`, { method, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode!,
          type: response.headers['content-type'],
          retryAfter: response.headers['retry-after'],
          body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
        }),
      );
    });
    request.on('error', reject);
    request.end();
  });
}

/** A store whose guarded writes fail. */
function storeThatFails(error: Error): SingleProcessFencingStore {
  return { ...passing, guard: () => Promise.reject(error) };
}
const passing: FencingStore = {
  raise: (_, token) => Promise.resolve({ accepted: true, seen: token }),
};

describe('fencing()', () => {
  it('lets pass what is not lower than the highest token', async () => {
    const { ask, written } = await appWith();
    for (const token of ['33', '34', '34']) expect((await ask({ token })).status).toBe(200);
    expect(written).toEqual([33n, 34n, 34n]);
  });

  it('answers 412 with the token seen to a lower one', async () => {
    const onRejected = vi.fn();
    const events = vi.fn();
    const stop = onFencingRejected(events);
    const { ask, written } = await appWith({ resource: 'seen', onRejected });
    await ask({ token: '34' });
    const answer = await ask({ token: '33' });
    stop();
    expect(answer).toMatchObject({
      status: 412,
      type: 'application/problem+json',
      body: {
        type: 'about:blank',
        title: 'Precondition Failed',
        status: 412,
        ...{ resource: 'seen', token: '33', seen: '34' },
      },
    });
    expect(written).toEqual([34n]);
    expect(rejections.get('seen')).toBe(1);
    expect(events).toHaveBeenCalledOnce();
    expect(onRejected.mock.calls[0]?.[0]).toEqual({ resource: 'seen', token: 33n, seen: 34n });
  });

  it('answers 428 to no token', async () => {
    const { ask, written } = await appWith();
    const answer = await ask({});
    expect(answer).toMatchObject({ status: 428, type: 'application/problem+json' });
    expect(answer.body.detail).toContain('Fencing-Token');
    expect(written).toEqual([]);
  });

  it.each(['', '-1', '+1', '01', '1.0', '0x10', '1, 2', '18446744073709551616', 'abc'])(
    'answers 400 to %j',
    async (token) => {
      const { ask, written } = await appWith();
      expect((await ask({ token })).status).toBe(400);
      expect(written).toEqual([]);
    },
  );

  it('answers 400 to two headers, even if they say the same', async () => {
    const { ask } = await appWith();
    expect((await ask({ token: ['33', '33'] })).status).toBe(400);
  });

  it.each(['GET', 'HEAD', 'OPTIONS'])('lets %s pass, unless it is asked not to', async (method) => {
    const { ask } = await appWith();
    expect((await ask({ method, path: '/plain' })).status).toBe(200);
    const { ask: askStrict } = await appWith({ safeMethods: true });
    expect((await askStrict({ method, path: '/plain' })).status).toBe(428);
    expect((await askStrict({ method, path: '/plain', token: '1' })).status).toBe(200);
  });

  it.each(['POST', 'PATCH', 'DELETE', 'QUERY'])('asks %s for a token', async (method) => {
    const { ask } = await appWith();
    expect((await ask({ method, path: '/plain' })).status).toBe(428);
  });

  it('knows resources apart', async () => {
    const { ask } = await appWith({ resource: (request) => request.path });
    expect((await ask({ token: '9', path: '/plain/a' })).status).toBe(200);
    expect((await ask({ token: '8', path: '/plain/b' })).status).toBe(200);
    expect((await ask({ token: '8', path: '/plain/a' })).status).toBe(412);
    expect((await ask({ token: '9', path: `/plain/${'x'.repeat(600)}` })).status).toBe(400);
  });

  it('passes on what the function for the resource throws', async () => {
    const resource = () => {
      throw new Error('mine');
    };
    const { ask } = await appWith({ resource });
    expect(await ask({ token: '1' })).toMatchObject({ status: 500, body: { code: 'Error: mine' } });
  });

  it('reads another header', async () => {
    const { ask } = await appWith({ header: 'X-Lease' });
    expect((await ask({ token: '1' })).status).toBe(428);
    expect((await ask({ token: '1', header: 'x-lease' })).status).toBe(200);
  });

  it('answers 503 when the store cannot be asked, and lets nothing pass', async () => {
    const broken: FencingStore = { raise: () => Promise.reject(new Error('down')) };
    const store = broken as SingleProcessFencingStore;
    const { ask } = await appWith({ store });
    const answer = await ask({ token: '1', path: '/plain' });
    expect(answer).toMatchObject({ status: 503, retryAfter: '2' });
    expect(answer.body.detail).not.toContain('down');
  });

  it.each([
    ['not-applied', '2', /nothing was written/],
    ['unknown', undefined, /whether it was written is not known/],
  ] as const)('tells of a guarded write that is %s', async (outcome, retryAfter, detail) => {
    const store = storeThatFails(new StoreError('etcd: down', { outcome }));
    const { ask } = await appWith({ store });
    const answer = await ask({ token: '1' });
    expect(answer).toMatchObject({ status: 503, retryAfter });
    expect(answer.type).toBe('application/problem+json');
    expect(answer.body.detail).toMatch(detail);
    expect(answer.body).not.toHaveProperty('retryAfterS');
  });

  it('passes on an error of the same code that no store made', async () => {
    const error = new TardyError('ERR_TARDY_UNREACHABLE', 'another server');
    const { ask } = await appWith({ store: storeThatFails(error) });
    expect(await ask({ token: '1' })).toMatchObject({
      status: 500,
      body: { code: 'ERR_TARDY_UNREACHABLE' },
    });
  });

  it.each([{ header: 'two words' }, { header: '' }, { resource: '' }])('refuses %j', (options) => {
    const store = singleProcessFencingStore();
    expect(() => fencing({ resource: 'a', store, ...options })).toThrow(/must be/);
  });
});

describe('between the check of the middleware and the write', () => {
  it('a newer token may come: fence.guard refuses then, and the answer is 412', async () => {
    const go = deferred();
    const { ask, store, written } = await appWith({ resource: 'late' }, go.promise);
    const old = ask({ token: '33' });
    await vi.waitFor(async () => {
      if ((await store.raise('late', 0n)).seen !== 33n) throw new Error('not yet');
    });
    await store.guard('late', 34n, () => undefined);
    go.resolve();
    expect(await old).toMatchObject({ status: 412, body: { token: '33', seen: '34' } });
    expect(written).toEqual([]);
  });

  it('without fence.guard the stale write is made: the middleware is check-then-act', async () => {
    const { ask, written } = await appWith();
    expect((await ask({ token: '33', path: '/unguarded' })).status).toBe(200);
    expect(written).toEqual([33n]);
  });
});

describe('a request that did not pass with a token', () => {
  it('has no fence', async () => {
    const { ask } = await appWith();
    expect(await ask({ method: 'GET', path: '/unguarded' })).toMatchObject({
      status: 500,
      body: { code: 'ERR_TARDY_STATE' },
    });
  });
});
