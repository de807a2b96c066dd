import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Agent, fetch as undiciFetch, request, upgrade } from 'undici';
import {
  livePeerDispatcher,
  type LivePeerDispatcherOptions,
} from '../../src/apply/live-peer-dispatcher.ts';
import { adaptiveTimeout } from '../../src/apply/undici-interceptor.ts';
import type { DispatcherLike } from '../../src/apply/undici-types.ts';
import type { PeerState } from '../../src/membership/types.ts';
import { deferred, rejectionOf, serve, SILENT, sourceOf } from './support.ts';

const ORDERS = 'http://orders';

/** An upstream, and what was asked of it. */
async function upstream(listener?: RequestListener) {
  const asked: string[] = [];
  const served = await serve((incoming, response) => {
    asked.push(`${incoming.method} ${incoming.headers.host}${incoming.url}`);
    if (listener) listener(incoming, response);
    else incoming.pipe(response);
  });
  return { ...served, asked, origin: `http://${served.host}` };
}

function agent(): Agent {
  const made = new Agent();
  onTestFinished(() => made.destroy());
  return made;
}

/** Of two draws always the first two upstreams, in this order. */
const FIRST = () => 0;

type Options = Partial<LivePeerDispatcherOptions<Agent>> & { states?: Record<string, PeerState> };

function dispatcherTo(upstreams: LivePeerDispatcherOptions['upstreams'], options: Options = {}) {
  const { states = {}, ...rest } = options;
  const liveness = (origin: string) => states[origin];
  const dispatcher = agent();
  return livePeerDispatcher({
    ...{ origin: ORDERS, upstreams, liveness, dispatcher, random: FIRST },
    ...rest,
  });
}

/** An origin where nothing listens. */
async function refusing(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}

describe('requests to the name', () => {
  it('come to an upstream as they are, under its own name', async () => {
    const { origin, host, asked } = await upstream();
    const dispatcher = dispatcherTo([`${origin}/`]);
    const { statusCode, body } = await request(`${ORDERS}/a?b=c`, {
      ...{ dispatcher, method: 'POST', body: 'payload' },
    });
    expect(await body.text()).toBe('payload');
    expect(statusCode).toBe(200);
    expect(asked).toEqual([`POST ${host}/a?b=c`]);
  });

  it('keep the Host that the caller set', async () => {
    const { origin, asked } = await upstream();
    const options = { dispatcher: dispatcherTo([origin]), headers: { host: 'shop.example' } };
    await (await request(`${ORDERS}/`, options)).body.dump();
    expect(asked).toEqual(['GET shop.example/']);
  });

  it('come there from the fetch of Node and its own dispatcher', async () => {
    const { origin, host, asked } = await upstream();
    const liveness = () => undefined;
    const dispatcher = livePeerDispatcher({ origin: ORDERS, upstreams: [origin], liveness });
    const init: object = { dispatcher, method: 'PUT', body: 'payload' };
    expect(await (await fetch(`${ORDERS}/a`, init)).text()).toBe('payload');
    expect(asked).toEqual([`PUT ${host}/a`]);
  });

  it('come there from the fetch of undici', async () => {
    const { origin, asked } = await upstream();
    await (await undiciFetch(ORDERS, { dispatcher: dispatcherTo([origin]) })).text();
    expect(asked.length).toBe(1);
  });

  it('are known by whatever stands for it', async () => {
    const { origin, asked } = await upstream();
    const dispatcher = dispatcherTo([origin], { origin: 'http://orders:80/' });
    for (const name of [new URL(ORDERS), 'http://ORDERS/', ORDERS]) {
      await (await dispatcher.request({ origin: name, path: '/', method: 'GET' })).body.dump();
    }
    expect(asked.length).toBe(3);
  });

  it('avoid an upstream as long as it is suspected', async () => {
    const [a, b] = [await upstream(), await upstream()];
    const states: Record<string, PeerState> = { [a.origin]: 'suspect' };
    const dispatcher = dispatcherTo([a.origin, b.origin], { states, recoveryMs: 0 });
    await (await request(ORDERS, { dispatcher })).body.dump();
    states[a.origin] = 'alive';
    await (await request(ORDERS, { dispatcher })).body.dump();
    expect([a.asked.length, b.asked.length]).toEqual([1, 1]);
  });

  it('see the timeouts of the upstream they go to', async () => {
    const { origin, url } = await upstream(SILENT);
    const source = sourceOf({ responseMs: 100 });
    const dispatcher = livePeerDispatcher({
      origin: ORDERS,
      upstreams: [origin],
      liveness: () => undefined,
      dispatcher: agent().compose(adaptiveTimeout(source)),
    });
    const error = await rejectionOf(request(`${ORDERS}/users/7`, { dispatcher }));
    expect(error).toMatchObject({ name: 'TimeoutError', phase: 'response' });
    expect(source.calls.map((call) => call.url)).toEqual([url]);
  });
});

