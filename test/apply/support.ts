/** What the tests of src/apply share: a source with fixed numbers, servers, ways to wait. */
import { spawn } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { CallToArm, Plan, TimeoutSource } from '../../src/apply/source.ts';
import type { Advice } from '../../src/timeout/types.ts';

export const REASON = '99.9 % of 12,000 replies in the last 5 min came within 84 ms';

/** Long enough never to be reached. */
export const NEVER_MS = 600_000;

export interface FakeSource extends TimeoutSource {
  /** Every call that a plan was asked for. */
  readonly calls: CallToArm[];
  /** How often an advice was made. */
  advices: number;
}

/** Plans the same for every call; `undefined` plans nothing. */
export function sourceOf(
  waits: Partial<Pick<Plan, 'connectMs' | 'responseMs' | 'listenOnMs'>> | undefined,
  whenDrained: TimeoutSource['whenDrained'] = (judge) => judge(),
): FakeSource {
  const source: FakeSource = {
    calls: [],
    advices: 0,
    whenDrained,
    plan(call) {
      source.calls.push(call);
      if (!waits) return undefined;
      const { host, pathname } = new URL(call.url);
      const advice = () => {
        source.advices++;
        return { reason: REASON } as Advice;
      };
      const route = call.route ?? `${call.method} ${pathname}`;
      return { peer: host, route, connectMs: NEVER_MS, responseMs: NEVER_MS, ...waits, advice };
    },
  };
  return source;
}

export interface Served {
  readonly server: Server;
  readonly url: string;
  readonly host: string;
}

/** A server for the length of a test. */
export async function serve(listener: RequestListener): Promise<Served> {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { server, host, url: `http://${host}/users/7` };
}

/** Takes requests and never answers one. */
export const SILENT: RequestListener = () => undefined;

/** What a promise was rejected with; fails if it was not. */
export async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  const kept = await promise.then(
    () => ({ rejected: false as const }),
    (error: unknown) => ({ rejected: true as const, error }),
  );
  if (!kept.rejected) throw new Error('it was not rejected');
  return kept.error;
}

/** A promise and its ends. */
export function deferred<T = void>(): {
  promise: Promise<T>;
  resolve: (value: T) => void;
} {
  return Promise.withResolvers<T>();
}

/** A port that swallows every SYN, for the length of a test. */
export async function serveBlackHole(): Promise<string> {
  const program = fileURLToPath(new URL('../e2e/fixtures/blackhole.mjs', import.meta.url));
  const child = spawn(process.execPath, [program, '1'], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const [port] = JSON.parse(String(line)) as [number];
  // The two places that a queue of one has.
  const fillers = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
  await Promise.all(fillers.map((socket) => once(socket, 'connect')));
  onTestFinished(() => fillers.forEach((socket) => socket.on('error', () => undefined).destroy()));
  return `127.0.0.1:${port}`;
}

/** A server in a process of its own that answers after 80 ms. */
export async function serveApart(): Promise<string> {
  const program = fileURLToPath(new URL('../e2e/fixtures/slow-server.mjs', import.meta.url));
  const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return `127.0.0.1:${String(line).trim()}`;
}

/** Calls `onMessage` for each message of a channel, for the length of a test. */
export function hear(channel: string, onMessage: (message: never) => void): void {
  const listener = onMessage as (message: unknown) => void;
  subscribe(channel, listener);
  onTestFinished(() => void unsubscribe(channel, listener));
}
