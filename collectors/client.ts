/**
 * What the collectors of outgoing requests share: which requests are measured at all, under which
 * name, and where their state hangs (a symbol on the request: cheaper than a WeakMap).
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { context } from '@opentelemetry/api';
import { isTracingSuppressed } from '@opentelemetry/core';
import type { Exchange } from '../src/peers/exchange.ts';
import type { ServerClock } from '../src/timekeeping/clock-header.ts';
import type { RoundTrip } from '../src/timekeeping/header-clocks.ts';
import type { Traffic } from '../src/peers/traffic.ts';
import type { Diagnostics } from '../src/telemetry/diagnostics.ts';
import type { ReplyFacts } from './response-headers.ts';

/** One outgoing call, as a `routeName` hook sees it. */
export interface OutgoingCall {
  /** `http://host:port`. */
  readonly origin: string;
  readonly method: string;
  /** Path with query. */
  readonly path: string;
}

export interface ClientCollectorOptions {
  readonly traffic: Traffic;
  readonly diagnostics: Diagnostics;
  /** A name for the route of a call, or undefined for method and path template. */
  readonly routeName?: ((call: OutgoingCall) => string | undefined) | undefined;
  /** A server said what time it is there. */
  readonly onServerClock?: (peer: string, trip: RoundTrip, server: ServerClock) => void;
  /** The hybrid logical clock, if it is to go with requests. */
  readonly hlc?: HlcHeader | undefined;
  /** True for calls that are nobody's traffic: telemetry, what the user left out. */
  readonly excluded?: ((origin: string, path: string) => boolean) | undefined;
}

/** The hybrid logical clock as text in headers. */
export interface HlcHeader {
  stamp(): string;
  heard(text: string): void;
}

const EXCHANGE = Symbol.for('tardy/v1/exchange');

/** A request object of node:http or undici, with our state on it. */
export interface Tracked {
  [EXCHANGE]?: Exchange | undefined;
}

/** Of a socket; asking for it costs. */
interface WithAddress {
  readonly remoteAddress?: string | undefined;
}

const names = new AsyncLocalStorage<string>();
let namesUsed = false;

/**
 * Runs `fn` with a route name for the outgoing calls it makes: `withRoute('checkout', () =>
 * fetch(url))`. Better than a guess from the path where paths hold more than identifiers.
 */
export function withRoute<T>(name: string, fn: () => T): T {
  namesUsed = true;
  return names.run(name, fn);
}

/** The name that `withRoute` gave to calls made here. */
export function nameFromContext(): string | undefined {
  return namesUsed ? names.getStore() : undefined;
}

export class ClientCalls {
  readonly #options: ClientCollectorOptions;

  constructor(options: ClientCollectorOptions) {
    this.#options = options;
  }

  /** Begins to follow a request, unless it is telemetry or left out. `atMs`: when it was called. */
  open(request: Tracked, call: OutgoingCall, atMs = performance.now()): void {
    const { traffic, excluded, routeName } = this.#options;
    if (excluded?.(call.origin, call.path) || isTracingSuppressed(context.active())) return;
    const name = nameFromContext() ?? routeName?.(call);
    request[EXCHANGE] = traffic.open(name === undefined ? call : { ...call, name }, atMs);
  }

  written(request: Tracked, reused: boolean, socket: WithAddress | null | undefined): void {
    const exchange = request[EXCHANGE];
    if (!exchange) return;
    const { traffic } = this.#options;
    const address = traffic.byAddress ? socket?.remoteAddress : undefined;
    traffic.written(exchange, performance.now(), reused, address);
  }

  /** The upload has ended: the server cannot have begun to answer it before. */
  uploaded(request: Tracked): void {
    const exchange = request[EXCHANGE];
    if (exchange) this.#options.traffic.uploaded(exchange, performance.now());
  }

  /**
   * A reply came with what time it is at the server. `sentAtMs`: before it went out, by as little
   * as is known for certain.
   */
  clock({ peer }: Exchange, trip: RoundTrip, { clock, hlc }: ReplyFacts): void {
    if (clock) this.#options.onServerClock?.(peer.name, trip, clock);
    if (hlc !== undefined) this.#options.hlc?.heard(hlc);
  }

  of(request: Tracked): Exchange | undefined {
    return request[EXCHANGE];
  }
}