describe('other requests', () => {
  it('pass through, as do redirects to elsewhere', async () => {
    const elsewhere = await upstream();
    const { origin, asked } = await upstream((incoming, response) => {
      const location = incoming.url === '/far' ? `${elsewhere.origin}/there` : '/near';
      if (incoming.url === '/near') response.end('near');
      else response.writeHead(302, { location }).end();
    });
    const dispatcher = dispatcherTo([origin]);
    await (await request(elsewhere.origin, { dispatcher })).body.dump();
    await (await undiciFetch(`${ORDERS}/far`, { dispatcher })).text();
    expect(elsewhere.asked).toEqual([`GET ${elsewhere.host}/`, `GET ${elsewhere.host}/there`]);
    // A relative one stays with the name.
    expect(await (await undiciFetch(`${ORDERS}/`, { dispatcher })).text()).toBe('near');
    expect(asked.length).toBe(3);
  });

  it('and all the methods are those of the dispatcher that was given', async () => {
    const { origin, asked } = await upstream();
    const given = agent();
    const dispatcher = dispatcherTo([origin], { dispatcher: given });
    const composed = dispatcher.compose(
      (dispatch) => (options, handler) => dispatch({ ...options, path: '/composed' }, handler),
    );
    await (await composed.request({ origin: ORDERS, path: '/', method: 'GET' })).body.dump();
    expect(asked[0]).toContain('/composed');
    await dispatcher.close();
    expect(given.closed).toBe(true);
  });
});

/** With FIRST, a gets each request unless it has more in flight than b. */
describe('a request in flight', () => {
  async function pair() {
    const { promise: freed, resolve: free } = deferred();
    const a = await upstream((incoming, response) => {
      if (incoming.url === '/held') void freed.then(() => response.end('held'));
      else if (incoming.url === '/cut') response.socket?.destroy();
      else response.end();
    });
    const b = await upstream((_incoming, response) => response.end());
    a.server.on('upgrade', (_incoming, socket) => {
      socket.write('HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n');
      void freed.then(() => socket.end());
    });
    return { a, b, free, dispatcher: dispatcherTo([a.origin, b.origin]) };
  }
  type Pair = Awaited<ReturnType<typeof pair>>;

  async function isFree({ a, dispatcher }: Pair): Promise<boolean> {
    const before = a.asked.length;
    await (await request(ORDERS, { dispatcher })).body.dump();
    return a.asked.length > before;
  }

  it('counts until its body has ended', async () => {
    const made = await pair();
    const { a, dispatcher, free } = made;
    const call = request(`${ORDERS}/held`, { dispatcher });
    await once(a.server, 'request');
    expect(await isFree(made)).toBe(false);
    free();
    expect(await (await call).body.text()).toBe('held');
    expect(await isFree(made)).toBe(true);
    expect(await isFree(made)).toBe(true);
  });

  it('counts no longer when its caller has given up', async () => {
    const made = await pair();
    const controller = new AbortController();
    const { signal } = controller;
    const call = request(`${ORDERS}/held`, { dispatcher: made.dispatcher, signal });
    await once(made.a.server, 'request');
    controller.abort();
    expect(await rejectionOf(call)).toMatchObject({ name: 'AbortError' });
    expect(await isFree(made)).toBe(true);
  });

  it('counts no longer when it has failed, and is not repeated', async () => {
    const made = await pair();
    const error = await rejectionOf(request(`${ORDERS}/cut`, { dispatcher: made.dispatcher }));
    expect(error).toMatchObject({ code: 'UND_ERR_SOCKET' });
    expect(made.b.asked).toEqual([]);
    expect(await isFree(made)).toBe(true);
  });

  it('counts no longer when it could not even be made', async () => {
    const made = await pair();
    const { dispatcher } = made;
    await rejectionOf(request(ORDERS, { dispatcher, headers: { 'bad header': 'x' } }));
    expect(() => dispatcher.dispatch({ origin: ORDERS, path: '/', method: 'GET' }, {})).toThrow();
    expect(await isFree(made)).toBe(true);
  });

  it('counts as long as the socket that came of it is open', async () => {
    const made = await pair();
    const { socket } = await upgrade(ORDERS, { dispatcher: made.dispatcher, protocol: 'x' });
    expect(await isFree(made)).toBe(false);
    made.free();
    socket.resume();
    await once(socket, 'close');
    expect(await isFree(made)).toBe(true);
  });
});

