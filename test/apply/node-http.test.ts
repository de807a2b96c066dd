import axios from 'axios';
import { EventEmitter, getEventListeners, once } from 'node:events';
import { Agent, type ClientRequest, get, type IncomingMessage, request as call } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import got from 'got';
import { describe, expect, it, onTestFinished } from 'vitest';
import { adaptAxios } from '../../src/apply/axios.ts';
import { adaptiveAgent, adaptRequest } from '../../src/apply/node-http.ts';
import { TardyTimeoutError } from '../../src/apply/timeout-error.ts';
import {
  deferred,
  type FakeSource,
  hear,
  NEVER_MS,
  rejectionOf,
  serve,
  serveBlackHole,
  SILENT,
  sourceOf,
} from './support.ts';

function agentOf(source: FakeSource, options: ConstructorParameters<typeof Agent>[0] = {}) {
  const agent = new Agent(options);
  onTestFinished(() => agent.destroy());
  return adaptiveAgent(source, agent);
}

async function errorOf(request: ClientRequest): Promise<unknown> {
  const [error] = (await once(request, 'error')) as [unknown];
  return error;
}

async function textOf(request: ClientRequest): Promise<string> {
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk as string;
  return text;
}

describe('an adaptive agent', () => {
  it('destroys a request that gets no reply', async () => {
    const { server, url, host } = await serve(SILENT);
    const source = sourceOf({ responseMs: 200, listenOnMs: NEVER_MS });
    const cut = once(server, 'request').then(([{ socket }]) =>
      once(socket as EventEmitter, 'close'),
    );
    const error = await errorOf(get(url, { agent: agentOf(source) }));
    expect(error).toBeInstanceOf(TardyTimeoutError);
    expect(error).toMatchObject({ phase: 'response', peer: host, timeoutMs: 200 });
    expect(source.calls).toEqual([{ url, method: 'GET' }]);
    await cut;
  });

  it('destroys a request whose SYN is swallowed', async () => {
    const host = await serveBlackHole();
    const request = get(`http://${host}/`, { agent: agentOf(sourceOf({ connectMs: 200 })) });
    expect(await errorOf(request)).toMatchObject({ name: 'TimeoutError', phase: 'connect' });
  });

  it('destroys a request that waits for a socket, once, and never sends it', async () => {
    const { server, url } = await serve((incoming, response) => {
      if (incoming.url === '/first') void freed.then(() => response.end());
      else response.end();
    });
    const { promise: freed, resolve: free } = deferred();
    const seen: unknown[] = [];
    server.on('request', (incoming: IncomingMessage) => seen.push(incoming.url));
    const plain = new Agent({ maxSockets: 1, keepAlive: true });
    onTestFinished(() => plain.destroy());
    const first = textOf(get(new URL('/first', url), { agent: plain }));
    await once(server, 'request');
    const agent = adaptiveAgent(sourceOf({ connectMs: 100 }), plain);
    const second = get(new URL('/second', url), { agent });
    const errors: unknown[] = [];
    second.on('error', (error) => errors.push(error));
    await new Promise((resolve) => second.once('close', resolve));
    const third = textOf(get(new URL('/third', url), { agent: plain }));
    free();
    await Promise.all([first, third]);
    expect(errors).toMatchObject([{ phase: 'connect', route: 'GET /second' }]);
    expect(seen).toEqual(['/first', '/third']);
  });

  it('may take longer for the reply than for the connection, and longer for the body', async () => {
    const { url } = await serve((_incoming, response) => {
      setTimeout(() => response.write('a'), 700);
      setTimeout(() => response.end('b'), 1800);
    });
    const agent = agentOf(sourceOf({ connectMs: 500, responseMs: 1500 }));
    expect(await textOf(get(url, { agent }))).toBe('ab');
  });

  it('is not timed while it uploads, and is afterwards', async () => {
    const { url } = await serve((incoming) => incoming.resume());
    const agent = agentOf(sourceOf({ responseMs: 300 }));
    const request = call(url, { agent, method: 'POST' });
    request.write('a');
    let uploaded = false;
    setTimeout(() => {
      uploaded = true;
      request.end('b');
    }, 700);
    expect(await errorOf(request)).toMatchObject({ phase: 'response' });
    expect(uploaded).toBe(true);
  });

  it('is timed on a kept connection too', async () => {
    const { url } = await serve((incoming, response) => {
      if (incoming.method === 'GET') response.end('ok');
    });
    const agent = agentOf(sourceOf({ connectMs: 2000, responseMs: 300 }), { keepAlive: true });
    await textOf(get(url, { agent }));
    const request = call(url, { agent, method: 'POST' }).end('hello');
    expect(await errorOf(request)).toMatchObject({ phase: 'response', timeoutMs: 300 });
    expect(request.reusedSocket).toBe(true);
  });

  it('leaves responses that nobody listens for to Node', async () => {
    const { url } = await serve((_incoming, response) => response.end('x'.repeat(1_000_000)));
    const request = get(url, { agent: agentOf(sourceOf({})) });
    await once(request, 'close');
    expect(request.listenerCount('response')).toBe(0);
  });

  it('is the agent it stands for in everything else', () => {
    const inner = new Agent({ maxSockets: 3 });
    const outer = adaptiveAgent(sourceOf({}), inner);
    expect(outer).toBeInstanceOf(Agent);
    expect(outer.maxSockets).toBe(3);
    outer.maxSockets = 7;
    expect(inner.maxSockets).toBe(7);
    expect(adaptiveAgent(sourceOf({}), outer)).toBe(outer);
    expect(adaptiveAgent(sourceOf({}), new TlsAgent())).toBeInstanceOf(TlsAgent);
  });

  it('arms nothing that has no plan or waits on purpose', async () => {
    const { url } = await serve((_incoming, response) => response.end('ok'));
    const none = sourceOf(undefined);
    expect(await textOf(get(url, { agent: agentOf(none) }))).toBe('ok');
    const source = sourceOf({ responseMs: 1 });
    const headers = { Accept: 'text/event-stream' };
    expect(await textOf(get(url, { agent: agentOf(source), headers }))).toBe('ok');
    expect([none.calls.length, source.calls.length]).toEqual([1, 0]);
  });
});

