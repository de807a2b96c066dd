/** What is measured as points of the metric table: the one place that says which value is which. */
import type { BucketHistogram } from '../histogram/bucket-histogram.ts';
import { replyQuantileMs, type SurvivalCurve } from '../histogram/survival.ts';
import type { ReasonCounts } from '../liveness/reason-counts.ts';
import { activeGuards, leaseDiagnostics, rejections } from '../leasing/hub.ts';
import { PEER_STATES, type PeerView } from '../membership/types.ts';
import type { Peer } from '../peers/peer.ts';
import type { PeerTable } from '../peers/peer-table.ts';
import type { Route } from '../peers/route.ts';
import { OTHER, type RouteSeries } from '../peers/route-series.ts';
import type { ServerRoutes } from '../peers/server-routes.ts';
import type { PausedMs } from '../timeout/estimator.ts';
import type { Diagnostics } from './diagnostics.ts';
import {
  CLOCK_SOURCE,
  offsetPoints,
  peerClockPoints,
  timePoints,
  type TimeSource,
} from './clock-points.ts';
import { ATTR, type METRICS } from './metrics.ts';
import type { PauseHistograms } from './pause-histograms.ts';

export type AttributeValue = string | number | boolean;

export interface Point {
  readonly metric: keyof typeof METRICS;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  readonly value: number | BucketHistogram;
}

export interface TelemetrySource {
  readonly table: PeerTable;
  readonly serverRoutes: ServerRoutes;
  readonly pauses: PauseHistograms;
  readonly diagnostics: Diagnostics;
  readonly time: TimeSource;
  /** How long a share of what comes at random instants waits for our event loop, in ms. */
  readonly loopDelayMs: (share: number, nowMs: number) => number | undefined;
  readonly liveness: { peers(): PeerView[]; readonly reasons: ReasonCounts };
  /** How much of a span our own process stood still. */
  readonly pausedMs: PausedMs;
  /** Resolves once the sockets have been read after a pause of our own. */
  readonly drained: () => Promise<void>;
}

/** Label values as text, so that no formatter turns 0.999 into 0.9990000000000001. */
const QUANTILES = [
  ['0.5', 0.5],
  ['0.9', 0.9],
  ['0.99', 0.99],
  ['0.999', 0.999],
  ['1', 1],
] as const;

/** Leases shown, by resource; of more, the newest are not. */
const LEASES_MAX = 1000;

/** Every point there is now. Lazy: each route is computed when it is reached. */
export function* points(source: TelemetrySource, nowMs: number): Generator<Point> {
  yield* histogramPoints(source);
  const { table, diagnostics, pausedMs } = source;
  for (const peer of [...table.all()]) {
    const ageMs = peer.oldestInFlightMs(nowMs, pausedMs);
    if (ageMs !== undefined) {
      yield { metric: 'inFlightAge', attributes: ofPeer(peer), value: ageMs / 1000 };
    }
    for (const route of [...peer.routes.values()]) {
      if (route.series === table.otherSeries) continue;
      yield* counterPoints(route.series, ofRoute(peer, route));
      yield* advicePoints(route, ofRoute(peer, route), nowMs);
    }
  }
  yield* counterPoints(table.otherSeries, OF_OTHER);
  yield* livenessPoints(source, nowMs);
  yield* timePoints(source.time, nowMs);
  yield* loopDelayPoints(source, nowMs);
  yield* leasePoints();
  yield { metric: 'selfSeries', attributes: {}, value: table.series.used };
  yield {
    metric: 'selfErrors',
    attributes: {},
    value: diagnostics.errors + leaseDiagnostics.errors,
  };
}

/** A point that is a histogram. */
export type HistogramPoint = Point & { readonly value: BucketHistogram };

/** The histograms alone: cheap, nothing is computed. */
export function* histogramPoints(source: TelemetrySource): Generator<HistogramPoint> {
  const { table, serverRoutes, pauses } = source;
  for (const peer of [...table.all()]) {
    for (const [metric, value] of peer.series) yield { metric, attributes: ofPeer(peer), value };
    for (const route of [...peer.routes.values()]) {
      if (route.series === table.otherSeries) continue;
      yield* rttPoints(route.series, ofRoute(peer, route));
    }
  }
  yield* rttPoints(table.otherSeries, OF_OTHER);
  for (const { method, route, duration } of serverRoutes.all()) {
    const attributes = { [ATTR.method]: method, [ATTR.httpRoute]: route };
    yield { metric: 'serverDuration', attributes, value: duration };
  }
  for (const [cause, value] of pauses.all()) {
    yield { metric: 'pause', attributes: { [ATTR.cause]: cause }, value };
  }
}

/**
 * Watched peers first, and as many as there is room for: their series come and go with them, so
 * none is reserved.
 */
function* livenessPoints(
  { liveness, table, time, serverRoutes }: TelemetrySource,
  nowMs: number,
): Generator<Point> {
  const eventsPerS = serverRoutes.perSecond(nowMs);
  let room = table.series.max - table.series.used;
  const views = liveness.peers().sort((a, b) => Number(b.watched) - Number(a.watched));
  for (const view of views) {
    const known = table.peers.get(view.peer);
    const attributes = known ? ofPeer(known) : { [ATTR.peer]: view.peer };
    const found = [
      ...viewPoints(view, attributes),
      ...reasonPoints(view, attributes, liveness),
      ...clockPoints(view, attributes, { time, eventsPerS, nowMs }),
    ];
    room -= found.length;
    if (room < 0) return;
    yield* found;
  }
}