describe('a refused connection', () => {
  it.each([
    ['GET', undefined],
    ['HEAD', undefined],
    ['PUT', 'payload'],
    ['DELETE', Buffer.from('payload')],
  ] as const)('of a %s is tried once on another upstream', async (method, body) => {
    const { origin, asked } = await upstream();
    const dispatcher = dispatcherTo([await refusing(), origin]);
    const reply = await request(ORDERS, { dispatcher, method, ...(body && { body }) });
    expect(await reply.body.text()).toBe(body === undefined ? '' : 'payload');
    expect(asked.length).toBe(1);
  });

  it('of the fetch of Node too', async () => {
    const { origin, asked } = await upstream();
    const upstreams = [await refusing(), origin];
    const options = { origin: ORDERS, upstreams, liveness: () => undefined, random: FIRST };
    const init: object = { dispatcher: livePeerDispatcher(options) };
    await (await fetch(ORDERS, init)).text();
    expect(asked.length).toBe(1);
  });

  it.each([
    ['a POST', { method: 'POST', body: 'payload' }],
    ['a stream', { method: 'PUT', body: Readable.from(['payload']) }],
  ] as const)('of %s fails', async (_, options) => {
    const { origin, asked } = await upstream();
    const dispatcher = dispatcherTo([await refusing(), origin]);
    const error = await rejectionOf(request(ORDERS, { dispatcher, ...options }));
    expect(error).toMatchObject({ code: 'ECONNREFUSED' });
    expect(asked).toEqual([]);
  });

  it('fails if there is nobody else, or it is refused twice', async () => {
    const [first, second] = [await refusing(), await refusing()];
    const upstreams = [first, second, (await upstream()).origin];
    for (const list of [[first], upstreams]) {
      const error = await rejectionOf(request(ORDERS, { dispatcher: dispatcherTo(list) }));
      expect(error).toMatchObject({ code: 'ECONNREFUSED' });
    }
  });
});

