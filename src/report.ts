/**
 * What is known, as plain data: the shapes that the API, the command line and the page show. One
 * zod schema each, so that what is validated, typed and documented is the same.
 */
import { z } from 'zod';
import { peerClockEntry, peerClockSchema } from './clock-report.ts';
import type { ServerOffset } from './timekeeping/header-clocks.ts';
import { Counts } from './histogram/counts.ts';
import type { RollingHistogram } from './histogram/rolling-histogram.ts';
import { replyQuantileMs, type SurvivalCurve, survivalCurve } from './histogram/survival.ts';
import { PEER_STATES, type PeerView } from './membership/types.ts';
import { ENDINGS } from './peers/ending.ts';
import type { Peer } from './peers/peer.ts';
import type { PeerTable } from './peers/peer-table.ts';
import type { Route } from './peers/route.ts';
import type { PausedMs } from './timeout/estimator.ts';
import type { Advice } from './timeout/types.ts';
import { whatIf, type WhatIf } from './timeout/what-if.ts';

const optionalMs = z.number().optional();

export const adviceSchema = z.object({
  timeoutMs: optionalMs.describe('the timeout to set; absent while there are too few replies'),
  lowerBoundMs: optionalMs.describe('the true quantile is above this, with the given confidence'),
  upperBoundMs: optionalMs.describe('the true quantile is below this, with the given confidence'),
  confidence: z.number().describe('confidence of each bound, 0 to 1'),
  targetRate: z.number().describe('share of live replies that may be slower than the timeout'),
  n: z.number().describe('replies in the window'),
  nEffective: z.number().describe('independent replies they are worth'),
  censored: z.number().describe('requests cut off or still waiting in the window'),
  lossRate: z.number().optional().describe('share of requests that failed without a reply'),
  basis: z.enum(['measured', 'censored', 'extrapolated', 'pooled', 'insufficient']),
  ceilingHit: z.boolean().describe('the ceiling holds the timeout down'),
  expectedFalsePerDay: z.number().optional().describe('false timeouts a day at the present rate'),
  achievedRate: z.number().optional().describe('share of requests so far that exceeded it'),
  hedgeMs: optionalMs.describe('when to ask a second replica: 5 % of the replies take longer'),
  shedLoad: z.boolean().optional().describe('more requests arrive than are answered'),
  reason: z.string(),
  warnings: z.array(z.string()),
});

export const timeoutEntrySchema = z.object({
  peer: z.string().describe('host:port'),
  route: z.string().describe('method and path template, or the name the caller gave'),
  requests: z.number().describe('requests since the start'),
  inFlight: z.number().describe('requests to this peer that wait for their reply'),
  p50Ms: optionalMs,
  p90Ms: optionalMs,
  p99Ms: optionalMs,
  p999Ms: optionalMs,
  maxMs: optionalMs,
  endings: z.partialRecord(z.enum(ENDINGS as [string, ...string[]]), z.number()),
  enforced: z.boolean().describe('the advice is applied to calls of this route'),
  exceeded: z.number().describe('requests slower than what was advised for them'),
  wastedMs: z.number().describe('waited for nothing beyond the advised timeout, since the start'),
  blame: z.record(z.string(), z.number()).describe('whose fault late replies were'),
  advice: adviceSchema,
});

export const peerEntrySchema = z.object({
  peer: z.string().describe('host:port'),
  requests: z.number(),
  routes: z.number().describe('routes with a histogram'),
  inFlight: z.number().describe('requests that wait for their reply'),
  oldestInFlightMs: optionalMs.describe('age of the one that has waited longest'),
  lastReplyAgoMs: optionalMs.describe('time since the last reply, whatever it said'),
  connectP50Ms: optionalMs.describe('median TCP handshake: the network and the kernel alone'),
  connectP99Ms: optionalMs,
  endings: z.partialRecord(z.enum(ENDINGS as [string, ...string[]]), z.number()),
  state: z.enum(PEER_STATES).describe('what it is called, others taken into account'),
  vote: z.enum(PEER_STATES).describe('what this node alone says of it'),
  because: z.string().describe('what the state rests on'),
  watched: z.boolean().describe('heartbeats are exchanged with it; else it is known by traffic'),
  phi: z.number().optional().describe('how surprising its silence is now'),
  lastHeardAgoMs: optionalMs.describe('time since the last sign of life of any kind'),
  heartbeatRttMs: optionalMs.describe('from the last question to its answer'),
  observers: z.number().describe('how many are to watch it'),
  suspectedBy: z.array(z.string()).describe('observers that suspect it'),
  suspicions: z.number().describe('times this node suspected it'),
  mistakes: z.number().describe('suspicions of this node that proved wrong'),
  clock: peerClockSchema.optional().describe('its wall clock against ours'),
});

