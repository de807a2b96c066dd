/**
 * Outgoing requests of the built-in `fetch` and of npm `undici`: both publish on `undici:*`.
 *
 * create → (waits for a connection) → sendHeaders → bodySent → headers → trailers, or error at any
 * point. A
 * request that undici writes again on another connection is sent twice and created once; retries
 * and redirects of its interceptors and of fetch are created anew, one exchange each.
 */
import { HLC_HEADER } from '../src/timekeeping/clock-header.ts';
import { replyFacts } from './response-headers.ts';
import { listen, type Stop } from './channel.ts';
import { classifyError } from './classify.ts';
import { ClientCalls, type ClientCollectorOptions, type Tracked } from './client.ts';
import { waitsOnPurpose } from './left-out.ts';

interface UndiciRequest extends Tracked {
  readonly origin: string | URL;
  readonly method: string;
  readonly path: string;
  readonly headers: readonly unknown[] | string;
  readonly upgrade?: unknown;
  readonly body?: unknown;
  readonly headersTimeout?: number | null;
  addHeader?(name: string, value: string): unknown;
}

const USED = Symbol.for('tardy/v1/socket-used');

interface UsedSocket {
  readonly remoteAddress?: string;
  [USED]?: boolean;
}

export function collectUndici(options: ClientCollectorOptions): Stop {
  const { traffic, diagnostics } = options;
  const calls = new ClientCalls(options);
  return listen(diagnostics, {
    'undici:request:create': ({ request }: { request: UndiciRequest }) => {
      if (request.upgrade || request.method === 'CONNECT' || waits(request)) return;
      const { method, path } = request;
      const origin = typeof request.origin === 'string' ? request.origin : request.origin.origin;
      calls.open(request, { origin, method, path });
      const exchange = calls.of(request);
      if (!exchange) return;
      traffic.configured(exchange, request.headersTimeout);
      if (options.hlc) request.addHeader?.(HLC_HEADER, options.hlc.stamp());
    },
    'undici:client:sendHeaders': (message: { request: UndiciRequest; socket: UsedSocket }) => {
      const { request, socket } = message;
      calls.written(request, socket[USED] === true, socket);
      socket[USED] = true;
    },
    'undici:request:bodySent': ({ request }: { request: UndiciRequest }) => {
      if (request.body) calls.uploaded(request);
    },
    'undici:request:headers': (message: {
      request: UndiciRequest;
      response: { statusCode: number; headers: Uint8Array[] };
    }) => {
      const exchange = calls.of(message.request);
      if (!exchange || message.response.statusCode < 200) return; // 1xx: the reply is yet to come
      const nowMs = performance.now();
      const facts = replyFacts(message.response.headers);
      // Published before the headers are written; with a body it is when that has gone out.
      const { writtenAtMs, openedAtMs } = exchange;
      const sentAtMs = message.request.body ? openedAtMs : (writtenAtMs ?? openedAtMs);
      calls.clock(exchange, { sentAtMs, repliedAtMs: nowMs }, facts);
      if (facts.stream) traffic.leaveOut(exchange, nowMs);
      else traffic.replied(exchange, nowMs, facts.serverMs, facts.queueMs);
    },
    'undici:request:trailers': ({ request }: { request: UndiciRequest }) => {
      const exchange = calls.of(request);
      if (exchange) traffic.end(exchange, 'completed', performance.now());
    },
    'undici:request:error': ({ request, error }: { request: UndiciRequest; error: unknown }) => {
      const exchange = calls.of(request);
      if (!exchange) return;
      const ending = classifyError(error, exchange.reused);
      const isCut = exchange.replied && ending !== 'cancelled' && ending !== 'timed-out';
      traffic.end(exchange, isCut ? 'truncated' : ending, performance.now());
    },
  });
}

/** undici 6 to 8 keep headers as alternating names and values; before, as text. */
function waits({ headers }: UndiciRequest): boolean {
  if (!Array.isArray(headers)) return false;
  for (let i = 0; i + 1 < headers.length; i += 2) {
    if (waitsOnPurpose(headers[i], headers[i + 1])) return true;
  }
  return false;
}