/** What undici tells its handlers, in the words of its older and its newer interface. */
describe.each([
  ['older', ['onConnect', 'onHeaders', 'onData', 'onComplete'], 'onError'],
  [
    'newer',
    ['onRequestStart', 'onResponseStart', 'onResponseData', 'onResponseEnd'],
    'onResponseError',
  ],
] as const)('a handler of the %s interface', (_, story, failure) => {
  function dispatched() {
    const heard: string[] = [];
    const names: string[] = [...story, failure];
    const handler = Object.fromEntries(names.map((name) => [name, () => void heard.push(name)]));
    const sent: { to: unknown; tell: (name: string, error?: Error) => void }[] = [];
    const next: DispatcherLike = {
      dispatch({ origin }, given) {
        const told = given as Record<string, (...args: unknown[]) => void>;
        // The older one has the error first, the newer one second.
        const tell = (name: string, error?: Error) => told[name]!(error, error);
        return sent.push({ to: origin, tell }) > 0;
      },
    };
    const upstreams = ['http://a', 'http://b'];
    const liveness = () => undefined;
    const options = { origin: ORDERS, upstreams, liveness, dispatcher: next, random: FIRST };
    const dispatcher = livePeerDispatcher(options);
    const ask = () => dispatcher.dispatch({ origin: ORDERS, path: '/', method: 'GET' }, handler);
    ask();
    return { heard, sent, ask };
  }
  const withCode = (code: string) => Object.assign(new Error(code), { code });

  it('hears everything of the attempt that counts', () => {
    const { heard, sent } = dispatched();
    sent[0]!.tell(failure, withCode('ECONNREFUSED'));
    expect(heard).toEqual([]);
    expect(sent.map(({ to }) => to)).toEqual(['http://a', 'http://b']);
    for (const name of story) sent[1]!.tell(name);
    expect(heard).toEqual(story);
  });

  it('leaves nothing in flight when it has heard all', () => {
    const { sent, ask } = dispatched();
    for (const name of story) sent[0]!.tell(name);
    ask();
    ask();
    expect(sent.map(({ to }) => to)).toEqual(['http://a', 'http://a', 'http://b']);
  });

  it('is not served twice once there was a connection', () => {
    const { heard, sent } = dispatched();
    sent[0]!.tell(story[0]);
    sent[0]!.tell(failure, withCode('ECONNREFUSED'));
    expect(heard).toEqual([story[0], failure]);
    expect(sent.length).toBe(1);
  });

  it('is not served twice if the connection was not refused', () => {
    const { heard, sent } = dispatched();
    sent[0]!.tell(failure, withCode('UND_ERR_CONNECT_TIMEOUT'));
    expect(heard).toEqual([failure]);
    expect(sent.length).toBe(1);
  });
});

describe('what the caller gives', () => {
  it('may change from request to request', async () => {
    const [a, b] = [await upstream(), await upstream()];
    let given: unknown = [a.origin];
    const dispatcher = dispatcherTo(() => given as string[]);
    const ask = async () => (await request(ORDERS, { dispatcher })).body.dump();
    await ask();
    // What is no origin is left out, and the last ones stay if there are none.
    for (given of [[b.origin, 'orders'], [], 'orders', undefined]) await ask();
    expect([a.asked.length, b.asked.length]).toEqual([1, 4]);
  });

  it('may fail without failing a request', async () => {
    const { origin, asked } = await upstream();
    const liveness = () => {
      throw new Error('not yet');
    };
    const dispatcher = dispatcherTo([origin], { liveness });
    await (await request(ORDERS, { dispatcher })).body.dump();
    expect(asked.length).toBe(1);
  });

  it('fails it only if no upstream was ever given', async () => {
    const error = await rejectionOf(request(ORDERS, { dispatcher: dispatcherTo(() => []) }));
    expect(error).toMatchObject({ code: 'ERR_TARDY_UNREACHABLE' });
    expect((error as Error).message).toContain(ORDERS);
  });

  it.each([
    [{ origin: 'orders' }, 'origin'],
    [{ origin: 'http://orders/v1' }, 'origin'],
    [{ upstreams: [] }, 'upstreams'],
    [{ upstreams: ['http://a', 'b'] }, 'upstreams'],
    [{ upstreams: ['http://user@a'] }, 'upstreams'],
    [{ upstreams: 'http://a' }, 'upstreams'],
    [{ liveness: undefined }, 'liveness'],
    [{ dispatcher: {} }, 'dispatcher'],
    [{ maxEjectedShare: 1.1 }, 'maxEjectedShare'],
    [{ maxEjectedShare: NaN }, 'maxEjectedShare'],
    [{ recoveryMs: -1 }, 'recoveryMs'],
    [{ recoveryMs: Infinity }, 'recoveryMs'],
  ])('is refused at once: %o', (change, name) => {
    const good = { origin: ORDERS, upstreams: ['http://a'], liveness: () => undefined };
    const make = () => livePeerDispatcher({ ...good, ...change } as LivePeerDispatcherOptions);
    expect(make).toThrow(expect.objectContaining({ code: 'ERR_TARDY_ARGUMENT' }) as Error);
    expect(make).toThrow(name);
  });
});