/** As heartbeats tell it; else as responses do. */
function* clockPoints(
  { peer, clock }: PeerView,
  attributes: Point['attributes'],
  { time, eventsPerS, nowMs }: { time: TimeSource; eventsPerS: number; nowMs: number },
): Generator<Point> {
  if (clock) yield* peerClockPoints(clock, attributes, eventsPerS);
  const offset = clock ? undefined : time.serverOffset(peer, nowMs);
  if (!offset) return;
  const ofHttp = { ...attributes, [ATTR.source]: CLOCK_SOURCE.http };
  yield* offsetPoints(offset, ofHttp);
  yield { metric: 'clockSteps', attributes: ofHttp, value: offset.steps };
}

function* loopDelayPoints({ loopDelayMs }: TelemetrySource, nowMs: number): Generator<Point> {
  for (const [label, share] of QUANTILES) {
    const ms = loopDelayMs(share, nowMs);
    if (ms === undefined) return;
    yield { metric: 'loopDelay', attributes: { [ATTR.quantile]: label }, value: ms / 1000 };
  }
}

export function* leasePoints(): Generator<Point> {
  for (const [resource, value] of rejections) {
    yield { metric: 'fencingRejected', attributes: { [ATTR.resource]: resource }, value };
  }
  const leftMs = new Map<string, number>();
  for (const guard of activeGuards()) {
    const { resource } = guard;
    if (leftMs.size >= LEASES_MAX && !leftMs.has(resource)) continue;
    leftMs.set(resource, Math.max(guard.remainingMs(), leftMs.get(resource) ?? 0));
  }
  for (const [resource, ms] of leftMs) {
    const attributes = { [ATTR.resource]: resource };
    yield { metric: 'leaseRemaining', attributes, value: ms / 1000 };
  }
}

/** A passive peer has no observers that could vote. */
function* viewPoints(view: PeerView, attributes: Point['attributes']): Generator<Point> {
  const { state, vote, phi, watched } = view;
  if (phi !== undefined) yield { metric: 'phi', attributes, value: phi };
  for (const each of PEER_STATES) {
    const ofState = { ...attributes, [ATTR.state]: each };
    yield { metric: 'peerState', attributes: ofState, value: state === each ? 1 : 0 };
    if (watched) yield { metric: 'vote', attributes: ofState, value: vote === each ? 1 : 0 };
  }
}

function* reasonPoints(
  { peer }: PeerView,
  attributes: Point['attributes'],
  { reasons }: TelemetrySource['liveness'],
): Generator<Point> {
  for (const metric of ['suspicions', 'mistakes'] as const) {
    for (const [reason, value] of reasons[metric].get(peer) ?? []) {
      yield { metric, attributes: { ...attributes, [ATTR.reason]: reason }, value };
    }
  }
}

const OF_OTHER = { [ATTR.peer]: OTHER, [ATTR.route]: OTHER };

function ofPeer(peer: Peer): Record<string, AttributeValue> {
  if (peer.name === OTHER) return { [ATTR.peer]: OTHER };
  return { [ATTR.peer]: peer.name, [ATTR.host]: peer.host, [ATTR.port]: peer.port };
}

function ofRoute(peer: Peer, route: Route): Record<string, AttributeValue> {
  return { ...ofPeer(peer), [ATTR.route]: route.name };
}

function* rttPoints(
  series: RouteSeries,
  attributes: Point['attributes'],
): Generator<HistogramPoint> {
  for (const [outcome, value] of series.rtt) {
    yield { metric: 'rtt', attributes: { ...attributes, [ATTR.outcome]: outcome }, value };
  }
}

function* counterPoints(series: RouteSeries, attributes: Point['attributes']): Generator<Point> {
  for (const [reason, value] of series.censored) {
    yield { metric: 'censored', attributes: { ...attributes, [ATTR.reason]: reason }, value };
  }
  if (series.rtt.size === 0) return;
  for (const [mode, { replied, silent }] of Object.entries(series.exceeded)) {
    if (mode === 'enforced' && replied + silent === 0) continue; // most routes never are
    const byMode = { ...attributes, [ATTR.mode]: mode };
    const late = (lateReply: boolean) => ({ ...byMode, [ATTR.lateReply]: lateReply });
    yield { metric: 'exceeded', attributes: late(true), value: replied };
    yield { metric: 'exceeded', attributes: late(false), value: silent };
  }
}

function* advicePoints(
  { estimator, configuredMs }: Route,
  attributes: Point['attributes'],
  nowMs: number,
): Generator<Point> {
  const { value, upperBoundMs, hedgeMs, achievedRate, targetRate, n } = estimator.advice(nowMs);
  if (estimator.curve) yield* quantilePoints(estimator.curve, attributes);
  const ofResponse = { ...attributes, [ATTR.kind]: 'response' };
  const durations = { recommended: value, upperBound: upperBoundMs, configured: configuredMs };
  for (const [metric, ms] of Object.entries(durations)) {
    if (ms === undefined) continue;
    yield { metric: metric as keyof typeof durations, attributes: ofResponse, value: ms / 1000 };
  }
  if (hedgeMs !== undefined) yield { metric: 'hedge', attributes, value: hedgeMs / 1000 };
  if (n > 0) yield { metric: 'samples', attributes, value: n };
  if (achievedRate !== undefined) {
    yield { metric: 'calibration', attributes, value: achievedRate / targetRate };
  }
}

function quantilePoints(curve: SurvivalCurve, attributes: Point['attributes']): Point[] {
  return QUANTILES.map(([label, q]) => ({
    metric: 'rttQuantile',
    attributes: { ...attributes, [ATTR.quantile]: label },
    value: replyQuantileMs(curve, q) / 1000,
  }));
}
