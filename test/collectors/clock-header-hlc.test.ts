/** Tardy-HLC over real sockets: both ways, ever greater, and not led astray. */
import axios from 'axios';
import { describe, expect, it } from 'vitest';
import { request as undiciRequest } from 'undici';
import { hlcFromText, hlcParts, hlcText } from '../../src/clock/hlc.ts';
import { ask, HeaderWorld, serve, valuesOf } from './clock-header-support.ts';

const HLC = { hlcHeader: true };
const CLIENTS: readonly (readonly [string, (url: string) => Promise<unknown>])[] = [
  ['fetch', async (url) => (await fetch(url)).text()],
  ['undici', async (url) => (await undiciRequest(url)).body.text()],
  ['node:http', (url) => ask(url)],
  ['node:http with headers by name', (url) => ask(url, { headers: { 'x-one': '1' } })],
  ['axios', (url) => axios.get(url, { adapter: 'http' })],
];

/** So much ahead of now. */
const stampAhead = (ms: number) => hlcText(BigInt(Math.floor(Date.now()) + ms) << 16n);

describe.each(CLIENTS)('a request by %s', (_, call) => {
  it('carries the clock, and takes over what the response says if that is greater', async () => {
    const world = new HeaderWorld(HLC);
    const theirs = stampAhead(30_000);
    const asked: string[] = [];
    const host = await serve((request, response) => {
      asked.push(String(request.headers['tardy-hlc']));
      response.writeHead(200, { 'Tardy-HLC': theirs }).end();
    });
    const before = world.time.clock.hlc();
    await call(`http://${host}/`);
    await call(`http://${host}/`);
    const [first, second] = asked.map((text) => hlcFromText(text)!);
    expect(first).toBeGreaterThan(before);
    expect(second).toBeGreaterThan(hlcFromText(theirs)!);
    expect(world.time.clock.hlc()).toBeGreaterThan(second!);
  });

  it('does not believe a response that is wild', async () => {
    const world = new HeaderWorld(HLC);
    const host = await serve((_request, response) => {
      response.writeHead(200, { 'Tardy-HLC': stampAhead(3_600_000) }).end();
    });
    await call(`http://${host}/`);
    expect(hlcParts(world.time.clock.hlc()).wallMs - Date.now()).toBeLessThan(1000);
  });

  it('carries nothing unless that is asked for', async () => {
    const world = new HeaderWorld();
    const asked: unknown[] = [];
    const host = await serve((request, response) => {
      asked.push(request.headers['tardy-hlc']);
      response.writeHead(200, { 'Tardy-HLC': stampAhead(30_000) }).end();
    });
    await call(`http://${host}/`);
    expect(asked).toEqual([undefined]);
    expect(hlcParts(world.time.clock.hlc()).wallMs - Date.now()).toBeLessThan(1000);
  });
});

describe('a request whose headers are a list', () => {
  it('goes as it is: nothing can be added', async () => {
    const world = new HeaderWorld(HLC);
    world.app.get('/', (request, response) => void response.send(request.headers['x-one']));
    const host = await world.serveApp();
    const headers = ['Host', host, 'X-One', '1'] as unknown as Record<string, string>;
    expect((await ask(`http://${host}/`, { headers })).body).toBe('1');
  });
});

describe('an Express server', () => {
  async function asked(theirs: string): Promise<{ world: HeaderWorld; answer: bigint }> {
    const world = new HeaderWorld(HLC);
    world.app.get('/', (_request, response) => void response.send('ok'));
    const host = await world.serveApp();
    const headers = ['Host', host, 'Tardy-HLC', theirs] as unknown as Record<string, string>;
    const reply = await ask(`http://${host}/`, { headers });
    const [value, ...others] = valuesOf(reply, 'tardy-hlc');
    expect(others).toEqual([]);
    return { world, answer: hlcFromText(value!)! };
  }

  it('answers with a greater one', async () => {
    const theirs = stampAhead(30_000);
    expect((await asked(theirs)).answer).toBeGreaterThan(hlcFromText(theirs)!);
  });

  it.each([
    ['wild', stampAhead(3_600_000)],
    ['the greatest there is', 'f'.repeat(16)],
    ['none', 'soon'],
  ])('does not believe one that is %s', async (_, theirs) => {
    const { answer } = await asked(theirs);
    expect(hlcParts(answer).wallMs - Date.now()).toBeLessThan(1000);
  });
});
