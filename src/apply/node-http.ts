/**
 * Timeouts for `node:http` and `node:https`, and whatever is built on them.
 *
 * The place to stand is the agent: it sees every ClientRequest before anything is written, also
 * those of axios, got and follow-redirects, and each hop of a redirect by itself. The reply is
 * learned from a diagnostics channel, because a `response` listener of ours would make Node keep
 * a response that nobody else wants.
 */
import { subscribe } from 'node:diagnostics_channel';
import { type Agent, type ClientRequest, globalAgent } from 'node:http';
import type { Socket } from 'node:net';
import { CallGuard, type GuardedCall } from './call-guard.ts';
import type { CallOptions, TimeoutSource } from './source.ts';
import type { TardyTimeoutError } from './timeout-error.ts';
import { headersWait } from './waits.ts';

const CALL = Symbol.for('tardy/v1/armed-call');

type ArmedRequest = ClientRequest & { [CALL]?: RequestCall };

export interface AdaptRequestOptions extends CallOptions {
  /** Default: protocol, Host header and path; no timeout if that header is for another host. */
  readonly url?: string | URL | undefined;
}

/** Of node:http; `addRequest` is where an agent gets its requests. */
interface AddsRequests {
  addRequest(request: ClientRequest, options: RequestPlace, ...rest: unknown[]): unknown;
}

interface RequestPlace {
  readonly host?: string | null;
  readonly port?: number | string | null;
  readonly socketPath?: string | null;
}

/**
 * The agent, with timeouts on each request it is given: `http.get(url, { agent })`, axios'
 * `httpAgent` and `httpsAgent`, got's `agent`. It shares the sockets and the settings of the one
 * it stands for. Default: the global agent of node:http; for https, give one of node:https.
 * A request that takes too long is destroyed with a `TardyTimeoutError`, also while it waits for a
 * socket. Redirect hops each have timeouts of their own; bodies are not timed; there is no
 * listening on. Requests through a proxy, a Unix socket or to the CONNECT method are not timed.
 */
export function adaptiveAgent<A extends Agent>(
  source: TimeoutSource,
  agent: A,
  options?: CallOptions,
): A;
export function adaptiveAgent(source: TimeoutSource): Agent;
export function adaptiveAgent(
  source: TimeoutSource,
  agent: Agent = globalAgent,
  options: CallOptions = {},
): Agent {
  const inner = agent as Agent & AddsRequests;
  if (typeof inner.addRequest !== 'function' || adaptive.has(inner)) return agent;
  const addRequest: AddsRequests['addRequest'] = (request, place, ...rest) => {
    const url = urlAt(request, place);
    if (url !== undefined) adaptRequest(source, request, { ...options, url });
    return inner.addRequest(request, place, ...rest);
  };
  const outer = new Proxy(inner, {
    get: (target, key) =>
      key === 'addRequest' ? addRequest : (Reflect.get(target, key, target) as unknown),
  });
  adaptive.add(outer);
  return outer;
}

/** Agents that need no second one before them. */
const adaptive = new WeakSet<Agent>();

/**
 * Arms one ClientRequest, in the same turn in which it was made, and gives it back:
 * `adaptRequest(source, http.get(url))`. See `adaptiveAgent` for what happens then.
 */
export function adaptRequest(
  source: TimeoutSource,
  request: ClientRequest,
  { url = ownUrl(request), ...call }: AdaptRequestOptions = {},
): ClientRequest {
  const { method } = request;
  if (url === undefined || method === 'CONNECT' || isArmed(request)) return request;
  if (headersWait(request.getHeaders())) return request;
  const plan = source.plan({ ...call, url: String(url), method });
  if (plan)
    new RequestCall(
      request,
      (self) => new CallGuard({ source, plan: { ...plan, listenOnMs: undefined }, call: self }),
    );
  return request;
}

class RequestCall implements GuardedCall {
  readonly #request: ClientRequest;
  readonly #guard: CallGuard;
  #uploaded = false;
  #connected = false;

  constructor(request: ArmedRequest, guard: (call: GuardedCall) => CallGuard) {
    hearReplies();
    request[CALL] = this;
    this.#request = request;
    this.#guard = guard(this);
    if (request.socket) this.#onSocket(request.socket);
    else request.once('socket', (socket) => this.#onSocket(socket));
    request.once('finish', () => this.#onUploaded());
    request.once('close', () => this.over());
  }

  refuse(): void {
    // The request is destroyed in `abort`, with the same error.
  }

  abort(error: TardyTimeoutError): void {
    const request = this.#request;
    const { socket } = request as { socket: Socket | null };
    request.destroy(error);
    if (!socket) sayLastWord(request, error);
  }

  over(): void {
    this.#guard.over();
  }

  #onSocket(socket: Socket): void {
    if (!socket.connecting) this.#onConnected();
    else
      socket.once('encrypted' in socket ? 'secureConnect' : 'connect', () => this.#onConnected());
  }

  #onConnected(): void {
    this.#connected = true;
    this.#guard.connected(!this.#uploaded);
  }

  #onUploaded(): void {
    this.#uploaded = true;
    if (this.#connected) this.#guard.written();
  }
}

/** Node tells nobody of the end of a request without a socket until it has got one. */
function sayLastWord(request: ClientRequest, error: Error): void {
  try {
    request.emit('error', error);
    request.emit('close');
  } finally {
    request.emit = () => false; // what Node has to say when it has a socket after all
  }
}

function isArmed(request: ArmedRequest): boolean {
  return request[CALL] !== undefined;
}

let hearing = false;

function hearReplies(): void {
  if (hearing) return;
  hearing = true;
  subscribe('http.client.response.finish', (message) => {
    (message as { request: ArmedRequest }).request[CALL]?.over();
  });
}

function urlAt({ protocol, path }: ClientRequest, place: RequestPlace): string | undefined {
  const { host, port, socketPath } = place;
  if (!host || !port || socketPath || !path.startsWith('/')) return undefined;
  return `${protocol}//${bracketed(host)}:${port}${path}`;
}

/** A ClientRequest keeps its host, but its port only in the Host header. */
function ownUrl(request: ClientRequest): string | undefined {
  const header = request.getHeader('host');
  const host = bracketed(request.host);
  const isOwn = typeof header === 'string' && (header === host || header.startsWith(`${host}:`));
  return isOwn && request.path.startsWith('/')
    ? `${request.protocol}//${header}${request.path}`
    : undefined;
}

function bracketed(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}
