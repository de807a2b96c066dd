/** Holds a lease and writes under it, one write after the other, as long as it believes to hold it. */
import { Agent, request as httpRequest } from 'node:http';
import { checkAtWrite } from '../../src/leasing/last-instant.ts';
import { createLeaseGuard } from '../../src/leasing/lease-guard.ts';
import type { FromHolder, HolderJob, ToHolder } from './messages.ts';

const job = JSON.parse(process.argv[2] ?? '') as HolderJob;
const agent = new Agent({ keepAlive: true });
const say = (message: FromHolder) => process.send?.(message);
const pass = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** How libraries do it: a timer takes the lease away. */
class TimerFlag {
  #isHeld = false;

  acquired({ sentAtMs }: { readonly sentAtMs: number }): void {
    this.#isHeld = true;
    const restMs = sentAtMs + job.ttlMs - performance.now();
    setTimeout(() => (this.#isHeld = false), restMs);
  }

  assertHeld(): void {
    if (!this.#isHeld) throw new Error('lost');
  }
}

const guard =
  job.check === 'timer'
    ? new TimerFlag()
    : createLeaseGuard({ resource: 'bench', ttlMs: job.ttlMs });

/** Writes of before the first trial: code that is not compiled yet would stretch the gaps. */
const WARM_UP = 200;

async function put(key: string, token: string): Promise<void> {
  guard.assertHeld();
  if (job.place === 'work') await pass(job.workMs);
  return send(key, token);
}

async function send(key: string, token: string): Promise<void> {
  const headers = { 'fencing-token': token };
  if (job.place === 'last') return putByHttp(key, headers);
  const response = await fetch(`${job.url}/${key}`, { method: 'PUT', headers });
  await response.arrayBuffer();
}

function putByHttp(key: string, headers: Record<string, string>): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(`${job.url}/${key}`, { method: 'PUT', headers, agent });
    request.on('response', (response) => response.on('end', resolve).resume());
    request.on('error', reject);
    if (isWarm) checkAtWrite(request, guard);
    request.end();
  });
}

let isWarm = false;
let key = '';
let sentAtMs = 0;

async function hold(token: string): Promise<void> {
  guard.acquired({ sentAtMs, token: BigInt(token) });
  let writes = 0;
  try {
    for (;;) {
      await put(key, token);
      writes++;
    }
  } catch {
    say({ writes }); // the lease is over, or the write was refused
  }
}

process.on('message', (message: ToHolder) => {
  if ('begin' in message) {
    key = message.begin;
    sentAtMs = performance.now();
    say('ask');
  } else void hold(message.token);
});
for (let i = 0; i < WARM_UP; i++) await send(`warm-${process.pid}`, '1');
isWarm = true;
say('ready');
