/**
 * Our own process stands still in an I/O callback while replies arrive. Node runs timers before it
 * reads sockets, so a plain timer refuses all of these calls.
 */
import { readFile } from 'node:fs';
import http from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Agent, request } from 'undici';
import { collectRuntime } from '../../collectors/runtime.ts';
import { createAdaptiveFetch } from '../../src/apply/fetch.ts';
import { adaptiveAgent } from '../../src/apply/node-http.ts';
import { signalFor } from '../../src/apply/signal.ts';
import type { TimeoutSource } from '../../src/apply/source.ts';
import { adaptiveTimeout } from '../../src/apply/undici-interceptor.ts';
import { PauseLog } from '../../src/pause/pause-log.ts';
import { Diagnostics } from '../../src/telemetry/diagnostics.ts';
import { hear, serveApart, sourceOf } from './support.ts';

/** The server answers after 80 ms. */
const RESPONSE_MS = 120;
const STALL_MS = 200;
const CALLS = 60;

type Client = (source: TimeoutSource, url: string) => () => Promise<unknown>;

/** A signal waits for both phases; here the connections stand. */
const connected = (source: TimeoutSource): TimeoutSource => ({
  whenDrained: (judge) => source.whenDrained(judge),
  plan: (call) => ({ ...source.plan(call)!, connectMs: 0 }),
});

const CLIENTS: Record<string, Client> = {
  fetch(source, url) {
    const fetch = createAdaptiveFetch(source);
    return async () => (await fetch(url)).text();
  },
  'fetch with a signal': (source, url) => async () =>
    (await fetch(url, { signal: signalFor(connected(source), url) })).text(),
  undici(source, url) {
    const agent = new Agent();
    onTestFinished(() => agent.destroy());
    const dispatcher = agent.compose(adaptiveTimeout(source));
    return async () => (await request(url, { dispatcher })).body.text();
  },
  'node:http'(source, url) {
    const inner = new http.Agent({ keepAlive: true });
    onTestFinished(() => inner.destroy());
    const agent = adaptiveAgent(source, inner);
    return () =>
      new Promise((resolve, reject) => {
        const call = http.get(url, { agent }, (reply) => reply.on('end', resolve).resume());
        call.on('error', reject);
      });
  },
};

/** The real gate, told of arrivals as the collectors tell it. */
function drainGate(): TimeoutSource['whenDrained'] {
  let arrivals = 0;
  hear('undici:request:headers', () => arrivals++);
  hear('http.client.response.finish', () => arrivals++);
  const pauses = new PauseLog({ tickMs: 20, lateMs: 20 });
  const diagnostics = new Diagnostics();
  const runtime = collectRuntime({ pauses, diagnostics, arrivals: () => arrivals });
  onTestFinished(runtime.stop);
  return (judge) => runtime.whenDrained(judge);
}

/** Stands still in an I/O callback as soon as every call has been written. */
function stallWhenWritten(): Promise<void> {
  let written = 0;
  return new Promise((resolve) => {
    const count = () => {
      if (++written !== CALLS) return;
      readFile(import.meta.filename, () => {
        const endMs = performance.now() + STALL_MS;
        while (performance.now() < endMs);
        resolve();
      });
    };
    hear('undici:client:sendHeaders', count);
    hear('http.client.request.start', count);
  });
}

/** How many of the calls were refused, and how many timers were due when the stall ended. */
async function refusedBy(client: Client, whenDrained: TimeoutSource['whenDrained']) {
  let due = 0;
  const armed = { connectMs: 600_000, responseMs: 600_000 };
  const source = sourceOf(armed, (judge) => {
    due++;
    whenDrained(judge);
  });
  const call = client(source, `http://${await serveApart()}/`);
  const calls = () => Promise.allSettled(Array.from({ length: CALLS }, call));
  await calls(); // connections stand, code is warm
  armed.responseMs = RESPONSE_MS;
  const stalled = stallWhenWritten();
  const results = await calls();
  await stalled;
  return { due, refused: results.filter(({ status }) => status === 'rejected').length };
}

describe.each(Object.entries(CLIENTS))('a stall of our own under %s', (_name, client) => {
  it('refuses no call whose reply has arrived', async () => {
    const { due, refused } = await refusedBy(client, drainGate());
    expect(due).toBeGreaterThan(0);
    expect(refused).toBe(0);
  });

  it('would refuse them if the sockets were not read first', async () => {
    const { refused } = await refusedBy(client, (judge) => judge());
    expect(refused).toBeGreaterThan(0);
  });
});
