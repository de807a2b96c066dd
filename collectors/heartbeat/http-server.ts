/**
 * Answers heartbeats that come as `POST …/heartbeat`, `application/octet-stream`: the bytes of a
 * message in, the bytes of its answer out, or 204 where there is none. What is refused is told as
 * problem details (RFC 9457).
 *
 * It reads the body itself, and takes the Buffer that `express.raw()` may have made of it.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { sendProblem } from '../../src/api/problem.ts';
import type { Diagnostics } from '../../src/telemetry/diagnostics.ts';
import { readBody } from './http-body.ts';
import { Refusals } from './refusals.ts';
import { createSeal } from './seal.ts';
import { type Arrival, now, type RefusalReason, type TransportEvents } from './transport.ts';
import { BODY_BYTES_MAX, Wire } from './wire.ts';

export const CONTENT_TYPE = 'application/octet-stream';

export interface HeartbeatServerOptions {
  readonly secret?: string | undefined;
  /** Whether some peer has this address; asked only where there is no secret. */
  readonly isPeer: (ip: string) => boolean;
  /** A body must be there after so long, in ms. Default 2,000. */
  readonly bodyMs?: number | undefined;
}

export interface HeartbeatServer {
  readonly handle: (request: IncomingMessage, response: ServerResponse) => void;
  readonly refusals: ReadonlyMap<RefusalReason, number>;
}

/** A message is one packet: who takes longer is not in earnest, or the network is not. */
const BODY_MS = 2000;
/** Requests whose body is awaited; a peer has one or two at a time. */
const AWAITED_MAX = 1024;

type Request = IncomingMessage & { readonly body?: unknown };

interface Refused {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly reason: RefusalReason;
}

export function createHeartbeatServer(
  options: HeartbeatServerOptions,
  events: Pick<TransportEvents, 'onMessage' | 'onRefusal'>,
  diagnostics: Diagnostics,
): HeartbeatServer {
  const server = new Server(options, events, diagnostics);
  return {
    handle: (request, response) => server.handle(request, response),
    refusals: server.refusals.counts,
  };
}

class Server {
  readonly refusals: Refusals;
  readonly #options: HeartbeatServerOptions;
  readonly #events: Pick<TransportEvents, 'onMessage'>;
  readonly #diagnostics: Diagnostics;
  readonly #wire: Wire;
  /** Requests whose body has not come yet. */
  #awaited = 0;

  constructor(
    options: HeartbeatServerOptions,
    events: Pick<TransportEvents, 'onMessage' | 'onRefusal'>,
    diagnostics: Diagnostics,
  ) {
    this.#options = options;
    this.#events = events;
    this.#diagnostics = diagnostics;
    this.#wire = new Wire(createSeal(options.secret), BODY_BYTES_MAX);
    this.refusals = new Refusals(diagnostics, (refusal) => events.onRefusal?.(refusal));
  }

  handle(request: Request, response: ServerResponse): void {
    const at = now();
    this.#guarded(request, response, () => {
      const refused = refusedByHead(
        request,
        this.#wire.authentic ? undefined : this.#options.isPeer,
      );
      if (refused?.status === 405) response.setHeader('allow', 'POST');
      if (refused) return this.#refuse(request, response, refused);
      const { body } = request;
      if (body instanceof Uint8Array) this.#answer(request, response, body, at);
      else this.#read(request, response, at);
    })(undefined);
  }

  #read(request: Request, response: ServerResponse, at: Arrival): void {
    if (request.readableEnded) {
      const refused = problem(400, 'foreign', 'somebody else has read the body');
      return this.#refuse(request, response, refused);
    }
    if (this.#awaited >= AWAITED_MAX) {
      return this.#refuse(request, response, problem(503, 'rate', 'too many heartbeats at once'));
    }
    this.#awaited++;
    const late = this.#diagnostics.guard('heartbeat body', () =>
      this.#refuse(request, response, problem(408, 'failed', 'the body did not come in time')),
    );
    const timer = setTimeout(late, this.#options.bodyMs ?? BODY_MS).unref();
    response.once('close', () => {
      this.#awaited--;
      clearTimeout(timer);
    });
    const onBody = this.#guarded(request, response, (bytes: Uint8Array | undefined) => {
      clearTimeout(timer);
      if (bytes) return this.#answer(request, response, bytes, at);
      const refused = problem(413, 'too-long', `more than ${BODY_BYTES_MAX} bytes`);
      return this.#refuse(request, response, refused);
    });
    readBody(request, BODY_BYTES_MAX, onBody);
  }

  #answer(request: Request, response: ServerResponse, bytes: Uint8Array, at: Arrival): void {
    if (response.headersSent || response.destroyed) return;
    const { message, reason, why } = this.#wire.unpack(bytes);
    if (!message) return this.#refuse(request, response, refusedBecause(reason, why));
    const reply = this.#events.onMessage(message, at);
    const body = reply && this.#wire.pack(reply, { maxBytes: BODY_BYTES_MAX });
    response.statusCode = body ? 200 : 204;
    response.setHeader('cache-control', 'no-store');
    if (body) response.setHeader('content-type', CONTENT_TYPE);
    response.end(body);
  }

  #refuse(request: Request, response: ServerResponse, refused: Refused): void {
    this.refusals.add(refused.reason, addressOf(request), refused.detail);
    if (response.headersSent || response.destroyed) return;
    // What is left of the body is not read: the connection is of no more use.
    if (!request.complete) response.setHeader('connection', 'close');
    sendProblem(response, refused);
  }

  /** What goes wrong in our own code is answered as well: the other side waits. */
  #guarded<A>(request: Request, response: ServerResponse, fn: (argument: A) => void) {
    return (argument: A): void => {
      try {
        fn(argument);
      } catch (error) {
        this.#diagnostics.failed('heartbeat request', error);
        const refused = problem(500, 'failed', 'it could not be answered');
        const refuse = this.#diagnostics.guard('heartbeat request', () =>
          this.#refuse(request, response, refused),
        );
        refuse();
      }
    };
  }
}

/** What can be told before the body is read. */
function refusedByHead(
  request: Request,
  isPeer: ((ip: string) => boolean) | undefined,
): Refused | undefined {
  const { method, headers } = request;
  if (method !== 'POST') return problem(405, 'foreign', 'heartbeats are posted');
  const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (type !== CONTENT_TYPE) return problem(415, 'foreign', `heartbeats are ${CONTENT_TYPE}`);
  if (Number(headers['content-length'] ?? 0) > BODY_BYTES_MAX) {
    return problem(413, 'too-long', `more than ${BODY_BYTES_MAX} bytes`);
  }
  if (isPeer && !isPeer(addressOf(request))) {
    const detail = 'no peer has your address; set TARDY_SECRET, the same for all nodes';
    return problem(403, 'stranger', detail);
  }
  return undefined;
}

function refusedBecause(reason: RefusalReason, why: string): Refused {
  const isSecret = reason === 'bad-mac' || reason === 'sealed' || reason === 'unsealed';
  return problem(isSecret ? 403 : 400, reason, why);
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad request',
  403: 'Forbidden',
  405: 'Method not allowed',
  408: 'Request timeout',
  413: 'Content too large',
  415: 'Unsupported media type',
  500: 'Internal server error',
  503: 'Service unavailable',
};

function problem(status: number, reason: RefusalReason, detail: string): Refused {
  return { status, title: TITLES[status] ?? 'Error', detail, reason };
}

function addressOf({ socket }: Request): string {
  return socket.remoteAddress ?? 'unknown';
}
