/** Express 5 in ES modules, without a loader hook: routes, Server-Timing, the API, `/metrics`. */
import { Agent, get as httpGet, type IncomingHttpHeaders, type RequestOptions } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodeBinaries } from '../support/capabilities.ts';
import { type Samples, samplesIn, sumOf } from '../support/e2e-exposition.ts';
import { launchProgram, type Program, REGISTER } from '../support/e2e-program.ts';
import { until } from '../support/e2e-wait.ts';

const MODES = [
  ['instrument(app)', 'instrument', []],
  ['--import tardy/register', 'register', REGISTER],
] as const;

const CASES = nodeBinaries().flatMap((node) =>
  MODES.map(([title, mode, nodeArgs]) => ({ node, title, mode, nodeArgs, version: node.version })),
);

describe.each(CASES)('Express with $title on Node $version', ({ node, mode, nodeArgs }) => {
  let app: Program;
  let url: string;
  let bareUrl: string;

  beforeAll(async () => {
    app = launchProgram('express-app.mjs', {
      node,
      nodeArgs,
      args: [mode],
      env: { TARDY_SDK: 'off' },
    });
    const { port, barePort } = JSON.parse(await app.said(/\{.*\}/)) as Record<string, number>;
    url = `http://127.0.0.1:${port}`;
    bareUrl = `http://127.0.0.1:${barePort}`;
    // An application that nobody handed over is met at its first response.
    await fetch(`${url}/users/1`);
    await fetch(`${bareUrl}/plain`);
  });
  afterAll(async () => {
    const { stderr } = await app.stop();
    expect(stderr.replace(/^tardy .*\n/, '')).toBe('');
  });

  const get = (path: string, init?: RequestInit) => fetch(`${url}${path}`, init);
  const metrics = async () => samplesIn(await (await get('/tardy/metrics')).text());
  const countOf = (samples: Samples, route: string) =>
    sumOf(samples('tardy_server_duration_count', { http_route: route }));

  describe('routes', () => {
    it.each([
      ['/users/42', '/users/:id'],
      ['/api/orders', '/api/orders'],
      ['/api/orders/17/items/3', '/api/orders/:id/items/:item'],
      ['/admin/stats/monday', '/admin/stats/:day'],
      ['/nowhere/at/all', '_unmatched'],
      ['/throws', '/throws'],
      ['/rejects', '/rejects'],
      ['/one', '/one,/two'],
      ['/files/a/b.txt', '/^\\/files\\/(.+)$/'],
      ['/redirect', '/redirect'],
      ['/stream', '/stream'],
    ])('%s is %s', async (path, route) => {
      const before = countOf(await metrics(), route);
      await (await get(path, { redirect: 'manual' })).text();
      await until(async () => countOf(await metrics(), route) === before + 1, route);
    });

    it('leaves event streams out', async () => {
      await (await get('/events')).text();
      expect(countOf(await metrics(), '/events')).toBe(0);
    });

    it('tells methods apart', async () => {
      await get('/users/42', { method: 'HEAD' });
      await until(
        async () =>
          (await metrics())('tardy_server_duration_count', { http_request_method: 'HEAD' }).length >
          0,
        'a HEAD',
      );
    });
  });

  describe('Server-Timing', () => {
    const timingOf = async (path: string, init?: RequestInit) => {
      const response = await get(path, { redirect: 'manual', ...init });
      await response.text();
      return response.headers.get('server-timing');
    };
    const APP = /^app;dur=\d+\.\d{3}(, loop;dur=\d+\.\d{3})?$/;

    it.each([
      '/users/1',
      '/api/orders/17/items/3',
      '/admin/stats/monday',
      '/nowhere',
      '/throws',
      '/rejects',
      '/redirect',
      '/stream',
      '/head-object',
      '/head-array',
      '/hints',
    ])('is sent with %s', async (path) => {
      expect(await timingOf(path)).toMatch(APP);
    });

    it('is sent with HEAD and 304', async () => {
      expect(await timingOf('/users/1', { method: 'HEAD' })).toMatch(APP);
      // Not with fetch: it asks for a fresh one where the caller has a condition of its own.
      const tagged = await call(`${url}/etag`, { headers: { 'if-none-match': '"v1"' } });
      expect(tagged.status).toBe(304);
      expect(tagged.headers['server-timing']).toMatch(APP);
    });

    it('says how long the handler worked', async () => {
      const startMs = performance.now();
      const timing = await timingOf('/slow');
      const elapsedMs = performance.now() - startMs;
      const ms = Number(/app;dur=([\d.]+)/.exec(timing!)![1]);
      expect(ms).toBeGreaterThan(58);
      expect(ms).toBeLessThan(elapsedMs);
    });

    it('comes behind what the application says itself', async () => {
      expect(await timingOf('/own-timing')).toMatch(/^db;dur=5, cache;desc="hit", app;dur=/);
    });

    it('never takes the place of what the application gives to writeHead', async () => {
      expect(await timingOf('/head-own-timing')).toMatch(/^db;dur=5/);
    });

    it('says how long the request waited for the event loop', async () => {
      const agent = new Agent({ keepAlive: true });
      const warm = () => call(`${url}/users/1`, { agent });
      await Promise.all([warm(), warm()]); // two connections, so that neither has to be accepted
      const blocked = call(`${url}/block`, { agent });
      await app.said('blocking');
      const { headers } = await call(`${url}/users/1`, { agent });
      await blocked;
      agent.destroy();
      const timing = String(headers['server-timing']);
      expect(timing).toMatch(/loop;dur=/);
      const ms = Number(/loop;dur=([\d.]+)/.exec(timing)![1]);
      expect(ms).toBeGreaterThan(1);
    });
  });

  describe('responses stay what they were', () => {
    it('with headers as an object', async () => {
      const response = await get('/head-object');
      expect(response.status).toBe(201);
      expect(response.headers.get('x-one')).toBe('1');
      expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
      expect(await response.text()).toBe('object');
    });

    it('with headers as an array and a status text', async () => {
      const response = await get('/head-array');
      expect([response.status, response.statusText]).toEqual([202, 'Fine']);
      expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
      expect(await response.text()).toBe('array');
    });

    it('with headers as an array of pairs and none set before', async () => {
      const response = await fetch(`${bareUrl}/pairs`);
      expect(await response.text()).toBe('pairs');
      expect(response.headers.get('x-one')).toBe('1');
      expect(response.headers.get('x-two')).toBe('2');
      expect(response.status).toBe(200);
    });

    it('in streaming, in errors and after early hints', async () => {
      expect(await (await get('/stream')).text()).toBe('first last');
      expect(await (await get('/throws')).json()).toEqual({ error: 'thrown on purpose' });
      expect(await (await get('/rejects')).json()).toEqual({ error: 'rejected on purpose' });
      expect(await (await get('/hints')).text()).toBe('after hints');
    });

    it('when the client goes away in the middle', async () => {
      await goAway(`${url}/slow`);
      expect((await get('/users/1')).status).toBe(200);
    });
  });

  it('counts no failure of its own', async () => {
    expect((await metrics())('tardy_self_errors_total').map(({ value }) => value)).toEqual([0]);
  });
});

interface Reply {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
}

/** By node:http, where fetch knows better. */
function call(url: string, options: RequestOptions): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const request = httpGet(url, options, (response) => {
      const { statusCode: status, headers } = response;
      response.on('end', () => resolve({ status, headers })).resume();
    });
    request.on('error', reject);
  });
}

/** Sends a request and breaks the connection as soon as it has gone out. */
function goAway(url: string): Promise<void> {
  return new Promise((resolve) => {
    const request = httpGet(url, { agent: false });
    request.on('error', () => undefined);
    request.on('finish', () => request.destroy());
    request.on('close', resolve);
  });
}
