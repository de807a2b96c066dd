/** The process whose outgoing requests are measured: one client library, one collector or none. */
import type * as Http from 'node:http';
import { Agent as UndiciAgent, request as undiciRequest } from 'undici';
import { answer } from './answers.ts';
import { type Collector, startCollector } from './collectors.ts';
import { collectYoung } from './garbage.ts';
import { type Client, type ClientJob, CONCURRENCY } from './jobs.ts';
import { load } from './load.ts';
import type { Block } from './sets.ts';

const PATH = '/items/list';

type Call = () => Promise<unknown>;

let call: Call | undefined;
let collector: Collector | undefined;

answer({
  async prepare({ client, lane, origin, warmRequests }: ClientJob): Promise<void> {
    collector = startCollector(lane);
    call = callOf(client, `${origin}${PATH}`);
    await requests(warmRequests);
    await collector.collect();
  },

  async block(count: number): Promise<Block> {
    await collectYoung();
    const startMs = performance.now();
    const before = process.cpuUsage();
    await requests(count);
    const wallUs = (performance.now() - startMs) * 1000;
    await collectYoung();
    const { user, system } = process.cpuUsage(before);
    await collector?.collect();
    return { cpuUs: (user + system) / count, wallUs: wallUs / count };
  },
});

async function requests(count: number): Promise<void> {
  let left = count;
  async function lane(): Promise<void> {
    while (left-- > 0) await call?.();
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, lane));
}

function callOf(client: Client, url: string): Call {
  switch (client) {
    case 'undici.request': {
      const dispatcher = new UndiciAgent({ connections: CONCURRENCY, keepAliveTimeout: 600_000 });
      return async () => (await undiciRequest(url, { dispatcher })).body.text();
    }
    case 'fetch':
      return async () => (await fetch(url)).text();
    case 'node:http':
      return httpCall(url);
  }
}

/** Through the module object on each call: that is where a patch is. */
function httpCall(url: string): Call {
  const http = load('node:http') as typeof Http;
  const { hostname, port, pathname } = new URL(url);
  const agent = new http.Agent({ keepAlive: true, maxSockets: CONCURRENCY });
  const options = { host: hostname, port, path: pathname, agent };
  return () =>
    new Promise((resolve, reject) => {
      const request = http.get(options, (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (body += chunk));
        response.on('end', () => resolve(body));
        response.on('error', reject);
      });
      request.on('error', reject);
    });
}
