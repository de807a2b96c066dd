/** Ports for programs that must be told theirs. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { onTestFinished } from 'vitest';

/**
 * Below the ports that the kernel hands out (32768 and up on Linux): nobody who binds to port 0 in
 * the meantime, a relay or a client, can take one. Each worker has a part of its own.
 */
const FIRST_PORT = 12_000;
const PORTS_PER_WORKER = 1000;
const WORKERS_MAX = 20;

const given = new Set<number>();

/** A port that is free, for TCP and UDP, and that nobody else is told. */
export async function freePort(): Promise<number> {
  const worker = Number(process.env.VITEST_POOL_ID ?? process.pid) % WORKERS_MAX;
  const first = FIRST_PORT + worker * PORTS_PER_WORKER;
  for (let tries = 0; tries < PORTS_PER_WORKER; tries++) {
    const port = first + Math.floor(Math.random() * PORTS_PER_WORKER);
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    return port;
  }
  throw new Error(`no free port from ${first} on`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const socket = createSocket('udp4');
  try {
    await Promise.all([
      once(server.listen(port, '127.0.0.1'), 'listening'),
      new Promise<void>((resolve, reject) => {
        socket.once('error', reject).bind(port, '127.0.0.1', resolve);
      }),
    ]);
    return true;
  } catch {
    return false;
  } finally {
    if (server.listening) await new Promise((resolve) => server.close(resolve));
    socket.close();
  }
}

/** A port of localhost that is taken, until the test is over. */
export async function holdPort(): Promise<number> {
  const server = createServer().listen(0, 'localhost');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}
