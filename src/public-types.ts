/** What `createTardy` takes and gives. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { MeterProvider } from '@opentelemetry/api';
import type { MetricProducer } from '@opentelemetry/sdk-metrics';
import type { OutgoingCall } from '../collectors/client.ts';
import type { ExpressApp } from '../collectors/express.ts';
import type { PeersFunction } from '../collectors/heartbeat/discovery.ts';
import type { TimeoutSource } from './apply/source.ts';
import type { ClockReport, PausesReport } from './clock-report.ts';
import type { Config, ConfigOptions } from './config.ts';
import type { EventLog } from './events/event-log.ts';
import type { OwnPauseEvent } from './events/types.ts';
import type { Cell, PeerState } from './membership/types.ts';
import type { PeerEntry, PeersReport, TimeoutsReport } from './report.ts';
import type { Clock } from './timekeeping/clock.ts';
import type { OwnTraffic } from './telemetry/sdk.ts';
import type { Advice } from './timeout/types.ts';
import type { WhatIf } from './timeout/what-if.ts';

export interface TardyOptions extends ConfigOptions {
  /** Gives the peers instead of `peers`: called every ten seconds. */
  readonly discoverPeers?: PeersFunction;
  /**
   * The same on all nodes: heartbeats are authenticated with it, and what others say of peers
   * counts. Default: TARDY_SECRET.
   */
  readonly secret?: string;
  /** A name for the route of an outgoing call; undefined for method and path template. */
  readonly routeName?: (call: OutgoingCall) => string | undefined;
}

export interface CallInit {
  /** Default GET. */
  readonly method?: string;
  /** The caller's own name for the route, if it has one. */
  readonly route?: string;
}

/** One process' view of its peers. */
export interface Tardy {
  readonly config: Config;
  /**
   * What to set as a timeout for a peer (`host:port`), or one route of it (`GET /users/:id`).
   * Without a route, or while the route has too few replies: over all its routes. Undefined for a
   * peer or route never called.
   */
  advise(peer: string, route?: string): Advice | undefined;
  /**
   * The timeout to set for a call, in ms: of its route; of its peer while the route has too few
   * replies; `initialMs` before that. Throws ERR_TARDY_ARGUMENT if it is no http(s) URL.
   */
  timeoutFor(url: string | URL, init?: CallInit): number;
  /**
   * What a timeout of so many milliseconds would do on one route, or over all routes of a peer.
   * Undefined for a peer or route without replies.
   */
  whatIf(peer: string, route: string | undefined, timeoutMs: number): WhatIf | undefined;
  /** For those who apply timeouts: what to arm for each call. */
  readonly timeoutSource: TimeoutSource;
  /** Everyone we watch or call, and what is held of them. */
  peers(): PeerEntry[];
  /** Names of those to send work to: neither suspected nor stalled, gone or unknown. */
  livePeers(): string[];
  /** What each observer says of each peer, as far as we hear: our own row first. */
  whoSuspectsWhom(): Cell[];
  /** What a peer is called (`host:port`, or the name it is listed with); undefined: not known. */
  stateOf(peer: string): PeerState | undefined;
  /** What time it is, and how sure that is. */
  readonly clock: Clock;
  /** When and why we stood still, of the events remembered: the oldest first. */
  readonly pauses: readonly OwnPauseEvent[];
  /** What happened, and why. */
  readonly events: EventLog;
  /** Answers `POST …/heartbeat`: `router()` does so by itself. */
  handleHeartbeat(request: IncomingMessage, response: ServerResponse): void;
  /** Every peer and route with its quantiles and advice, or those of one peer. */
  timeouts(peer?: string): TimeoutsReport;
  peersReport(): PeersReport;
  /** What time it is, what sources say, and how far the clocks of peers are off. */
  clockReport(): ClockReport;
  /** When and why we stood still of late. */
  pausesReport(): PausesReport;
  /** For the readers of an SDK of your own: `metricProducers: [tardy.metricProducer]`. */
  readonly metricProducer: MetricProducer;
  /** Exports through this provider instead: instruments, not a producer. */
  attach(provider: MeterProvider): void;
  /** Measures routes of this Express application and sends Server-Timing from it. */
  instrument(app: ExpressApp): void;
  /** Telemetry, not the application's: ports it is served on, origins it is sent to. */
  leaveOut(traffic: OwnTraffic): void;
  /** Begins to measure; does nothing if it has begun. What was loaded of the state file. */
  start(): string | undefined;
  /** Stops measuring, takes every listener away, and writes the state file. */
  stop(): Promise<void>;
}
