import type { BucketHistogram } from '../histogram/bucket-histogram.ts';
import { RollingHistogram } from '../histogram/rolling-histogram.ts';
import type { PausedMs } from '../timeout/estimator.ts';
import { InFlightList } from '../timeout/in-flight.ts';
import type { Exchange } from './exchange.ts';
import type { Route } from './route.ts';
import type { Origin } from './origin.ts';
import { COARSE_BOUNDARIES_S, type SeriesBudget, seriesOf } from './series-budget.ts';

/** Raw paths whose route is remembered, so that a repeated call is not taken apart again. */
const PATHS_MAX = 256;
/** Connects are few: they are kept longer than replies. */
const CONNECT_WINDOW_MS = 3_600_000;

/** What is exported of a peer beside its routes. */
export type PeerSeries =
  /** TCP handshakes. */
  | 'connect'
  /** Name resolutions before them. */
  | 'dns'
  /** From the call to the request written: waiting for a connection, and making one. */
  | 'wait'
  /** Round trips less the time that the server says it worked. */
  | 'networkDelay';

/** Where an origin leads: `host:port`, and what else was seen of it. */
export class Peer {
  /** `host:port`, with `/address` behind it where peers are told apart by address. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly routes = new Map<string, Route>();
  /** Requests on their way, oldest first. */
  readonly inFlight = new InFlightList<Exchange>();
  lastUsedMs: number;
  /** When the last reply came, whatever it said: a sign of life. */
  lastReplyMs: number | undefined;
  /**
   * When the first request was written that nothing was heard after; of requests that were given up
   * by their caller nothing is held.
   */
  unansweredSinceMs: number | undefined;
  /** When its kernel last took a connection. */
  lastConnectMs: number | undefined;
  /** TCP handshakes of the last hour: what the kernel of the peer answers. */
  connect: RollingHistogram | undefined;
  /** The shortest of all: no round trip is less. */
  leastConnectMs = 0;
  /** For export, in seconds. */
  readonly series = new Map<PeerSeries, BucketHistogram>();
  readonly #paths = new Map<string, Route>();
  readonly #budget: SeriesBudget;

  constructor(name: string, { host, port }: Origin, budget: SeriesBudget, nowMs: number) {
    this.name = name;
    this.host = host;
    this.port = port;
    this.lastUsedMs = nowMs;
    this.#budget = budget;
  }

  /** The route remembered for a method and raw path. */
  remembered(key: string): Route | undefined {
    return this.#paths.get(key);
  }

  remember(key: string, route: Route): void {
    if (this.#paths.size >= PATHS_MAX) this.#paths.clear();
    this.#paths.set(key, route);
  }

  forgetPaths(): void {
    this.#paths.clear();
  }

  /** Something other than a reply took so long. */
  measured(what: PeerSeries, durationMs: number): void {
    const histogram = this.series.get(what) ?? this.#budget.openHistogram(COARSE_BOUNDARIES_S);
    if (!histogram) return;
    this.series.set(what, histogram);
    histogram.record(durationMs / 1000);
  }

  /** A TCP handshake took so long. */
  connected(atMs: number, durationMs: number): void {
    this.lastConnectMs = atMs;
    this.leastConnectMs = Math.min(this.connect ? this.leastConnectMs : Infinity, durationMs);
    this.connect ??= new RollingHistogram(CONNECT_WINDOW_MS);
    this.connect.record(atMs, durationMs, false);
    this.measured('connect', durationMs);
  }

  /**
   * A reply took so long, of which the server says it worked `serverMs` and made it wait
   * `queueMs`. Believed where what is left is no less than the shortest handshake (QUIC's rule,
   * RFC 9002 5.3): a clock or a header that claims more would make delays shrink to nothing.
   */
  measuredDelay(
    durationMs: number,
    server: { readonly serverMs?: number | undefined; readonly queueMs?: number | undefined },
  ): void {
    if (server.serverMs === undefined) return;
    const delayMs = durationMs - server.serverMs - (server.queueMs ?? 0);
    if (delayMs >= 0 && delayMs >= this.leastConnectMs) this.measured('networkDelay', delayMs);
  }

  /** The peer is gone: its series make room for others. */
  close(): void {
    this.#budget.giveBack(this.series.size * seriesOf(COARSE_BOUNDARIES_S));
    this.series.clear();
  }

  /**
   * For how long the oldest request has waited for its reply while we could have read it, in ms;
   * undefined when none waits.
   */
  oldestInFlightMs(nowMs: number, pausedMs: PausedMs): number | undefined {
    const oldest = this.inFlight.oldest;
    return oldest && nowMs - oldest.openedAtMs - pausedMs(oldest.openedAtMs, nowMs);
  }
}
