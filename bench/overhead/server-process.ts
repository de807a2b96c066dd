/** The process whose Express server is measured, with one collector or none. */
import { pbkdf2Sync } from 'node:crypto';
import type * as Http from 'node:http';
import type { AddressInfo } from 'node:net';
import type createExpress from 'express';
import { answer } from './answers.ts';
import { type Collector, startCollector } from './collectors.ts';
import { collectYoung } from './garbage.ts';
import type { ServerJob } from './jobs.ts';
import { load } from './load.ts';

let collector: Collector | undefined;
let before = process.cpuUsage();
/** What the work of the handlers came to: V8 must not find out that nobody wants it. */
let sink = 0;

answer({
  /** The port that it listens on. */
  async prepare({ lane, workUs }: ServerJob): Promise<number> {
    collector = startCollector(lane);
    const express = load('express') as typeof createExpress;
    const app = express();
    collector.instrument(app);
    const work = workUs > 0 ? workOf(workUs) : undefined;
    app.get('/users/:id', (_request, response) => {
      if (work) sink ^= work();
      response.send('ok');
    });
    const { createServer } = load('node:http') as typeof Http;
    const server = createServer(app);
    server.keepAliveTimeout = 600_000;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  },

  async start(): Promise<void> {
    await collectYoung();
    before = process.cpuUsage();
  },

  /** CPU since `start`, in µs. */
  async end(): Promise<number> {
    await collectYoung();
    const { user, system } = process.cpuUsage(before);
    await collector?.collect();
    return user + system;
  },

  sink: () => sink,
});

/** Work that takes this long here: in OpenSSL, where V8 cannot take it for faster or slower. */
function workOf(us: number): () => number {
  const iterations = 2000;
  let usPerIteration = Infinity;
  for (let i = 0; i < 20; i++) {
    const startMs = performance.now();
    sink ^= derive(iterations);
    usPerIteration = Math.min(usPerIteration, ((performance.now() - startMs) * 1000) / iterations);
  }
  const needed = Math.round(us / usPerIteration);
  return () => derive(needed);
}

function derive(iterations: number): number {
  return pbkdf2Sync('work', 'bench', iterations, 32, 'sha256').readUInt32LE();
}
