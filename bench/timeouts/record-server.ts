/**
 * The service that is recorded: a wait as for a database, some work, garbage that lives for a
 * while, and now and then a burst of work during which nobody is answered.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { randomFrom } from '../../test/support/random.ts';

const WAIT_MS = { median: 4, sigma: 0.5 };
const WORK_MS = 0.2;
/** Objects of a reply, and replies of which they are kept: some 100 MB that the collector walks. */
const OBJECTS = 2000;
const KEPT_REPLIES = 1000;
const BURST_EVERY_MS = 12_000;
const BURST_MS = { median: 60, sigma: 0.9, max: 1500 };

const random = randomFrom(Number(process.argv[2]));
const kept: object[][] = [];

const server = createServer((_, response) => {
  setTimeout(
    () => {
      work(WORK_MS);
      kept.push(Array.from({ length: OBJECTS }, (_, i) => ({ i, text: `object ${i}` })));
      if (kept.length > KEPT_REPLIES) kept.shift();
      response.end('here');
    },
    random.lognormal(WAIT_MS.median, WAIT_MS.sigma),
  );
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.on('disconnect', () => process.exit());
burstLater();

function burstLater(): void {
  setTimeout(() => {
    work(Math.min(random.lognormal(BURST_MS.median, BURST_MS.sigma), BURST_MS.max));
    burstLater();
  }, random.exponential(BURST_EVERY_MS));
}

function work(ms: number): void {
  const endMs = performance.now() + ms;
  while (performance.now() < endMs);
}