describe('adapting a single request', () => {
  it('arms it by its own address', async () => {
    const { url, host } = await serve(SILENT);
    const source = sourceOf({ responseMs: 100 });
    const request = adaptRequest(source, get(url), { route: 'user' });
    expect(await errorOf(request)).toMatchObject({ peer: host, route: 'user' });
    expect(source.calls).toEqual([{ url, method: 'GET', route: 'user' }]);
  });

  it('needs the address of a virtual host', async () => {
    const { url, host } = await serve(SILENT);
    const source = sourceOf({ responseMs: 100 });
    const virtual = () => get(url, { headers: { host: 'virtual.example' } });
    const untimed = adaptRequest(source, virtual());
    expect(source.calls).toEqual([]);
    untimed.on('error', () => undefined).destroy();
    expect(await errorOf(adaptRequest(source, virtual(), { url }))).toMatchObject({ peer: host });
  });
});

describe('axios', () => {
  it('fails with a timeout that carries its advice', async () => {
    const { url, host } = await serve(SILENT);
    const instance = axios.create({ baseURL: `http://${host}` });
    const source = sourceOf({ responseMs: 200 });
    adaptAxios(source, instance);
    const error = await rejectionOf(instance.get('/users/7', { params: { a: 1 } }));
    expect(axios.isAxiosError(error)).toBe(true);
    expect(error).toMatchObject({ name: 'TimeoutError', code: 'ERR_TARDY_TIMEOUT' });
    expect((error as Error).cause).toBeInstanceOf(TardyTimeoutError);
    expect(source.calls).toMatchObject([{ url: `${url}?a=1`, method: 'GET' }]);
  });

  it('keeps the shorter timeout and the signal of its caller', async () => {
    const { server, url } = await serve(SILENT);
    const instance = axios.create();
    adaptAxios(sourceOf({}), instance);
    const timeout = await rejectionOf(instance.get(url, { timeout: 100 }));
    expect(timeout).toMatchObject({ code: 'ECONNABORTED' });
    const controller = new AbortController();
    server.once('request', () => controller.abort());
    const cancelled = await rejectionOf(instance.get(url, { signal: controller.signal }));
    expect(axios.isCancel(cancelled)).toBe(true);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });

  it('does not cut streams, and has new timeouts for each hop of a redirect', async () => {
    const there = await serve((_incoming, response) => {
      response.write('a');
      setTimeout(() => response.end('b'), 700);
    });
    const { url } = await serve((_incoming, response) =>
      response.writeHead(302, { location: there.url }).end(),
    );
    const source = sourceOf({ responseMs: 500 });
    const instance = axios.create();
    adaptAxios(source, instance);
    expect((await instance.get(url)).data).toBe('ab');
    expect(source.calls.map((each) => each.url)).toEqual([url, there.url]);
  });

  it('is as before once that is taken back', async () => {
    const { url } = await serve((_incoming, response) => response.end('ok'));
    const source = sourceOf({});
    const instance = axios.create();
    adaptAxios(source, instance)();
    await instance.get(url);
    expect(source.calls).toEqual([]);
  });
});

describe('got', () => {
  it('has timeouts through its agent', async () => {
    const { url } = await serve(SILENT);
    const agent = { http: agentOf(sourceOf({ responseMs: 200 })) };
    const endings: unknown[] = [];
    hear('http.client.request.error', ({ error }: { error: Error }) => endings.push(error));
    const error = (await rejectionOf(got(url, { agent, retry: { limit: 0 } }))) as Error;
    expect(error.cause ?? error).toMatchObject({ code: 'ERR_TARDY_TIMEOUT' });
    expect(endings).toMatchObject([{ name: 'TimeoutError' }]);
  });
});
