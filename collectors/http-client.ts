/**
 * Outgoing requests of `node:http` and `node:https`, and so of axios, got and most others.
 *
 * `created` is the call, `start` the end of the upload, `response.finish` (despite its name) the
 * response headers, the response's `close` the end of the body. A request is written when its
 * upload has ended and its connection stands: at `start` on a kept-alive connection, else when
 * the new socket has connected.
 */
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Ending } from '../src/peers/ending.ts';
import type { Exchange } from '../src/peers/exchange.ts';
import { listen, type Stop } from './channel.ts';
import { classifyError } from './classify.ts';
import { ClientCalls, type ClientCollectorOptions, type Tracked } from './client.ts';
import { waitsOnPurpose } from './left-out.ts';
import { HLC_HEADER } from '../src/timekeeping/clock-header.ts';
import { replyFacts } from './response-headers.ts';

type Request = ClientRequest & Tracked & { [CALLED]?: number | undefined };

/** When a request was called whose port is not known yet. */
const CALLED = Symbol.for('tardy/v1/called');

/** A timer may fire this much early by our clock, which reads finer than libuv's. */
const TIMER_SLACK_MS = 2;
/** What Node keeps of `setTimeout` and the option; undocumented. */
type WithTimeout = ClientRequest & { readonly timeout?: number };

const LEFT_OUT_HEADERS = ['accept', 'prefer', 'upgrade'];

export function collectHttpClient(options: ClientCollectorOptions): Stop {
  const { traffic, diagnostics } = options;
  const calls = new ClientCalls(options);
  const watch = watchers(calls, options);
  return listen(diagnostics, {
    'http.client.request.created': ({ request }: { request: Request }) => {
      if (request.method === 'CONNECT' || waits(request)) return;
      const origin = originOf(request);
      const { method, path } = request;
      if (origin === undefined) request[CALLED] = performance.now();
      else calls.open(request, { origin, method, path });
      // Of headers given as a list, no host can be read: such a request is not open yet.
      if (options.hlc && calls.of(request)) request.setHeader(HLC_HEADER, options.hlc.stamp());
    },
    'http.client.request.start': ({ request }: { request: Request }) => {
      if (!calls.of(request) && request[CALLED] === undefined) return;
      if (request.reusedSocket && request[CALLED] === undefined) {
        calls.written(request, true, request.socket);
      } else watch.connecting(request);
    },
    'http.client.response.finish': (message: { request: Request; response: IncomingMessage }) => {
      const { request, response } = message;
      const exchange = calls.of(request);
      if (!exchange) return;
      const nowMs = performance.now();
      const facts = replyFacts(response.rawHeaders);
      // What is told of the request is told after it was written: too late to count from.
      calls.clock(exchange, { sentAtMs: exchange.openedAtMs, repliedAtMs: nowMs }, facts);
      if (facts.stream) {
        traffic.leaveOut(exchange, nowMs);
        return;
      }
      traffic.replied(exchange, nowMs, facts.serverMs, facts.queueMs);
      traffic.configured(exchange, (request as WithTimeout).timeout);
      watch.body(response);
    },
    'http.client.request.error': ({ request, error }: { request: Request; error: unknown }) => {
      openLate(calls, request, (error as { port?: number }).port);
      const exchange = calls.of(request);
      if (!exchange) return;
      const nowMs = performance.now();
      traffic.configured(exchange, (request as WithTimeout).timeout);
      traffic.end(exchange, requestEnding(request, exchange, error, nowMs), nowMs);
    },
  });
}

/** What the channels do not tell: the events of single requests, sockets and responses. */
function watchers(calls: ClientCalls, { traffic, diagnostics }: ClientCollectorOptions) {
  const written = diagnostics.guard('request written', (request: Request, socket: Socket) => {
    openLate(calls, request, socket.remotePort);
    calls.written(request, request.reusedSocket, socket);
  });
  function onSocket(this: Request, socket: Socket): void {
    if (!socket.connecting) written(this, socket);
    else
      socket.once('encrypted' in socket ? 'secureConnect' : 'connect', () => written(this, socket));
  }

  /** got takes errors of the handshake from the socket, and the request ends without one. */
  const over = diagnostics.guard('request close', (request: Request) => {
    const exchange = calls.of(request);
    const error = request.socket?.errored;
    if (exchange && error) traffic.end(exchange, classifyError(error, false), performance.now());
  });
  function onOver(this: Request): void {
    over(this);
  }

  const closed = diagnostics.guard('response close', (response: IncomingMessage) => {
    const exchange = calls.of((response as IncomingMessage & { req: Request }).req);
    if (exchange) traffic.end(exchange, bodyEnding(response), performance.now());
  });
  function onClose(this: IncomingMessage): void {
    closed(this);
  }

  return {
    /** A request on a new connection: it is written when that stands. */
    connecting(request: Request): void {
      request.once('close', onOver);
      if (request.socket) onSocket.call(request, request.socket);
      else request.once('socket', onSocket);
    },
    body: (response: IncomingMessage) => void response.on('close', onClose),
  };
}

/** Where the Host header names another host than the request, only the socket knows the port. */
function openLate(calls: ClientCalls, request: Request, port: number | undefined): void {
  const calledMs = request[CALLED];
  if (calledMs === undefined || port === undefined) return;
  request[CALLED] = undefined;
  const { protocol, method, path } = request;
  calls.open(
    request,
    { origin: `${protocol}//${hostOf(request)}:${port}`, method, path },
    calledMs,
  );
}

function waits(request: ClientRequest): boolean {
  return LEFT_OUT_HEADERS.some((name) => waitsOnPurpose(name, request.getHeader(name)));
}

/**
 * Host from the request, port from its Host header, for a ClientRequest does not keep its port;
 * undefined where the header is for another host.
 */
function originOf(request: ClientRequest): string | undefined {
  const header = request.getHeader('host');
  const host = hostOf(request);
  const isOwn = typeof header === 'string' && (header === host || header.startsWith(`${host}:`));
  return isOwn ? `${request.protocol}//${header}` : undefined;
}

function hostOf({ host }: ClientRequest): string {
  return host.includes(':') ? `[${host}]` : host;
}

/**
 * Node says "socket hang up" both when the peer closed and when the caller destroyed the request;
 * only in the second case is the request itself marked as destroyed.
 */
function requestEnding(
  request: Request,
  exchange: Exchange,
  error: unknown,
  nowMs: number,
): Ending {
  const { code, syscall } = error as NodeJS.ErrnoException;
  const byCaller = request.destroyed && code === 'ECONNRESET' && syscall === undefined;
  if (byCaller) return gaveUp(request, nowMs - exchange.openedAtMs);
  const ending = classifyError(error, exchange.reused);
  const isCut = exchange.replied && ending !== 'cancelled' && ending !== 'timed-out';
  return isCut ? 'truncated' : ending;
}

/** The caller destroyed it: because its own timeout had fired, or for reasons unknown. */
function gaveUp(request: ClientRequest, ageMs: number): Ending {
  const { timeout } = request as WithTimeout;
  const fired = timeout !== undefined && timeout > 0 && ageMs >= timeout - TIMER_SLACK_MS;
  return fired ? 'timed-out' : 'cancelled';
}

function bodyEnding(response: IncomingMessage): Ending {
  if (response.complete) return 'completed';
  const { socket } = response as { socket: Socket | null };
  const cutByPeer = socket?.readableEnded === true || isSystemError(socket?.errored);
  return cutByPeer ? 'truncated' : 'cancelled';
}

function isSystemError(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'syscall' in error;
}
