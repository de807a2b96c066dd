/**
 * What collectors report, and what becomes of it: the one way in for outgoing requests.
 *
 * A collector says when a request was opened, written, answered and ended; here it gets its peer
 * and route, waits in the in-flight list, and ends as an observation of the estimator and as
 * counts for metrics. The round trip runs from written to answered: waiting for a connection,
 * name resolution and the handshake are before, the body is after.
 */
import type { PauseLog } from '../pause/pause-log.ts';
import type { Outcome } from '../timeout/types.ts';
import { blameOf } from './blame.ts';
import { type Ending, OUTCOME } from './ending.ts';
import { Exchange } from './exchange.ts';
import type { Peer } from './peer.ts';
import type { PeerTable } from './peer-table.ts';

export interface Opening {
  /** `http://host:port`. */
  readonly origin: string;
  readonly method: string;
  /** Path, with or without query. */
  readonly path: string;
  /** The caller's own name for the route. */
  readonly name?: string | undefined;
}

export interface TrafficOptions {
  readonly table: PeerTable;
  readonly pauses: PauseLog;
  /** One peer for each remote address behind a name. Default false. */
  readonly peersByAddress?: boolean;
  /** A request ended in a way that tells of its peer: refused, reset and the like. */
  readonly onFailure?: (peer: Peer, ending: Ending, nowMs: number) => void;
}

export class Traffic {
  readonly #table: PeerTable;
  readonly #pauses: PauseLog;
  readonly #onFailure: TrafficOptions['onFailure'];
  /** True where peers are told apart by address: only then it is worth asking a socket for it. */
  readonly byAddress: boolean;
  /** Signs of life so far, for the drain gate. */
  arrivals = 0;

  constructor({ table, pauses, peersByAddress = false, onFailure }: TrafficOptions) {
    this.#table = table;
    this.#pauses = pauses;
    this.#onFailure = onFailure;
    this.byAddress = peersByAddress;
  }

  /** A request was called for; undefined if its origin is nothing to measure. */
  open({ origin, method, path, name }: Opening, nowMs: number): Exchange | undefined {
    const peer = this.#table.byOrigin(origin, nowMs);
    if (!peer) return undefined;
    const route = this.#table.route(peer, method, path, name, nowMs);
    const exchange = new Exchange(peer, route, nowMs);
    peer.lastUsedMs = route.lastUsedMs = nowMs;
    route.requests++;
    join(exchange);
    return exchange;
  }

  /** Its headers went to a socket; again, if it was retried on another. */
  written(exchange: Exchange, nowMs: number, reused: boolean, address?: string): void {
    if (exchange.replied || exchange.ended) return;
    if (this.byAddress && address !== undefined) this.#move(exchange, address, nowMs);
    exchange.reused = reused;
    if (exchange.writtenAtMs === undefined) {
      exchange.peer.measured('wait', nowMs - exchange.openedAtMs);
    }
    this.#begin(exchange, nowMs);
  }

  /** Its body went too: the round trip begins now. */
  uploaded(exchange: Exchange, nowMs: number): void {
    if (!exchange.replied && !exchange.ended && exchange.waiting) this.#begin(exchange, nowMs);
  }

  /**
   * Its response headers came. `serverMs`: how long the server says it worked; `queueMs`: how long
   * its event loop made the request wait before.
   */
  replied(exchange: Exchange, nowMs: number, serverMs?: number, queueMs?: number): void {
    if (exchange.replied || exchange.ended) return;
    exchange.replied = true;
    this.arrivals++;
    exchange.peer.lastReplyMs = nowMs;
    exchange.peer.unansweredSinceMs = undefined;
    this.#settle(exchange, 'completed', nowMs, { serverMs, queueMs });
    leave(exchange);
  }

  /** A stream, an upgrade or a long poll after all: its waiting time tells nothing. */
  leaveOut(exchange: Exchange, nowMs: number): void {
    if (exchange.replied || exchange.ended) return;
    exchange.replied = exchange.ended = true;
    this.arrivals++;
    exchange.peer.lastReplyMs = nowMs;
    exchange.peer.unansweredSinceMs = undefined;
    exchange.waiting?.drop();
    leave(exchange);
  }

  /** The timeout, in ms, that the caller's client was given for it. */
  configured(exchange: Exchange, timeoutMs: number | null | undefined): void {
    if (timeoutMs) exchange.route.configuredMs = timeoutMs;
  }

