/** In a thread of its own: `/50` is answered after 50 ms, `/never` never. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parentPort } from 'node:worker_threads';

const server = createServer((request, response) => {
  const ms = Number(request.url?.slice(1));
  if (Number.isFinite(ms)) setTimeout(() => response.end('here'), ms);
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () =>
  parentPort?.postMessage((server.address() as AddressInfo).port),
);
