/**
 * `tardy/fetch`: outgoing calls that wait as long as this process' Tardy advises.
 *
 * All of it may be set up before Tardy is started, and goes on when it is stopped: while no Tardy
 * runs, and for calls that are not to be enforced, everything passes through as it is.
 */
import type { Agent, ClientRequest } from 'node:http';
import { adaptAxios as adaptAxiosTo, type AxiosLike } from './apply/axios.ts';
import { createAdaptiveFetch } from './apply/fetch.ts';
import { enforceFetch as enforceFetchBy } from './apply/install.ts';
import {
  adaptiveAgent as adaptiveAgentOf,
  adaptRequest as adaptRequestTo,
  type AdaptRequestOptions,
} from './apply/node-http.ts';
import {
  livePeerDispatcher as livePeerDispatcherOf,
  type LivePeerDispatcherOptions,
} from './apply/live-peer-dispatcher.ts';
import type { DispatcherLike } from './apply/undici-types.ts';
import {
  signalFor as signalForCall,
  type SignalOptions,
  type TimeoutSignal,
} from './apply/signal.ts';
import type { CallOptions, TimeoutSource } from './apply/source.ts';
import {
  adaptiveTimeout as adaptiveTimeoutOf,
  type AdaptiveInterceptor,
  type AdaptiveTimeoutOptions,
} from './apply/undici-interceptor.ts';
import { stateOfOrigin, timeoutSource } from './tardy.ts';

export { DEADLINE_HEADER, deadlineLeftMs, type DeadlineOptions } from './deadline.ts';
export type { LivePeerDispatcherOptions } from './apply/live-peer-dispatcher.ts';
export { TardyTimeoutError, type TimeoutPhase } from './apply/timeout-error.ts';
export type { AxiosConfigLike, AxiosLike } from './apply/axios.ts';
export type { AdaptRequestOptions } from './apply/node-http.ts';
export type { SignalOptions, TimeoutSignal } from './apply/signal.ts';
export type { CallOptions } from './apply/source.ts';
export type { AdaptiveInterceptor, AdaptiveTimeoutOptions } from './apply/undici-interceptor.ts';

/** The Tardy that runs when a call is made, whichever that is. */
const current: TimeoutSource = {
  plan: (call) => timeoutSource()?.plan(call),
  whenDrained(judge) {
    const source = timeoutSource();
    if (source) source.whenDrained(judge);
    else judge();
  },
};

/** `fetch`, with the timeouts of this process' Tardy. See `createAdaptiveFetch`. */
export const adaptiveFetch: typeof globalThis.fetch = createAdaptiveFetch(current);

/**
 * Makes an adaptive fetch of another implementation, or with options; `fetchFn` defaults to the
 * global one.
 */
export function adaptFetch(
  fetchFn?: typeof globalThis.fetch,
  options?: AdaptiveTimeoutOptions,
): typeof globalThis.fetch {
  return createAdaptiveFetch(current, fetchFn, options);
}

/** Replaces the global `fetch`; gives what takes it back. */
export function enforceFetch(options?: AdaptiveTimeoutOptions): () => void {
  return enforceFetchBy(current, options);
}

/** An undici interceptor: `new Agent().compose(adaptiveTimeout())`. */
export function adaptiveTimeout(options?: AdaptiveTimeoutOptions): AdaptiveInterceptor {
  return adaptiveTimeoutOf(current, options);
}

/**
 * A signal for one call: `fetch(url, { signal: signalFor(url) })`. Throws ERR_TARDY_ARGUMENT if
 * `url` is no absolute http(s) URL.
 */
export function signalFor(url: string | URL, options?: SignalOptions): TimeoutSignal {
  return signalForCall(current, url, options);
}

/** Timeouts for an axios instance; gives what takes them back. */
export function adaptAxios(instance: AxiosLike, options?: CallOptions): () => void {
  return adaptAxiosTo(current, instance, options);
}

/** An agent of node:http or node:https whose requests have timeouts. */
export function adaptiveAgent<A extends Agent>(agent: A, options?: CallOptions): A {
  return adaptiveAgentOf(current, agent, options);
}

/**
 * A dispatcher that spreads requests to one origin over several upstreams, and keeps away from
 * those that this process' Tardy does not call alive. See `LivePeerDispatcherOptions`.
 */
export function livePeerDispatcher<D extends object = DispatcherLike>(
  options: Omit<LivePeerDispatcherOptions<D>, 'liveness'> &
    Partial<Pick<LivePeerDispatcherOptions<D>, 'liveness'>>,
): NoInfer<D> {
  return livePeerDispatcherOf({ liveness: stateOfOrigin, ...options });
}

/** Arms one ClientRequest, in the turn in which it was made, and gives it back. */
export function adaptRequest(request: ClientRequest, options?: AdaptRequestOptions): ClientRequest {
  return adaptRequestTo(current, request, options);
}