export const opinionSchema = z.object({
  observer: z.string(),
  peer: z.string(),
  state: z.enum(PEER_STATES).describe('what the observer says'),
  heardAgoMs: optionalMs.describe('since the observer had a sign of life of the peer'),
  ageMs: z.number().describe('since the observer said so'),
});

export const timeoutsReportSchema = z.object({
  node: z.string().describe('who measured this'),
  generatedAt: z.iso.datetime(),
  timeouts: z.array(timeoutEntrySchema),
});

export const peersReportSchema = z.object({
  node: z.string().describe('who measured this'),
  generatedAt: z.iso.datetime(),
  peers: z.array(peerEntrySchema),
  opinions: z.array(opinionSchema).describe('who says what of whom, as far as this node hears'),
});

export type AdviceEntry = z.infer<typeof adviceSchema>;
export type TimeoutEntry = z.infer<typeof timeoutEntrySchema>;
export type Opinion = z.infer<typeof opinionSchema>;
export type PeerEntry = z.infer<typeof peerEntrySchema>;
export type TimeoutsReport = z.infer<typeof timeoutsReportSchema>;
export type PeersReport = z.infer<typeof peersReportSchema>;

const DAY_MS = 86_400_000;
/** Shared: nothing here waits, so no two use it at once. */
const scratch = new Counts();

/** One entry for each route of each peer, or of one peer. */
export function timeoutEntries(table: PeerTable, nowMs: number, peer?: Peer): TimeoutEntry[] {
  const peers = peer ? [peer] : [...table.all()];
  return peers.flatMap((each) =>
    [...each.routes.values()].map((route) => timeoutEntry(each, route, nowMs)),
  );
}

/** What is held of peers, and by which name a peer of the table is among them. */
export interface PeersLiveness {
  readonly views: readonly PeerView[];
  readonly nameOf: (peer: string) => string;
  /** The clock of a server as its responses tell it, less ours. */
  readonly serverOffset: (peer: string) => ServerOffset | undefined;
  readonly maxOffsetMs: number;
}

/** One entry for each peer of the table, and for each that is watched. */
export function peerEntries(
  table: PeerTable,
  liveness: PeersLiveness,
  nowMs: number,
  pausedMs: PausedMs,
): PeerEntry[] {
  const { views, nameOf } = liveness;
  const byName = new Map(views.map((view) => [view.peer, view]));
  const called = [...table.all()].map((peer) => {
    const view = byName.get(nameOf(peer.name));
    return {
      ...trafficOf(peer, nowMs, pausedMs),
      ...livenessOf(view),
      ...clockOf(peer.name, view, liveness),
    };
  });
  const names = new Set(called.map(({ peer }) => nameOf(peer)));
  const others = views.filter(({ peer, watched }) => watched && !names.has(peer));
  const uncalled = others.map((view) => ({
    ...noTraffic(view.peer),
    ...livenessOf(view),
    ...clockOf(view.peer, view, liveness),
  }));
  return [...called, ...uncalled];
}

function clockOf(peer: string, view: PeerView | undefined, liveness: PeersLiveness) {
  const clock = peerClockEntry(view, liveness.serverOffset(peer), liveness.maxOffsetMs);
  return clock ? { clock } : {};
}

function trafficOf(peer: Peer, nowMs: number, pausedMs: PausedMs) {
  const routes = [...peer.routes.values()];
  const oldestInFlightMs = peer.oldestInFlightMs(nowMs, pausedMs);
  return {
    peer: peer.name,
    requests: routes.reduce((total, route) => total + route.requests, 0),
    routes: routes.length,
    inFlight: peer.inFlight.size,
    ...(oldestInFlightMs === undefined ? {} : { oldestInFlightMs }),
    ...(peer.lastReplyMs === undefined ? {} : { lastReplyAgoMs: nowMs - peer.lastReplyMs }),
    ...connectQuantiles(peer.connect, nowMs),
    endings: endingsOf(routes),
  };
}

function noTraffic(peer: string) {
  return { peer, requests: 0, routes: 0, inFlight: 0, endings: {} };
}

