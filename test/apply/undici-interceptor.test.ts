import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Agent, interceptors, request, stream, upgrade } from 'undici';
import { TardyTimeoutError } from '../../src/apply/timeout-error.ts';
import { adaptiveTimeout } from '../../src/apply/undici-interceptor.ts';
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

function agentOf(source: FakeSource, options: Agent.Options = {}) {
  const agent = new Agent(options);
  onTestFinished(() => agent.destroy());
  return agent.compose(adaptiveTimeout(source));
}

describe('the undici interceptor', () => {
  it('fails a request that gets no reply, and cuts it', async () => {
    const { server, url, host } = await serve(SILENT);
    const dispatcher = agentOf(sourceOf({ responseMs: 200 }));
    const errors: Error[] = [];
    hear('undici:request:error', ({ error }: { error: Error }) => errors.push(error));
    const cut = once(server, 'request').then(([{ socket }]) => once(socket as never, 'close'));
    const error = await rejectionOf(request(url, { dispatcher }));
    expect(error).toBeInstanceOf(TardyTimeoutError);
    expect(error).toMatchObject({ phase: 'response', peer: host, timeoutMs: 200 });
    expect(errors).toEqual([error]);
    await cut;
  });

  it('fails a request whose SYN is swallowed', async () => {
    const host = await serveBlackHole();
    const dispatcher = agentOf(sourceOf({ connectMs: 200 }));
    expect(await rejectionOf(request(`http://${host}/`, { dispatcher }))).toMatchObject({
      name: 'TimeoutError',
      phase: 'connect',
      peer: host,
    });
  });

  it('fails a request that is queued, and never sends it', async () => {
    const { server, url } = await serve((incoming, response) => {
      if (incoming.url === '/first') void freed.then(() => response.end());
      else response.end();
    });
    const { promise: freed, resolve: free } = deferred();
    const seen: unknown[] = [];
    server.on('request', (incoming: { url: string }) => seen.push(incoming.url));
    const plain = new Agent({ connections: 1 });
    onTestFinished(() => plain.destroy());
    const first = request(new URL('/first', url), { dispatcher: plain });
    await once(server, 'request');
    const dispatcher = plain.compose(
      adaptiveTimeout(sourceOf({ connectMs: 100, listenOnMs: NEVER_MS })),
    );
    const error = await rejectionOf(request(new URL('/second', url), { dispatcher }));
    expect(error).toMatchObject({ phase: 'connect', route: 'GET /second' });
    const third = request(new URL('/third', url), { dispatcher: plain });
    free();
    await (await first).body.text();
    await (await third).body.text();
    expect(seen).toEqual(['/first', '/third']);
  });

  it('passes replies, early hints, bodies and back pressure on', async () => {
    const size = 3_000_000;
    const { url } = await serve((incoming, response) => {
      response.writeEarlyHints({ link: '</a.css>; rel=preload' });
      incoming.pipe(response.writeHead(201, { 'x-a': 'b' }));
    });
    const dispatcher = agentOf(sourceOf({}));
    const hints: number[] = [];
    const { statusCode, headers, body } = await request(url, {
      dispatcher,
      method: 'POST',
      body: Buffer.alloc(size, 'x'),
      onInfo: (info) => hints.push(info.statusCode),
    });
    let read = 0;
    for await (const chunk of body) {
      read += (chunk as Buffer).length;
      await new Promise(setImmediate);
    }
    expect({ statusCode, a: headers['x-a'], read, hints }).toEqual({
      statusCode: 201,
      a: 'b',
      read: size,
      hints: [103],
    });
  });

  it('does not cut a body that takes longer than the reply may', async () => {
    const { url } = await serve((_incoming, response) => {
      response.write('a');
      setTimeout(() => response.end('b'), 700);
    });
    const { body } = await request(url, { dispatcher: agentOf(sourceOf({ responseMs: 500 })) });
    expect(await body.text()).toBe('ab');
  });

  it('waits for the reply when early hints have come', async () => {
    const { url } = await serve((_incoming, response) => {
      response.writeEarlyHints({ link: '</a.css>; rel=preload' });
    });
    const dispatcher = agentOf(sourceOf({ responseMs: 200 }));
    expect(await rejectionOf(request(url, { dispatcher }))).toMatchObject({ phase: 'response' });
  });

  it('listens on for a late reply, and cuts it then', async () => {
    const { promise: refused, resolve: refuse } = deferred();
    const { server, url } = await serve((_incoming, response) => {
      void refused.then(() => response.write('late'));
    });
    const dispatcher = agentOf(sourceOf({ responseMs: 200, listenOnMs: NEVER_MS }));
    const cut = once(server, 'request').then(([{ socket }]) => once(socket as never, 'close'));
    const { promise: heard, resolve: hears } = deferred();
    hear('undici:request:headers', () => hears());
    expect(await rejectionOf(request(url, { dispatcher }))).toMatchObject({ phase: 'response' });
    refuse();
    await heard;
    await cut;
  });

  it('gives each attempt of a retry timeouts of its own', async () => {
    const { url } = await serve((_incoming, response) =>
      response.writeHead(503, { 'retry-after': '0' }).end(),
    );
    const source = sourceOf({});
    const retry = interceptors.retry({ maxRetries: 2, minTimeout: 1, throwOnError: false });
    const agent = new Agent();
    onTestFinished(() => agent.destroy());
    await request(url, { dispatcher: agent.compose(adaptiveTimeout(source), retry) });
    expect(source.calls.length).toBe(3);
  });

  it('serves stream, and leaves upgrades and event streams alone', async () => {
    const server = createServer((_incoming, response) => response.end('ok'));
    server.on('upgrade', (_incoming, socket) =>
      socket.end('HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'),
    );
    await once(server.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const source = sourceOf({});
    const dispatcher = agentOf(source);
    const { socket } = await upgrade(url, { dispatcher, protocol: 'x' });
    socket.destroy();
    await (
      await request(url, { dispatcher, headers: ['accept', 'text/event-stream'] })
    ).body.dump();
    expect(source.calls).toEqual([]);
    const chunks: Buffer[] = [];
    const write = (chunk: Buffer, _encoding: unknown, done: () => void) => {
      chunks.push(chunk);
      done();
    };
    await stream(url, { dispatcher, method: 'GET' }, () => new Writable({ write }));
    expect(Buffer.concat(chunks).toString()).toBe('ok');
    expect(source.calls.length).toBe(1);
  });

  it('is cut off by its caller, with the reason of its caller', async () => {
    const { server, url } = await serve(SILENT);
    const controller = new AbortController();
    server.once('request', () => controller.abort(new Error('no longer wanted')));
    const call = request(url, { dispatcher: agentOf(sourceOf({})), signal: controller.signal });
    expect(await rejectionOf(call)).toMatchObject({ message: 'no longer wanted' });
  });

  it('fails as undici would have failed', async () => {
    const { server, url } = await serve(SILENT);
    server.close();
    await once(server, 'close');
    const error = await rejectionOf(request(url, { dispatcher: agentOf(sourceOf({})) }));
    expect(error).toMatchObject({ code: 'ECONNREFUSED' });
  });
});

/** What undici 6 does with its handlers. */
describe('a handler of the older interface', () => {
  function legacy() {
    const heard: unknown[][] = [];
    const hears =
      (name: string, answer?: unknown) =>
      (...args: unknown[]) => {
        heard.push([name, ...args]);
        return answer;
      };
    const handler = {
      onConnect: hears('onConnect'),
      onHeaders: hears('onHeaders', false),
      onData: hears('onData', false),
      onComplete: hears('onComplete'),
      onError: hears('onError'),
      onUpgrade: hears('onUpgrade'),
    };
    return { heard, handler };
  }
  type Legacy = ReturnType<typeof legacy>['handler'];
  const OPTIONS = { origin: 'http://127.0.0.1', path: '/', method: 'GET' };

  function dispatched(source: FakeSource) {
    const { heard, handler } = legacy();
    let armed: Legacy | undefined;
    adaptiveTimeout(source)((_options: typeof OPTIONS, given: Legacy) => {
      armed = given;
      return true;
    })(OPTIONS, handler);
    return { heard, armed: armed! };
  }

  it('hears everything, and its answers are heard', () => {
    const { heard, armed } = dispatched(sourceOf({}));
    const abort = () => undefined;
    armed.onConnect(abort, {});
    expect(armed.onHeaders(200, [], abort, 'OK')).toBe(false);
    expect(armed.onData('a')).toBe(false);
    armed.onComplete([]);
    armed.onError(new Error('after its end'));
    expect(heard.map(([name]) => name)).toEqual(['onConnect', 'onHeaders', 'onData', 'onComplete']);
    expect(heard[0]![1]).toBe(abort);
  });

  it('hears of a timeout once, and nothing after', async () => {
    const { heard, armed } = dispatched(sourceOf({ connectMs: 1 }));
    await new Promise((resolve) => setTimeout(resolve, 30));
    let aborted: unknown;
    armed.onConnect((reason: unknown) => (aborted = reason));
    armed.onError(aborted);
    expect(heard.map(([name]) => name)).toEqual(['onError']);
    expect(heard[0]![1]).toMatchObject({ name: 'TimeoutError', phase: 'connect' });
    expect(aborted).toBe(heard[0]![1]);
  });
});
