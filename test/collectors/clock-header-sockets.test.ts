/** Tardy-Clock over real sockets: what the clients of Node make of it, and what servers send. */
import { setTimeout as sleep } from 'node:timers/promises';
import axios from 'axios';
import type { Response } from 'express';
import got from 'got';
import { describe, expect, it } from 'vitest';
import { request as undiciRequest } from 'undici';
import { clockFromHeader } from '../../src/timekeeping/clock-header.ts';
import {
  ask,
  HeaderWorld,
  keepAliveAgent,
  type Reply,
  serve,
  valuesOf,
} from './clock-header-support.ts';

const CLIENTS: readonly (readonly [string, (url: string) => Promise<unknown>])[] = [
  ['fetch', async (url) => (await fetch(url)).text()],
  ['undici', async (url) => (await undiciRequest(url)).body.text()],
  ['node:http', (url) => ask(url)],
  [
    'node:http, kept alive',
    async (url) => {
      const agent = keepAliveAgent();
      for (let i = 0; i < 3; i++) await ask(url, { agent });
    },
  ],
  ['axios', (url) => axios.get(url, { adapter: 'http' })],
  ['got', (url) => got(url, { retry: { limit: 0 } }).text()],
];

/** A body that takes a while to be sent. */
const SLOW_MS = 40;
async function* slowly() {
  yield Buffer.from('first ');
  await sleep(SLOW_MS);
  yield Buffer.from('last');
}
const UPLOADS: readonly (readonly [string, (url: string) => Promise<unknown>])[] = [
  [
    'fetch',
    async (url) => {
      const body = ReadableStream.from(slowly());
      const init = { method: 'POST', body, duplex: 'half' } as unknown as RequestInit;
      return (await fetch(url, init)).text();
    },
  ],
  [
    'undici',
    async (url) => {
      const { Readable } = await import('node:stream');
      const options = { method: 'POST', body: Readable.from(slowly()) } as const;
      return (await undiciRequest(url, options)).body.text();
    },
  ],
  [
    'node:http',
    (url) =>
      ask(url, { method: 'POST' }, (request) => {
        request.write('first ');
        setTimeout(() => request.end('last'), SLOW_MS);
      }),
  ],
];

describe.each(CLIENTS)('a response to %s', (_, call) => {
  it('tells the clock of an Express server: ours', async () => {
    const world = new HeaderWorld();
    world.app.get('/', (_request, response) => void response.send('ok'));
    const host = await world.serveApp();
    await call(`http://${host}/`);
    world.expectAhead(host, 0);
  });

  it.each([5000, -5000])('shows a clock that is %s ms ahead', async (aheadMs) => {
    const world = new HeaderWorld();
    const host = await world.serveAhead(aheadMs);
    await call(`http://${host}/`);
    world.expectAhead(host, aheadMs);
    expect(Math.sign(world.offset(host)!.lowMs)).toBe(Math.sign(aheadMs));
  });

  it('from a cache tells nothing', async () => {
    const world = new HeaderWorld();
    const host = await world.serveAhead(0, { Age: '0' });
    await call(`http://${host}/`);
    expect(world.offset(host)).toBeUndefined();
  });

  it('that is nonsense tells nothing', async () => {
    const world = new HeaderWorld();
    const host = await serve((_request, response) => {
      response.writeHead(200, { 'Tardy-Clock': 'now' }).end();
    });
    await call(`http://${host}/`);
    expect(world.offset(host)).toBeUndefined();
  });
});

describe.each(UPLOADS)('a POST by %s', (_, upload) => {
  it('that is read to its end before it is answered', async () => {
    const world = new HeaderWorld();
    world.app.post('/', (request, response) => {
      request.on('end', () => response.send('ok')).resume();
    });
    const host = await world.serveApp();
    await upload(`http://${host}/`);
    world.expectAhead(host, 0);
  });

  it('that is answered before its body has come', async () => {
    const world = new HeaderWorld();
    const host = await world.serveAhead(0);
    await upload(`http://${host}/`);
    world.expectAhead(host, 0);
  });
});

describe('an Express server', () => {
  async function reply(respond: (response: Response) => void, settings = {}): Promise<Reply> {
    const world = new HeaderWorld(settings);
    world.app.disable('x-powered-by'); // with it, Node takes no list of pairs
    world.app.get('/', (_request, response) => respond(response));
    return ask(`http://${await world.serveApp()}/`);
  }

  it('sends it once, in 64 bytes with its name', async () => {
    const [value, ...others] = valuesOf(
      await reply((response) => response.send('ok')),
      'tardy-clock',
    );
    expect(others).toEqual([]);
    expect(clockFromHeader(value!)).toBeDefined();
    expect(`Tardy-Clock: ${value}`.length).toBeLessThanOrEqual(64);
  });

  it('sends none where that is not wanted, nor the hybrid clock where nobody asked for it', async () => {
    const { rawHeaders } = await reply((response) => response.send('ok'), { clockHeader: false });
    expect(valuesOf({ rawHeaders }, 'tardy-clock')).toEqual([]);
    expect(valuesOf({ rawHeaders }, 'tardy-hlc')).toEqual([]);
    expect(valuesOf({ rawHeaders }, 'server-timing')).toHaveLength(1);
  });

  const STALE = '1780000000123.456;2.345;3';
  const copied = { 'X-Upstream': '1', 'TARDY-clock': STALE };
  it.each<[string, (response: Response) => void]>([
    ['set', (response) => response.set(copied).send('ok')],
    ['an object for writeHead', (response) => response.writeHead(200, copied).end('ok')],
    ['an object after a message', (response) => response.writeHead(200, 'Fine', copied).end('ok')],
    ['a list', (response) => response.writeHead(200, Object.entries(copied).flat()).end('ok')],
    [
      'a list of pairs',
      (response) => {
        response.writeHead(200, Object.entries(copied) as unknown as string[]).end('ok');
      },
    ],
    ['both', (response) => response.set(copied).writeHead(200, copied).end('ok')],
  ])('that copies headers from another by %s tells its own time', async (_, respond) => {
    const answer = await reply(respond);
    expect(valuesOf(answer, 'x-upstream')).toEqual(['1']);
    const values = valuesOf(answer, 'tardy-clock');
    expect(values).toHaveLength(1);
    const { sentAtWallMs } = clockFromHeader(values[0]!)!;
    expect(Math.abs(sentAtWallMs - Date.now())).toBeLessThan(60_000);
    expect(answer).toMatchObject({ status: 200, body: 'ok' });
  });

  it('leaves the headers that it is handed as they are', async () => {
    const given = { ...copied };
    await reply((response) => void response.writeHead(200, given).end('ok'));
    expect(given).toEqual(copied);
  });

  it('that passes requests on is known by its own clock, not by that behind it', async () => {
    const world = new HeaderWorld();
    const behind = await world.serveAhead(5000);
    world.app.get('/', async (_request, response) => {
      const { status, rawHeaders, body } = await ask(`http://${behind}/`);
      response.writeHead(status, rawHeaders as string[]).end(body);
    });
    const host = await world.serveApp();
    await (await fetch(`http://${host}/`)).text();
    world.expectAhead(behind, 5000);
    world.expectAhead(host, 0);
    expect(world.offset(host)!.highMs).toBeLessThan(5000);
  });
});
