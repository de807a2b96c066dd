/**
 * All peers and their routes, bounded.
 *
 * Peers come and go (pods, crawled hosts), and paths may hold identifiers that no template finds.
 * So there is a cap on peers, on routes a peer, and on histograms in all. At a cap the least
 * recently used one makes room if it has been idle for IDLE_MS: its window is folded into
 * `_other`. If all are busy, the newcomer itself is counted under `_other`: otherwise a flood of
 * one-time names would push out the peers that matter, at the price of a merge a request.
 */
import type { Estimator } from '../timeout/estimator.ts';
import { type Origin, parseOrigin, peerName } from './origin.ts';
import { pathTemplate } from './path-template.ts';
import { Peer } from './peer.ts';
import { Route } from './route.ts';
import { OTHER, RouteSeries } from './route-series.ts';
import { SeriesBudget } from './series-budget.ts';

export interface PeerLimits {
  /** Peers with a name of their own. Default 1,024. */
  readonly maxPeers: number;
  /** Routes with a name of their own, a peer. Default 64. */
  readonly maxRoutesPerPeer: number;
  /** Histograms in all: 24 KiB each, 42 at most. Default 2,000, so 48 MiB. */
  readonly maxHistograms: number;
  /** Exported series, by Prometheus' way of counting. Default 20,000. */
  readonly maxSeries: number;
}

/** Who was used within this time is not pushed out. */
const IDLE_MS = 10_000;
/** Methods with a name (RFC 9110, 5789); others are OTHER_METHOD, as OpenTelemetry has it. */
const METHODS = new Set([
  ...['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH', 'QUERY'],
]);
const OTHER_METHOD = '_OTHER';
/** Spellings of origins remembered, for each peer that may be. */
const ORIGINS_A_PEER = 4;
/** A caller's own route name is cut to this. */
const NAME_LENGTH_MAX = 128;

export class PeerTable {
  readonly peers = new Map<string, Peer>();
  readonly series: SeriesBudget;
  readonly #limits: PeerLimits;
  readonly #makeEstimator: (peer: string, route: string) => Estimator;
  readonly #configuredMs: (peer: string, route: string) => number | undefined;
  readonly #origins = new Map<string, Peer | undefined>();
  readonly #otherSeries: RouteSeries;
  #other: Peer | undefined;
  #histograms = 0;
  #busyUntilMs = -Infinity;

  /** `configuredMs`: the timeout that the code sets on a route, where somebody told. */
  constructor(
    limits: PeerLimits,
    makeEstimator: (peer: string, route: string) => Estimator,
    configuredMs: (peer: string, route: string) => number | undefined = () => undefined,
  ) {
    this.#limits = limits;
    this.#makeEstimator = makeEstimator;
    this.#configuredMs = configuredMs;
    this.series = new SeriesBudget(limits.maxSeries);
    this.#otherSeries = new RouteSeries(OTHER, OTHER, this.series);
  }

