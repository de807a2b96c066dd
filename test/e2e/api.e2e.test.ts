/** The API as operators' tools read it: the shapes it promises, and errors that say what to do. */
import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { peersReportSchema, timeoutsReportSchema } from '../../src/report.ts';
import { scrape, sumOf } from '../support/e2e-exposition.ts';
import { launchProgram, type Program } from '../support/e2e-program.ts';

/** RFC 9457. */
const problemSchema = z.strictObject({
  type: z.literal('about:blank'),
  title: z.string().min(1),
  status: z.number().int(),
  detail: z.string().min(1),
});

let app: Program;
let url: string;
let peer: string;

beforeAll(async () => {
  app = launchProgram('express-app.mjs', {
    args: ['instrument'],
    env: { TARDY_PAUSE_LATE_MS: '60000' },
  });
  const { port } = JSON.parse(await app.said(/\{.*\}/)) as { port: number };
  url = `http://127.0.0.1:${port}`;
  peer = `127.0.0.1:${port}`;
  for (let i = 0; i < 25; i++) await fetch(`${url}/call`);
});
afterAll(() => app.stop());

async function json(path: string) {
  const response = await fetch(`${url}/tardy${path}`);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toMatch(/^application\/json/);
  expect(response.headers.get('cache-control')).toBe('no-store');
  return response.json();
}

async function problem(path: string, status: number, init?: RequestInit) {
  const response = await fetch(`${url}/tardy${path}`, init);
  expect(response.status).toBe(status);
  expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  const body = problemSchema.parse(await response.json());
  expect(body.status).toBe(status);
  return { ...body, headers: response.headers };
}

describe('GET', () => {
  it('/timeouts lists every peer and route', async () => {
    const { timeouts } = z.strictObject(timeoutsReportSchema.shape).parse(await json('/timeouts'));
    expect(timeouts).toHaveLength(1);
    expect(timeouts[0]).toMatchObject({ peer, route: 'GET /users/:id', requests: 25, inFlight: 0 });
    expect(timeouts[0]!.endings).toEqual({ completed: 25 });
    expect(timeouts[0]!.advice.basis).toBe('extrapolated');
    expect(timeouts[0]!.advice.timeoutMs).toBeGreaterThan(timeouts[0]!.maxMs!);
  });

  it('/timeouts/:peer tells of one, ?route= of one route of it', async () => {
    const route = encodeURIComponent('GET /users/:id');
    for (const path of [
      `/timeouts/${peer}`,
      `/timeouts/${encodeURIComponent(peer)}?route=${route}`,
    ]) {
      const { timeouts } = timeoutsReportSchema.parse(await json(path));
      expect(timeouts.map((entry) => [entry.peer, entry.route])).toEqual([
        [peer, 'GET /users/:id'],
      ]);
    }
  });

  it('/peers lists every peer', async () => {
    const { peers } = z.strictObject(peersReportSchema.shape).parse(await json('/peers'));
    expect(peers.map((entry) => entry.peer)).toEqual([peer]);
    expect(peers[0]).toMatchObject({ requests: 25, routes: 1, inFlight: 0 });
    expect(peers[0]!.connectP50Ms).toBeGreaterThan(0);
    expect(peers[0]!.lastReplyAgoMs).toBeGreaterThan(0);
  });

  it('/metrics is Prometheus text', async () => {
    const samples = await scrape(`${url}/tardy/metrics`);
    expect(sumOf(samples('tardy_client_rtt_count', { peer }))).toBe(25);
    expect(samples('tardy_network_delay_count', { peer })).toHaveLength(1);
  });
});

describe('HEAD', () => {
  it('answers without a body', async () => {
    const response = await fetch(`${url}/tardy/peers`, { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('');
  });
});

describe('problems', () => {
  it.each([
    ['/timeouts/nonsense', /host:port.*"nonsense"/],
    ['/timeouts/a%20b:80', /host:port/],
    ['/timeouts/localhost:3001:9', /host:port/],
    ['/timeouts/%E0%A4%A', /decode/],
    ['/timeouts?peer=a:1', /"peer"/],
    ['/peers?limit=1', /"limit"/],
    [`/timeouts/a:1?rout=x`, /"rout"/],
    ['/timeouts/a:1?route=x&route=y', /once/],
  ])('400 for %s', async (path, detail) => {
    expect((await problem(path, 400)).detail).toMatch(detail);
  });

  it('404 for a peer that nobody called, and for a route of one', async () => {
    expect((await problem('/timeouts/unknown:1', 404)).detail).toContain('"unknown:1"');
    const { detail } = await problem(`/timeouts/${peer}?route=GET%20/x`, 404);
    expect(detail).toContain('"GET /x"');
    expect(detail).toContain('GET /users/:id');
  });

  it.each(['POST', 'PUT', 'DELETE', 'PATCH'])(
    '405 for %s, with what is allowed',
    async (method) => {
      for (const path of ['/timeouts', `/timeouts/${peer}`, '/peers']) {
        const { headers, detail } = await problem(path, 405, { method });
        expect(headers.get('allow')).toBe('GET, HEAD');
        expect(detail).toContain(method);
      }
    },
  );

  it('quotes what it was given without handing it on whole', async () => {
    const { detail } = await problem(`/timeouts/${'x'.repeat(5000)}`, 400);
    expect(detail.length).toBeLessThan(400);
  });

  it('stays standing when the path is raw bytes', async () => {
    expect(await rawStatus('/tardy/timeouts/%00%ff')).toBe(400);
  });
});

/** A path that fetch would refuse or mend. */
function rawStatus(path: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(`${url}/`, { path }, (response) => {
      response.on('end', () => resolve(response.statusCode)).resume();
    });
    request.on('error', reject);
    request.end();
  });
}
