/** Everything that reads and sends headers of clocks, in one process, with real sockets. */
import { once } from 'node:events';
import {
  Agent,
  type ClientRequest,
  createServer,
  type IncomingMessage,
  request as httpRequest,
  type RequestListener,
  type RequestOptions,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Express } from 'express';
import { expect, onTestFinished } from 'vitest';
import { startCollecting } from '../../src/collecting.ts';
import { readConfig } from '../../src/config.ts';
import { ServerRoutes } from '../../src/peers/server-routes.ts';
import { SeriesBudget } from '../../src/peers/series-budget.ts';
import { Diagnostics } from '../../src/telemetry/diagnostics.ts';
import { clockFromHeader, clockHeader } from '../../src/timekeeping/clock-header.ts';
import { Timekeeping } from '../../src/timekeeping/timekeeping.ts';
import { makeWorld } from '../support/traffic.ts';

export interface Settings {
  readonly clockHeader?: boolean;
  readonly hlcHeader?: boolean;
}

export class HeaderWorld {
  readonly diagnostics = new Diagnostics();
  readonly time: Timekeeping;
  readonly app: Express = express();

  constructor(settings: Settings = {}) {
    const { diagnostics } = this;
    this.time = new Timekeeping({
      ...{ ntpServers: [], localTime: false, maxDriftPpm: 200, diagnostics },
      ...{ emit: () => undefined, peers: () => [], onSuspended: () => undefined },
    });
    const { table, traffic } = makeWorld();
    const collecting = startCollecting({
      ...{ table, traffic, diagnostics, timekeeping: this.time },
      config: readConfig(settings, {}),
      serverRoutes: new ServerRoutes(new SeriesBudget(1000)),
      runtime: { loopWaitMs: () => 0 },
      pausedMs: () => 0,
      routeName: undefined,
      ...{ excluded: () => false, isOwnPort: () => false },
    });
    collecting.express.instrument(this.app);
    onTestFinished(() => {
      collecting.stop();
      this.time.stop();
      expect(diagnostics.errors).toBe(0);
    });
  }

  /** Serves our application; `127.0.0.1:port`. */
  serveApp(): Promise<string> {
    return serve(this.app as RequestListener);
  }

  /** A server that says what time it is, so much ahead of the truth. */
  serveAhead(aheadMs: number, more: Readonly<Record<string, string>> = {}): Promise<string> {
    return serve((request, response) => {
      response.writeHead(200, { 'Tardy-Clock': this.headerAhead(aheadMs), ...more });
      request.resume();
      response.end('ok');
    });
  }

  headerAhead(aheadMs: number): string {
    const said = clockFromHeader(this.time.headerNow(performance.now()))!;
    return clockHeader({ ...said, sentAtWallMs: said.sentAtWallMs + aheadMs });
  }

  offset(peer: string) {
    return this.time.serverOffset(peer, performance.now());
  }

  /** The clock of the peer is so much ahead of ours, and that is known. */
  expectAhead(peer: string, aheadMs: number): void {
    const { lowMs, highMs } = this.offset(peer)!;
    expect(lowMs).toBeLessThanOrEqual(aheadMs);
    expect(highMs).toBeGreaterThanOrEqual(aheadMs);
  }
}

export async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export interface Reply {
  readonly status: number;
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

/** By node:http. `write`: sends the body and ends the request. */
export async function ask(
  url: string,
  options: RequestOptions = {},
  write: (request: ClientRequest) => void = (request) => request.end(),
): Promise<Reply> {
  const request = httpRequest(url, options);
  write(request);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  let body = '';
  for await (const chunk of response.setEncoding('utf8')) body += String(chunk);
  return { status: response.statusCode!, rawHeaders: response.rawHeaders, body };
}

export function keepAliveAgent(): Agent {
  const agent = new Agent({ keepAlive: true });
  onTestFinished(() => agent.destroy());
  return agent;
}

/** All values of a header, as they came. */
export function valuesOf({ rawHeaders }: Pick<Reply, 'rawHeaders'>, name: string): string[] {
  return rawHeaders.filter((_, i) => rawHeaders[i - 1]?.toLowerCase() === name && i % 2 === 1);
}
