import { getEventListeners, once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import * as undici from 'undici';
import { createAdaptiveFetch } from '../../src/apply/fetch.ts';
import { TardyTimeoutError } from '../../src/apply/timeout-error.ts';
import {
  deferred,
  hear,
  NEVER_MS,
  rejectionOf,
  serve,
  serveBlackHole,
  SILENT,
  sourceOf,
} from './support.ts';

const plain = globalThis.fetch;

/** Resolves once the exchange of the server's next request has been cut. */
async function cutOf(server: Awaited<ReturnType<typeof serve>>['server']): Promise<unknown> {
  const [request] = (await once(server, 'request')) as [IncomingMessage];
  return once(request.socket, 'close');
}

/** A fetch that has seen that undici is behind it, as after the first call of a process. */
async function usedFetch(source: ReturnType<typeof sourceOf>) {
  const { url } = await serve((_request, response) => response.end());
  const fetch = createAdaptiveFetch(source);
  await (await fetch(url)).text();
  return fetch;
}

describe('a fetch without a plan', () => {
  it('is the original with the same arguments', async () => {
    const calls: unknown[][] = [];
    const original = (...args: unknown[]) => {
      calls.push(args);
      return Promise.resolve(new Response());
    };
    const fetch = createAdaptiveFetch(sourceOf(undefined), original);
    const args = [new URL('http://127.0.0.1/'), { method: 'PUT' }] as const;
    await fetch(...args);
    await fetch('http://127.0.0.1/');
    expect(calls.map((call) => call.length)).toEqual([2, 1]);
    expect(calls[0]![0]).toBe(args[0]);
    expect(calls[0]![1]).toBe(args[1]);
  });

  it.each([
    ['data:text/plain,hello', undefined],
    ['http://127.0.0.1/', { headers: { Accept: 'text/event-stream' } }],
    ['http://127.0.0.1/', { headers: [['prefer', 'wait=30']] as [string, string][] }],
    ['http://127.0.0.1/', { headers: new Headers({ Prefer: 'wait=30' }) }],
  ])('is one to %s with %o', async (url, init) => {
    const source = sourceOf({ responseMs: 1 });
    await createAdaptiveFetch(source, () => Promise.resolve(new Response()))(url, init);
    expect(source.calls).toEqual([]);
  });
});

describe.each(['first', 'later'])('the %s fetch of a process', (which) => {
  const adaptive = (source: ReturnType<typeof sourceOf>) =>
    which === 'first' ? Promise.resolve(createAdaptiveFetch(source)) : usedFetch(source);

  it('is refused when no reply comes, and its exchange is cut', async () => {
    const { server, url, host } = await serve(SILENT);
    const fetch = await adaptive(sourceOf({ responseMs: 300 }));
    const cut = cutOf(server);
    const error = await rejectionOf(fetch(url, { headers: { a: 'b' } }));
    expect(error).toBeInstanceOf(TardyTimeoutError);
    expect(error).toMatchObject({
      phase: 'response',
      peer: host,
      route: 'GET /users/7',
      timeoutMs: 300,
    });
    await cut;
  });

  it('tells the channels of undici that it was a timeout', async () => {
    const { url } = await serve(SILENT);
    const fetch = await adaptive(sourceOf({ responseMs: 300 }));
    const errors: Error[] = [];
    hear('undici:request:error', ({ error }: { error: Error }) => errors.push(error));
    const refusal = await rejectionOf(fetch(url));
    expect(errors).toEqual([refusal]);
  });

  it('is refused when there is no connection', async () => {
    const host = await serveBlackHole();
    const fetch = await adaptive(sourceOf({ connectMs: 300 }));
    expect(await rejectionOf(fetch(`http://${host}/`))).toMatchObject({
      name: 'TimeoutError',
      phase: 'connect',
      peer: host,
    });
  });

  it('may take longer for its reply than for its connection', async () => {
    const { url } = await serve((_request, response) =>
      setTimeout(() => response.end('late'), 900),
    );
    const fetch = await adaptive(sourceOf({ connectMs: 600 }));
    expect(await (await fetch(url)).text()).toBe('late');
  });

  it('is not timed while it uploads, and is afterwards', async () => {
    const { url } = await serve((request) => request.resume());
    const fetch = await adaptive(sourceOf({ responseMs: 300 }));
    let uploaded = false;
    const body = (async function* () {
      yield Buffer.from('a');
      await new Promise((resolve) => setTimeout(resolve, 600));
      uploaded = true;
      yield Buffer.from('b');
    })();
    const call = fetch(url, { method: 'POST', body, duplex: 'half' });
    expect(await rejectionOf(call)).toMatchObject({ phase: 'response' });
    expect(uploaded).toBe(true);
  });

  it('is cut off by its caller, with the reason of its caller', async () => {
    const { server, url } = await serve(SILENT);
    const fetch = await adaptive(sourceOf({}));
    const controller = new AbortController();
    const reason = new Error('no longer wanted');
    server.once('request', () => controller.abort(reason));
    expect(await rejectionOf(fetch(url, { signal: controller.signal }))).toBe(reason);
  });

  it('fails as it would have failed', async () => {
    const { server, url } = await serve((request) => request.socket.destroy());
    const fetch = await adaptive(sourceOf({}));
    const cut = [await rejectionOf(fetch(url)), await rejectionOf(plain(url))] as Error[];
    server.close();
    await once(server, 'close');
    const refused = [await rejectionOf(fetch(url)), await rejectionOf(plain(url))] as Error[];
    for (const [ours, theirs] of [cut, refused]) {
      expect(ours!.message).toBe(theirs!.message);
      expect(ours!.constructor).toBe(theirs!.constructor);
      expect((ours!.cause as { code: string }).code).toBe((theirs!.cause as { code: string }).code);
    }
  });

  it('does not cut a body that takes longer than the reply may', async () => {
    const { url } = await serve((_request, response) => {
      response.write('a');
      setTimeout(() => response.end('b'), 700);
    });
    const fetch = await adaptive(sourceOf({ connectMs: 500, responseMs: 500 }));
    expect(await (await fetch(url)).text()).toBe('ab');
  });

  it('still has its body cut off by its caller', async () => {
    const { url } = await serve((_request, response) => void response.write('a'));
    const fetch = await adaptive(sourceOf({}));
    const controller = new AbortController();
    const response = await fetch(url, { signal: controller.signal });
    const reason = new Error('no longer wanted');
    controller.abort(reason);
    expect(await rejectionOf(response.text())).toBe(reason);
  });

  it('leaves no more on the signal of its caller than fetch does', async () => {
    const { url } = await serve((_request, response) => response.end('ok'));
    const fetch = await adaptive(sourceOf({}));
    const leftBy = async (call: typeof fetch) => {
      const { signal } = new AbortController();
      for (let i = 0; i < 5; i++) await (await call(url, { signal })).text();
      return getEventListeners(signal, 'abort').length;
    };
    expect(await leftBy(fetch)).toBeLessThanOrEqual(await leftBy(plain));
  });

  it('listens on for a late reply when its caller has been refused', async () => {
    const { promise: refused, resolve } = deferred();
    const { server, url } = await serve((_request, response) => {
      void refused.then(() => response.write('late')); // never to its end
    });
    const fetch = await adaptive(sourceOf({ responseMs: 300, listenOnMs: NEVER_MS }));
    const { promise: heard, resolve: hears } = deferred<number>();
    const cut = cutOf(server);
    hear('undici:request:headers', ({ response }: { response: { statusCode: number } }) =>
      hears(response.statusCode),
    );
    expect(await rejectionOf(fetch(url))).toMatchObject({ name: 'TimeoutError' });
    resolve();
    expect(await heard).toBe(200);
    await cut;
  });

  it('does not listen for ever', async () => {
    const { server, url } = await serve(SILENT);
    const fetch = await adaptive(sourceOf({ responseMs: 200, listenOnMs: 500 }));
    const cut = cutOf(server);
    const error = await rejectionOf(fetch(url));
    expect(error).toMatchObject({ name: 'TimeoutError', timeoutMs: 200 });
    await cut;
  });

  it('has new timeouts for each hop of a redirect', async () => {
    const silent = await serve(SILENT);
    const { url } = await serve((_request, response) =>
      response.writeHead(307, { location: `http://${silent.host}/there` }).end(),
    );
    const source = sourceOf({ responseMs: 400 });
    const fetch = await adaptive(source);
    source.calls.length = 0;
    const error = await rejectionOf(fetch(url, { method: 'DELETE' }));
    expect(error).toMatchObject({ peer: silent.host, route: 'DELETE /there' });
    expect(source.calls.map((call) => call.url)).toEqual([url, `http://${silent.host}/there`]);
  });
});

describe('a fetch whose exchange cannot be seen', () => {
  it('has one wait for both phases: of a Request', async () => {
    const { server, url } = await serve(SILENT);
    const source = sourceOf({ connectMs: 150, responseMs: 150 });
    const fetch = await usedFetch(source);
    const cut = cutOf(server);
    const request = new Request(url, { method: 'POST', body: 'hello' });
    expect(await rejectionOf(fetch(request))).toMatchObject({ phase: 'response', timeoutMs: 300 });
    expect(source.calls.at(-1)).toMatchObject({ url, method: 'POST' });
    await cut;
  });

  it('heeds the signal of a Request, and leaves nothing on it', async () => {
    const { server, url } = await serve(SILENT);
    const fetch = await usedFetch(sourceOf({}));
    const controller = new AbortController();
    const request = new Request(url, { signal: controller.signal });
    const before = getEventListeners(controller.signal, 'abort').length;
    const reason = new Error('no longer wanted');
    server.once('request', () => controller.abort(reason));
    expect(await rejectionOf(fetch(request))).toBe(reason);
    expect(getEventListeners(controller.signal, 'abort').length).toBeLessThanOrEqual(before);
  });

  it('has one wait for both phases: of somebody else', async () => {
    const { promise, resolve } = deferred<Response>();
    let signal: AbortSignal | null | undefined;
    const foreign = (_input: unknown, init?: RequestInit) => {
      signal = init?.signal;
      return promise;
    };
    const fetch = createAdaptiveFetch(sourceOf({ connectMs: 20, responseMs: 20 }), foreign);
    const error = await rejectionOf(fetch('http://127.0.0.1/'));
    expect(error).toMatchObject({ name: 'TimeoutError', timeoutMs: 40 });
    expect(signal?.reason).toBe(error);
    const { promise: cancelled, resolve: cancel } = deferred();
    resolve(new Response(new ReadableStream({ cancel })));
    await cancelled;
  });

  it('is rejected with what a foreign fetch throws', async () => {
    const fetch = createAdaptiveFetch(sourceOf({}), () => {
      throw new RangeError('at once');
    });
    expect(await rejectionOf(fetch('http://127.0.0.1/'))).toBeInstanceOf(RangeError);
  });

  it('passes mocked replies on', async () => {
    const mock = new undici.MockAgent();
    mock.disableNetConnect();
    mock
      .get('http://mocked.test')
      .intercept({ path: '/', method: 'POST', body: 'hello' })
      .reply(201, 'mocked');
    const fetch = createAdaptiveFetch(
      sourceOf({}),
      undici.fetch as unknown as typeof globalThis.fetch,
    );
    const init = { method: 'POST', body: 'hello', dispatcher: mock } as unknown as RequestInit;
    const response = await fetch('http://mocked.test/', init);
    expect([response.status, await response.text()]).toEqual([201, 'mocked']);
  });
});

describe('the init of a fetch', () => {
  it('may name a dispatcher, and it goes through that', async () => {
    const agent = new undici.Agent();
    const { url } = await serve(SILENT);
    const fetch = createAdaptiveFetch(
      sourceOf({ responseMs: 300 }),
      undici.fetch as unknown as typeof globalThis.fetch,
    );
    let dispatched = 0;
    const dispatcher = agent.compose((dispatch) => (options, handler) => {
      dispatched++;
      return dispatch(options, handler);
    });
    const init = { dispatcher } as unknown as RequestInit;
    expect(await rejectionOf(fetch(url, init))).toMatchObject({ phase: 'response' });
    expect(dispatched).toBe(1);
  });

  it('may inherit its members', async () => {
    const { url } = await serve((request, response) => {
      response.end(`${request.method} ${String(request.headers['x-a'])}`);
    });
    const init = new Request(url, { method: 'PATCH', headers: { 'x-a': 'b' } });
    const fetch = createAdaptiveFetch(sourceOf({}));
    expect(await (await fetch(url, init as RequestInit)).text()).toBe('PATCH b');
  });
});

describe('the body of a fetch', () => {
  it.each(['first', 'later'])('is timed if asked for, in the %s fetch', async (which) => {
    const { url } = await serve((request, response) => {
      if (request.url === '/warm') response.end();
      else response.write('a');
    });
    const fetch = createAdaptiveFetch(sourceOf({}), plain, { bodyTimeoutMs: 300 });
    if (which === 'later') await (await fetch(new URL('/warm', url))).text();
    const error = (await rejectionOf((await fetch(url)).text())) as Error;
    expect(error.cause ?? error).toMatchObject({ name: 'TimeoutError', phase: 'body' });
  });
});

describe('a fetch that dispatches most of its calls', () => {
  it('refuses the others on time too', async () => {
    const { url } = await serve((_request, response) => response.end());
    const mocking = (...[input, init]: Parameters<typeof fetch>) =>
      input === url ? plain(url, init) : deferred<Response>().promise;
    const fetch = createAdaptiveFetch(sourceOf({ connectMs: 300, responseMs: 300 }), mocking);
    await (await fetch(url)).text();
    const error = await rejectionOf(fetch('http://mocked.test/'));
    expect(error).toMatchObject({ phase: 'response', timeoutMs: 600 });
  });
});
