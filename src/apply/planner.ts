/**
 * How long each call may wait, from what is known of its peer and route: the one answer for
 * everybody who applies timeouts or asks for them.
 */
import { Counts } from '../histogram/counts.ts';
import { replyQuantileMs, survivalCurve } from '../histogram/survival.ts';
import { parseOrigin, peerName } from '../peers/origin.ts';
import type { Peer } from '../peers/peer.ts';
import { type PeerTable, routeName } from '../peers/peer-table.ts';
import type { Policy } from '../peers/policy.ts';
import { pooledAdvice } from '../timeout/pooled.ts';
import type { Advice } from '../timeout/types.ts';
import type { CallToArm, Plan, TimeoutSource } from './source.ts';

export interface PlannerOptions {
  readonly table: PeerTable;
  readonly policy: Policy;
  /** Until there are data, in ms. */
  readonly initialMs: number;
  /** No wait is longer, in ms. */
  readonly maxMs: number;
  /** Share of safe requests whose late replies are waited for, 0 to 0.05. */
  readonly listenOn: number;
  readonly whenDrained: (judge: () => void) => void;
  /** True for calls that are nobody's traffic. */
  readonly excluded: (origin: string, path: string) => boolean;
  /** The name of a route, if the caller or the application gives it one. */
  readonly nameOf: (origin: string, method: string, path: string) => string | undefined;
}

/** A lost SYN is sent again after a second: shorter waits for a connection give up on one packet. */
const SYN_RETRY_MS = 1000;
/** Handshakes from which on a connect timeout is told. */
const CONNECTS_MIN = 20;
/** Round trips until a connection stands: TCP, and two for TLS before 1.3. */
const ROUND_TRIPS = 3;
/** An advice over all routes of a peer is made anew after this time. */
const POOLED_FOR_MS = 1000;
/** Who listens on does so for so many timeouts. */
const LISTEN_FACTOR = 4;
/** Safe methods (RFC 9110, 9.2.1): leaving them running changes nothing. */
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Shared: nothing here waits, so no two use it at once. */
const scratch = new Counts();

export class Planner implements TimeoutSource {
  readonly #options: PlannerOptions;
  readonly #pooled = new WeakMap<Peer, { advice: Advice | undefined; untilMs: number }>();
  readonly whenDrained: (judge: () => void) => void;

  constructor(options: PlannerOptions) {
    this.#options = options;
    this.whenDrained = options.whenDrained;
  }

  plan(call: CallToArm): Plan | undefined {
    const { table, policy, excluded, maxMs } = this.#options;
    const url = URL.parse(call.url);
    if (!url || !/^https?:$/.test(url.protocol)) return undefined;
    if (excluded(url.origin, url.pathname)) return undefined;
    const origin = parseOrigin(url.origin);
    const peer = origin && table.peers.get(peerName(origin));
    const name = this.#routeOf(url, call);
    const address = origin ? peerName(origin) : url.host;
    if (policy.of(address, name).mode !== 'enforce') return undefined;
    const route = peer?.routes.get(name);
    if (route) route.enforced = true;
    const leftMs = call.deadlineMs ?? Infinity;
    const responseMs = Math.min(this.responseMs(peer, name), leftMs);
    const longest = LISTEN_FACTOR * responseMs;
    return {
      peer: address,
      route: name,
      connectMs: Math.min(this.connectMs(peer, responseMs), leftMs),
      responseMs,
      ...(this.#listensOn(call.method) ? { listenOnMs: Math.min(maxMs, longest) } : {}),
      advice: () => this.advice(peer?.name, name),
    };
  }

  /** Of a route; of its peer while the route has too few replies; `initialMs` before that. */
  responseMs(peer: Peer | undefined, route: string): number {
    const nowMs = performance.now();
    const advisedMs = peer?.routes.get(route)?.estimator.advisedMs(nowMs);
    return advisedMs ?? (peer && this.pooled(peer, nowMs)?.value) ?? this.#options.initialMs;
  }

  /**
   * Longest wait for a connection: the handshakes seen, with room for one lost packet; and no
   * less than for a reply, since those who wait for a connection of a pool wait for replies.
   */
  connectMs(peer: Peer | undefined, responseMs: number): number {
    const { initialMs, maxMs } = this.#options;
    if (!peer?.connect) return initialMs;
    peer.connect.advance(performance.now());
    if (peer.connect.completed < CONNECTS_MIN) return Math.min(maxMs, initialMs);
    peer.connect.addTo(scratch.clear());
    const curve = survivalCurve(scratch);
    const slowestMs = curve ? replyQuantileMs(curve, 0.999) : 0;
    return Math.min(maxMs, Math.max(SYN_RETRY_MS + ROUND_TRIPS * slowestMs, responseMs));
  }

  /** Of a route, or over all routes while it has too few replies of its own. */
  advice(name: string | undefined, route?: string): Advice | undefined {
    const peer = name === undefined ? undefined : this.#options.table.peers.get(name);
    const nowMs = performance.now();
    if (!peer || route === undefined) return peer && this.pooled(peer, nowMs);
    const own = peer.routes.get(route)?.estimator.advice(nowMs);
    return own?.basis === 'insufficient' ? (this.#pooledOf(peer, nowMs) ?? own) : own;
  }

  /** Over all routes of a peer; undefined before its first request. */
  pooled(peer: Peer, nowMs: number): Advice | undefined {
    const kept = this.#pooled.get(peer);
    if (kept && nowMs < kept.untilMs) return kept.advice;
    const estimators = [...peer.routes.values()].map((route) => route.estimator);
    const settings = estimators[0]?.settings;
    const advice = settings && pooledAdvice(estimators, nowMs, settings);
    this.#pooled.set(peer, { advice, untilMs: nowMs + POOLED_FOR_MS });
    return advice;
  }

  #pooledOf(peer: Peer, nowMs: number): Advice | undefined {
    const advice = this.pooled(peer, nowMs);
    if (!advice || advice.basis === 'insufficient') return undefined;
    return { ...advice, basis: 'pooled' };
  }

  #routeOf(url: URL, { method, route }: CallToArm): string {
    const path = `${url.pathname}${url.search}`;
    const named = route ?? this.#options.nameOf(url.origin, method, path);
    return named ?? routeName(method, url.pathname);
  }

  #listensOn(method: string): boolean {
    const { listenOn } = this.#options;
    return listenOn > 0 && SAFE.has(method.toUpperCase()) && Math.random() < listenOn;
  }
}
