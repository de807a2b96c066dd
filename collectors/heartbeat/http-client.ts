/**
 * Heartbeats over HTTP: a question is a POST, its answer the response.
 *
 * What fails tells as much as what comes back: a refused connection, a connection that breaks off,
 * no route, and how long a new connection took.
 */
import { type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http';
import { type AgentOptions as TlsOptions, request as httpsRequest } from 'node:https';
import type { Message } from '../../src/membership/message.ts';
import type { Evidence } from '../../src/membership/types.ts';
import type { Diagnostics } from '../../src/telemetry/diagnostics.ts';
import { classifyError } from '../classify.ts';
import { Connections } from './http-connections.ts';
import { endsSoon, sendLast, SOCKETS_MAX } from './http-agent.ts';
import { readBody } from './http-body.ts';
import { CONTENT_TYPE } from './http-server.ts';
import { asOwnCall } from './own-call.ts';
import { Refusals } from './refusals.ts';
import { createSeal } from './seal.ts';
import { type Address, now, type Transport, type TransportEvents } from './transport.ts';
import { isUdp } from './udp-socket.ts';
import { BODY_BYTES_MAX, Wire } from './wire.ts';

export interface HttpClientOptions {
  readonly secret?: string | undefined;
  /** How long a peer's answer is waited for, in ms. A question whose time is up is given up. */
  readonly deadlineMs: (peer: string) => number;
  /** Certificates and the like for https. */
  readonly tls?: TlsOptions | undefined;
  /** Our own pauses within a span, in ms: a handshake that overlaps one is no evidence. */
  readonly pausedMs?: ((fromMs: number, toMs: number) => number) | undefined;
}

/** Where the router of `tardy/express` is mounted unless the URL has a path. */
const MOUNTED_AT = '/tardy';
/** Gateways say these of a server that they cannot reach. */
const SAID_BY_GATEWAY = new Set([502, 503, 504]);
/** A goodbye may hold the process for so long: it is the last that is heard of it. */
const NOTICE_MS = 500;
/** No timer takes more. */
const DEADLINE_MAX_MS = 600_000;

export function createHttpTransport(
  options: HttpClientOptions,
  events: TransportEvents,
  diagnostics: Diagnostics,
): Transport {
  return new HttpTransport(options, events, diagnostics);
}

/** One question on its way. */
interface Exchange {
  readonly peer: Address;
  readonly request: ClientRequest;
  readonly isNotice: boolean;
  /** Resolves when it is answered, failed or given up. */
  readonly over: Promise<unknown>;
  /** We gave it up: what becomes of it is no evidence. */
  isOver: boolean;
}

class HttpTransport implements Transport {
  readonly #options: HttpClientOptions;
  readonly #events: TransportEvents;
  readonly #diagnostics: Diagnostics;
  readonly #refusals: Refusals;
  readonly #wire: Wire;
  readonly #connections: Connections;
  /** By URL. */
  readonly #outstanding = new Map<string, Set<Exchange>>();
  #isStopped = false;

  constructor(options: HttpClientOptions, events: TransportEvents, diagnostics: Diagnostics) {
    this.#options = options;
    this.#events = events;
    this.#diagnostics = diagnostics;
    this.#refusals = new Refusals(diagnostics, (refusal) => events.onRefusal?.(refusal));
    this.#wire = new Wire(createSeal(options.secret), BODY_BYTES_MAX);
    const { tls, pausedMs } = options;
    const onEvidence = (peer: string, evidence: Evidence) => this.#tell(peer, evidence);
    this.#connections = new Connections({ tls, pausedMs, onEvidence, diagnostics });
  }

  get refusals(): Refusals['counts'] {
    return this.#refusals.counts;
  }

  setPeers(peers: readonly Address[]): void {
    const urls = new Set(peers.map(({ url }) => url));
    for (const exchanges of this.#outstanding.values()) {
      for (const exchange of exchanges) if (!urls.has(exchange.peer.url)) this.#giveUp(exchange);
    }
    this.#connections.keepOnly(urls);
  }

  /**
   * In doubt, the question before gives way where all connections wait: the oldest may still be
   * answered, and a new connection tells whether the kernel of the peer takes it.
   */
  send(peer: Address, message: Message, urgent: boolean): void {
    if (this.#isStopped || isUdp(peer.url)) return;
    const waiting = [...(this.#outstanding.get(peer.url) ?? [])].filter(({ isOver }) => !isOver);
    if (waiting.length >= SOCKETS_MAX && message.kind !== 'notice') {
      if (!urgent) {
        return this.#refusals.add('outstanding', peer.name, `${waiting.length} wait for an answer`);
      }
      this.#giveUp(waiting.at(-1) as Exchange);
    }
    const bytes = this.#wire.pack(message, { maxBytes: BODY_BYTES_MAX });
    if (!bytes) return this.#refusals.add('does-not-fit', peer.name, 'longer than a body');
    const post = this.#diagnostics.guard('heartbeat http', () => {
      if (message.kind !== 'notice') this.#post(peer, bytes, false);
      else if (!sendLast(this.#connections.agentOf(peer), lastRequest(peer, bytes))) {
        this.#post(peer, bytes, true);
      }
    });
    post();
  }

  /** Resolves when notices have been taken, or after half a second. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    const all = [...this.#outstanding.values()].flatMap((exchanges) => [...exchanges]);
    for (const exchange of all) if (!exchange.isNotice) this.#giveUp(exchange);
    await Promise.all(all.map(({ over }) => over));
    this.#connections.keepOnly(new Set());
  }

  #post(peer: Address, bytes: Uint8Array, isNotice: boolean): void {
    const url = heartbeatUrl(peer.url);
    const agent = this.#connections.agentOf(peer);
    const headers = { 'content-type': CONTENT_TYPE, 'content-length': bytes.length };
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const request = asOwnCall(() => send(url, { method: 'POST', agent, headers }));
    const over = new Promise((resolve) => request.once('close', resolve));
    const exchange: Exchange = { peer, request, isNotice, over, isOver: false };
    const exchanges = this.#outstanding.get(peer.url) ?? new Set();
    this.#outstanding.set(peer.url, exchanges.add(exchange));
    const timer = this.#expireLater(exchange);
    request.on('close', () => {
      clearTimeout(timer);
      exchanges.delete(exchange);
      if (exchanges.size === 0) this.#outstanding.delete(peer.url);
    });
    this.#listen(exchange);
    request.end(bytes);
  }

  #expireLater(exchange: Exchange): NodeJS.Timeout {
    const deadlineMs = this.#options.deadlineMs(exchange.peer.name);
    const expire = this.#diagnostics.guard('heartbeat http', () => this.#giveUp(exchange));
    const waitMs = Math.min(deadlineMs, exchange.isNotice ? NOTICE_MS : DEADLINE_MAX_MS);
    return setTimeout(expire, waitMs).unref();
  }

  #listen(exchange: Exchange): void {
    const { request, isNotice } = exchange;
    const onResponse = this.#diagnostics.guard('heartbeat http', (response: IncomingMessage) =>
      this.#onResponse(exchange, response),
    );
    const onError = this.#diagnostics.guard('heartbeat http', (error: unknown) =>
      this.#onError(exchange, error),
    );
    request.on('response', onResponse).on('error', onError);
    if (isNotice) request.on('socket', (socket) => socket.ref());
  }

  #onResponse(exchange: Exchange, response: IncomingMessage): void {
    const { peer } = exchange;
    const arrival = { ...now(), peer: peer.name };
    const { statusCode = 0 } = response;
    if (!exchange.request.shouldKeepAlive) endsSoon(response.socket);
    const onError = (error: unknown) => this.#onError(exchange, error);
    response.on('error', this.#diagnostics.guard('heartbeat http', onError));
    // Node frees the connection within this tick: a question that the answer prompts may have it.
    const answered = this.#diagnostics.guard('heartbeat http', (bytes: Uint8Array) =>
      this.#onAnswer(peer, bytes, arrival),
    );
    const onAnswer = (bytes: Uint8Array) => process.nextTick(answered, bytes);
    const onBody = (bytes: Uint8Array | undefined): void => {
      if (!bytes) {
        this.#giveUp(exchange);
        return this.#refusals.add('too-long', peer.name, `more than ${BODY_BYTES_MAX} bytes`);
      }
      if (statusCode === 200) return onAnswer(bytes);
      if (statusCode === 204) return;
      const isGateway = SAID_BY_GATEWAY.has(statusCode);
      if (!isGateway) this.#tell(peer.name, { kind: 'reply' });
      this.#refusals.add('failed', peer.name, `HTTP ${statusCode}${detailIn(bytes)}`);
    };
    readBody(response, BODY_BYTES_MAX, this.#diagnostics.guard('heartbeat http', onBody));
  }

  #onAnswer(peer: Address, bytes: Uint8Array, arrival: ReturnType<typeof now>): void {
    if (this.#isStopped) return;
    const { message, reason, why } = this.#wire.unpack(bytes);
    if (message) this.#events.onMessage(message, arrival);
    else this.#refusals.add(reason, peer.name, why);
  }

  #onError({ peer, isOver }: Exchange, error: unknown): void {
    if (isOver) return;
    const ending = classifyError(error, false);
    if (ending === 'refused' || ending === 'unreachable') this.#tell(peer.name, { kind: ending });
    else if (ending === 'reset') this.#connections.reset(peer);
    else this.#refusals.add('failed', peer.name, (error as Error).message);
  }

  #tell(peer: string, evidence: Evidence): void {
    if (!this.#isStopped) this.#events.onEvidence(peer, evidence);
  }

  #giveUp(exchange: Exchange): void {
    exchange.isOver = true;
    if (exchange.request.socket) endsSoon(exchange.request.socket);
    exchange.request.destroy();
  }
}

/** `http://host:3000` → `http://host:3000/tardy/heartbeat`; a path of its own stands for /tardy. */
export function heartbeatUrl(peerUrl: string): URL {
  const url = new URL(peerUrl);
  const path = url.pathname.replace(/\/+$/, '');
  url.pathname = `${path === '' ? MOUNTED_AT : path}/heartbeat`;
  return url;
}

/** A whole request, as it goes over the line; it closes the connection. */
function lastRequest(peer: Address, bytes: Uint8Array): Uint8Array {
  const { host, pathname } = heartbeatUrl(peer.url);
  const head = [
    `POST ${pathname} HTTP/1.1`,
    `Host: ${host}`,
    `Content-Type: ${CONTENT_TYPE}`,
    `Content-Length: ${bytes.length}`,
    'Connection: close',
  ];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), bytes]);
}

/** What the other side says of its refusal, if it is ours to read. */
function detailIn(bytes: Uint8Array): string {
  const text = new TextDecoder().decode(bytes.subarray(0, 1000));
  const detail = /"detail":"([^"\\\p{Cc}]{1,200})/u.exec(text)?.[1];
  return detail === undefined ? '' : `: ${detail}`;
}