  /** It is over: after its reply, or instead of one. The first call counts. */
  end(exchange: Exchange, ending: Ending, nowMs: number): void {
    if (exchange.ended) return;
    exchange.ended = true;
    exchange.route.countEnding(ending);
    if (ending !== 'completed') exchange.route.series.countCensored(ending);
    if (exchange.replied) return;
    if (ending !== 'timed-out' && ending !== 'cancelled') this.arrivals++;
    // A signal's timeout is nowhere to be read, but here it fired.
    if (ending === 'timed-out' && !exchange.route.enforced) {
      exchange.route.configuredMs ??= Math.round(nowMs - exchange.openedAtMs);
    }
    this.#settle(exchange, ending, nowMs);
    leave(exchange);
    // A timeout leaves the question open; whoever gives up for a reason of its own takes it back.
    const { peer } = exchange;
    if (ending !== 'timed-out' && peer.inFlight.size === 0) peer.unansweredSinceMs = undefined;
    if (OUTCOME[ending] === 'failed' || ending === 'stale-reset') {
      this.#onFailure?.(exchange.peer, ending, nowMs);
    }
  }

  #begin(exchange: Exchange, nowMs: number): void {
    exchange.waiting?.drop();
    exchange.writtenAtMs = nowMs;
    exchange.peer.unansweredSinceMs ??= nowMs;
    const { estimator } = exchange.route;
    exchange.advisedMs = estimator.advisedMs(nowMs) ?? Infinity;
    exchange.waiting = estimator.begin(nowMs);
  }

  #settle(exchange: Exchange, ending: Ending, nowMs: number, server: Server = UNTOLD): void {
    const outcome = OUTCOME[ending];
    const { writtenAtMs, waiting, route, peer, advisedMs } = exchange;
    if (outcome === 'failed') forgetSilence(peer);
    if (writtenAtMs === undefined || !waiting) return;
    if (!outcome) {
      waiting.drop();
      return;
    }
    const { serverMs } = server;
    const durationMs = nowMs - writtenAtMs;
    const localPauseMs = this.#pauses.overlapMs(writtenAtMs, nowMs);
    waiting.end(
      serverMs === undefined
        ? { atMs: nowMs, durationMs, outcome, localPauseMs }
        : { atMs: nowMs, durationMs, outcome, localPauseMs, serverMs },
    );
    const isLate = durationMs > advisedMs && outcome !== 'failed';
    if (isLate) route.countBlame(blameOf({ durationMs, localPauseMs, ...server }));
    if (localPauseMs > 0) {
      route.series.countCensored('local-pause');
      return;
    }
    route.series.recordRtt(outcome, durationMs / 1000);
    peer.measuredDelay(durationMs, server);
    if (durationMs > advisedMs) countExceeded(exchange, outcome, durationMs);
  }

  #move(exchange: Exchange, address: string, nowMs: number): void {
    const peer = this.#table.atAddress(exchange.peer, address, nowMs);
    if (peer === exchange.peer) return;
    leave(exchange);
    exchange.route.requests--;
    exchange.peer = peer;
    exchange.route = this.#table.namedRoute(peer, exchange.route.name, nowMs);
    exchange.route.requests++;
    peer.lastUsedMs = exchange.route.lastUsedMs = nowMs;
    join(exchange);
  }
}

/** What the server told of its own part. */
interface Server {
  readonly serverMs?: number | undefined;
  readonly queueMs?: number | undefined;
}
const UNTOLD: Server = {};

function countExceeded({ route, advisedMs }: Exchange, outcome: Outcome, durationMs: number): void {
  const counts = route.series.exceeded[route.enforced ? 'enforced' : 'shadow'];
  if (outcome === 'completed') {
    counts.replied++;
    return;
  }
  counts.silent++;
  if (!route.enforced) route.wastedMs += durationMs - advisedMs;
}

/** A peer that refuses is dead: what its routes left unanswered is lost, and not late. */
function forgetSilence(peer: Peer): void {
  for (const route of peer.routes.values()) route.estimator.forgetSilence();
}

function join(exchange: Exchange): void {
  exchange.peer.inFlight.add(exchange);
  exchange.route.inFlight++;
}

function leave(exchange: Exchange): void {
  exchange.peer.inFlight.remove(exchange);
  exchange.route.inFlight--;
}