  /** Peers with a name, and the one that gathers the rest if there is one. */
  *all(): Generator<Peer> {
    yield* this.peers.values();
    if (this.#other) yield this.#other;
  }

  /** Series of whatever found no place of its own. */
  get otherSeries(): RouteSeries {
    return this.#otherSeries;
  }

  /** The peer behind an origin such as `http://host:port`; undefined if it is none. */
  byOrigin(origin: string, nowMs: number): Peer | undefined {
    const known = this.#origins.get(origin);
    if (known || this.#origins.has(origin)) return known;
    const parsed = parseOrigin(origin);
    const peer = parsed && this.#byName(peerName(parsed), parsed, nowMs);
    this.#rememberOrigin(origin, peer);
    return peer;
  }

  /** The peer with this host and port, if requests went there: other sockets are not peers. */
  byAddress(host: string | undefined, port: number | undefined): Peer | undefined {
    if (host === undefined || port === undefined) return undefined;
    return this.peers.get(peerName({ host: host.includes(':') ? `[${host}]` : host, port }));
  }

  /** The part of a peer that answers at this address, as a peer of its own. */
  atAddress(peer: Peer, address: string, nowMs: number): Peer {
    return peer === this.#other ? peer : this.#byName(peerName(peer, address), peer, nowMs);
  }

  /** The route of a call: under the caller's own name for it, or method and path template. */
  route(peer: Peer, method: string, path: string, name: string | undefined, nowMs: number): Route {
    const key = rememberedKey(method, path, name);
    const known = peer.remembered(key);
    if (known) return known;
    const route = this.namedRoute(
      peer,
      name === undefined ? routeName(method, path) : printable(name),
      nowMs,
    );
    if (route.name !== OTHER) peer.remember(key, route);
    return route;
  }

  /** The peer behind an origin if requests went there. */
  find(origin: string): Peer | undefined {
    const parsed = parseOrigin(origin);
    return parsed && this.peers.get(peerName(parsed));
  }

  /** The route with this very name. */
  namedRoute(peer: Peer, name: string, nowMs: number): Route {
    return peer.routes.get(name) ?? this.#addRoute(peer, name, nowMs);
  }

  #byName(name: string, origin: Origin, nowMs: number): Peer {
    const known = this.peers.get(name);
    if (known) return known;
    if (this.peers.size >= this.#limits.maxPeers && !this.#evictPeer(nowMs))
      return this.#rest(nowMs);
    const peer = new Peer(name, origin, this.series, nowMs);
    this.peers.set(name, peer);
    return peer;
  }

  /**
   * Origins are spellings of peers; what does not parse is remembered too, or it would cost. A
   * newcomer at a full table is not: it may find room later.
   */
  #rememberOrigin(origin: string, peer: Peer | undefined): void {
    if (peer && peer === this.#other) return;
    if (this.#origins.size >= ORIGINS_A_PEER * this.#limits.maxPeers) this.#origins.clear();
    this.#origins.set(origin, peer);
  }

  #rest(nowMs: number): Peer {
    return (this.#other ??= new Peer(OTHER, { host: OTHER, port: 0 }, this.series, nowMs));
  }

  #addRoute(peer: Peer, name: string, nowMs: number): Route {
    if (peer === this.#other) return peer.routes.get(OTHER) ?? this.#newRoute(peer, OTHER, nowMs);
    const full = name !== OTHER && peer.routes.size >= this.#limits.maxRoutesPerPeer;
    if (full && !this.#evictRoute(peer, nowMs)) return this.namedRoute(peer, OTHER, nowMs);
    const crowded = this.#histograms >= this.#limits.maxHistograms;
    if (!crowded || this.#evictAnyRoute(nowMs)) return this.#newRoute(peer, name, nowMs);
    return peer.routes.get(OTHER) ?? this.namedRoute(this.#rest(nowMs), OTHER, nowMs);
  }

  #newRoute(peer: Peer, name: string, nowMs: number): Route {
    const series =
      peer === this.#other
        ? this.#otherSeries
        : RouteSeries.within(this.series, peer.name, name, this.#otherSeries);
    const route = new Route(name, series, this.#makeEstimator(peer.name, name), nowMs);
    route.configuredMs = this.#configuredMs(peer.name, name);
    peer.routes.set(name, route);
    this.#histograms++;
    return route;
  }

  #evictRoute(peer: Peer, nowMs: number): boolean {
    const into = this.namedRoute(peer, OTHER, nowMs);
    const route = leastRecent(settled(peer.routes.values()));
    if (!route || nowMs - route.lastUsedMs < IDLE_MS) return false;
    this.#fold(peer, route, into);
    return true;
  }

  #evictAnyRoute(nowMs: number): boolean {
    if (nowMs < this.#busyUntilMs) return false;
    const into = this.namedRoute(this.#rest(nowMs), OTHER, nowMs);
    const candidates = [...this.peers.values()].map((peer) => ({
      peer,
      route: leastRecent(settled(peer.routes.values())),
    }));
    const oldest = leastRecent(candidates.flatMap(({ route }) => route ?? []));
    const found = candidates.find(({ route }) => route && route === oldest);
    if (!found?.route || this.#isBusy(found.route, nowMs)) return false;
    this.#fold(found.peer, found.route, into);
    return true;
  }

  #evictPeer(nowMs: number): boolean {
    if (nowMs < this.#busyUntilMs) return false;
    const idle = [...this.peers.values()].filter((peer) => peer.inFlight.size === 0);
    const peer = leastRecent(idle);
    return peer !== undefined && !this.#isBusy(peer, nowMs) && this.#removePeer(peer, nowMs);
  }

  /** The least recently used is still in use: nobody need look again before it can be idle. */
  #isBusy({ lastUsedMs }: { readonly lastUsedMs: number }, nowMs: number): boolean {
    const idleAtMs = lastUsedMs + IDLE_MS;
    if (nowMs >= idleAtMs) return false;
    this.#busyUntilMs = idleAtMs;
    return true;
  }

  #removePeer(peer: Peer, nowMs: number): boolean {
    const rest = this.namedRoute(this.#rest(nowMs), OTHER, nowMs);
    for (const route of [...peer.routes.values()]) this.#fold(peer, route, rest);
    for (const [origin, known] of this.#origins) if (known === peer) this.#origins.delete(origin);
    peer.close();
    return this.peers.delete(peer.name);
  }

  #fold(peer: Peer, route: Route, into: Route): void {
    into.estimator.merge(route.estimator.slices());
    if (route.series !== this.#otherSeries) route.series.close();
    peer.routes.delete(route.name);
    peer.forgetPaths();
    this.#histograms--;
  }
}

/** Of most calls the path as it is, so that nothing is joined and hashed anew. */
function rememberedKey(method: string, path: string, name: string | undefined): string {
  if (name !== undefined) return ` ${name}`;
  return method === 'GET' ? path : `${method} ${path}`;
}

/** `GET` and `/users/42` → `GET /users/:id`. */
export function routeName(method: string, path: string): string {
  const upper = method.toUpperCase();
  return `${METHODS.has(upper) ? upper : OTHER_METHOD} ${pathTemplate(path)}`;
}

function printable(name: string): string {
  return name.replace(/[^\x20-\x7e]/g, '_').slice(0, NAME_LENGTH_MAX);
}

/** Routes that can go: with a name of their own, and no request on its way. */
function* settled(routes: Iterable<Route>): Generator<Route> {
  for (const route of routes) if (route.name !== OTHER && route.inFlight === 0) yield route;
}

function leastRecent<T extends { readonly lastUsedMs: number }>(items: Iterable<T>): T | undefined {
  let found: T | undefined;
  for (const item of items) if (!found || item.lastUsedMs < found.lastUsedMs) found = item;
  return found;
}