const UNHEARD: PeerView = {
  ...{ peer: '', state: 'unknown', vote: 'unknown', because: 'nothing was heard of it yet' },
  ...{ watched: false, phi: undefined, bootId: undefined, lastHeardAgoMs: undefined },
  ...{ rttMs: undefined, observers: 0, suspectedBy: [], suspicions: 0, mistakes: 0 },
};

function livenessOf(view: PeerView = UNHEARD) {
  const { state, vote, because, watched, phi, lastHeardAgoMs, rttMs } = view;
  return {
    ...{ state, vote, because, watched },
    ...(phi === undefined ? {} : { phi }),
    ...(lastHeardAgoMs === undefined ? {} : { lastHeardAgoMs }),
    ...(rttMs === undefined ? {} : { heartbeatRttMs: rttMs }),
    ...{ observers: view.observers, suspectedBy: [...view.suspectedBy] },
    ...{ suspicions: view.suspicions, mistakes: view.mistakes },
  };
}

/** What another timeout would do on a route, or over all routes of a peer. */
export function whatIfOf(
  peer: Peer | undefined,
  route: string | undefined,
  timeoutMs: number,
  nowMs: number,
): WhatIf | undefined {
  const routes = [...(peer?.routes.values() ?? [])];
  const asked = route === undefined ? routes : routes.filter(({ name }) => name === route);
  scratch.clear();
  let spanMs = 0;
  let inflation = 1;
  for (const { estimator } of asked) {
    const { spanMs: seenMs, varianceInflation } = estimator.context(nowMs);
    estimator.addTo(scratch, nowMs);
    spanMs = Math.max(spanMs, seenMs);
    inflation = Math.max(inflation, varianceInflation);
  }
  const curve = survivalCurve(scratch);
  if (!curve) return undefined;
  const replies = curve.completed + curve.censored;
  const requestsPerDay = spanMs > 0 ? (replies / spanMs) * DAY_MS : undefined;
  return whatIf({ timeoutMs, curve, nEffective: curve.completed / inflation, requestsPerDay });
}

/** An advice as plain data: its `value` under the name of what it is. */
export function adviceEntry({
  value,
  lossRate,
  expectedFalsePerDay,
  achievedRate,
  hedgeMs,
  ...rest
}: Advice): AdviceEntry {
  const optional = { lossRate, expectedFalsePerDay, achievedRate, hedgeMs };
  return {
    ...(value === undefined ? {} : { timeoutMs: value }),
    ...rest,
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
    warnings: [...rest.warnings],
  };
}

function timeoutEntry(peer: Peer, route: Route, nowMs: number): TimeoutEntry {
  const { estimator } = route;
  const advice = adviceEntry(estimator.advice(nowMs));
  return {
    peer: peer.name,
    route: route.name,
    requests: route.requests,
    inFlight: peer.inFlight.size,
    ...(estimator.curve ? quantiles(estimator.curve) : {}),
    endings: Object.fromEntries(route.endings),
    enforced: route.enforced,
    exceeded: exceededIn(route),
    wastedMs: route.wastedMs,
    blame: Object.fromEntries(route.blame),
    advice,
  };
}

function exceededIn({ series }: Route): number {
  const { shadow, enforced } = series.exceeded;
  return shadow.replied + shadow.silent + enforced.replied + enforced.silent;
}

function quantiles(curve: SurvivalCurve) {
  return {
    p50Ms: replyQuantileMs(curve, 0.5),
    p90Ms: replyQuantileMs(curve, 0.9),
    p99Ms: replyQuantileMs(curve, 0.99),
    p999Ms: replyQuantileMs(curve, 0.999),
    maxMs: curve.lastReplyMs,
  };
}

function connectQuantiles(connect: RollingHistogram | undefined, nowMs: number) {
  if (!connect) return {};
  connect.advance(nowMs);
  connect.addTo(scratch.clear());
  const curve = survivalCurve(scratch);
  if (!curve) return {};
  return { connectP50Ms: replyQuantileMs(curve, 0.5), connectP99Ms: replyQuantileMs(curve, 0.99) };
}

function endingsOf(routes: readonly Route[]): Record<string, number> {
  const total: Record<string, number> = {};
  for (const route of routes) {
    for (const [ending, count] of route.endings) total[ending] = (total[ending] ?? 0) + count;
  }
  return total;
}
