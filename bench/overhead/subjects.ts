/** What the core part times: Tardy's own parts. Each makes what it needs and runs n operations. */
import { RollingHistogram } from 'tardy/histogram';
import type { Estimator } from '../../src/timeout/estimator.ts';
import { built, type Built } from './built.ts';
import { everywhereMs, lognormalMs, MASK } from './durations.ts';

/** Runs so many operations; the result is something of each, so that none can be left out. */
export type Subject = (operations: number) => number;

export type MakeSubject = (seed: number) => Subject | Promise<Subject>;

/** Monotonic time between two operations, in ms: 2,000 requests a second. */
const STEP_MS = 0.5;
const KEYS = 64;
const ORIGIN = 'http://orders.internal:8080';

/** Loop and data alone: part of every figure. */
export function loop(seed: number): Subject {
  const durations = lognormalMs(seed);
  let atMs = 0;
  return (operations) => {
    let sink = 0;
    for (let i = 0; i < operations; i++) {
      atMs += STEP_MS;
      sink += durations[i & MASK] as number;
    }
    return sink + atMs;
  };
}

export function record(seed: number): Subject {
  const durations = lognormalMs(seed);
  const histogram = new RollingHistogram(300_000);
  let atMs = 0;
  return (operations) => {
    for (let i = 0; i < operations; i++) {
      atMs += STEP_MS;
      histogram.record(atMs, durations[i & MASK] as number, false);
    }
    return histogram.completed;
  };
}

export async function observe(seed: number): Promise<Subject> {
  const durations = lognormalMs(seed);
  const { Estimator } = await built();
  const estimator = new Estimator();
  let atMs = 0;
  return (operations) => {
    for (let i = 0; i < operations; i++) {
      atMs += STEP_MS;
      const durationMs = durations[i & MASK] as number;
      estimator.observe({ atMs, durationMs, outcome: 'completed', localPauseMs: 0 });
    }
    return estimator.timeoutMs(atMs);
  };
}

/** From origin, method and path to peer and route, and the reply to its estimator. */
export async function keyedObserve(seed: number): Promise<Subject> {
  const durations = lognormalMs(seed);
  const { table } = traffic(await built());
  const origins = Array.from({ length: 8 }, (_, i) => `http://service-${i}.internal:8080`);
  const paths = Array.from({ length: KEYS / 8 }, (_, i) => `/things/kind-${'abcdefgh'[i] ?? ''}`);
  let atMs = 0;
  return (operations) => {
    let sink = 0;
    for (let i = 0; i < operations; i++) {
      atMs += STEP_MS;
      const durationMs = durations[i & MASK] as number;
      const peer = table.byOrigin(origins[i & 7] as string, atMs);
      if (!peer) continue;
      const path = paths[(i >> 3) & 7] as string;
      const { estimator } = table.route(peer, 'GET', path, undefined, atMs);
      const serverMs = durationMs / 2;
      estimator.observe({ atMs, durationMs, outcome: 'completed', localPauseMs: 0, serverMs });
      sink += peer.routes.size;
    }
    return sink;
  };
}

/** All a request asks of the core: opened, written, replied, ended; one busy route. */
export function exchange(seed: number): Promise<Subject> {
  return exchanges(seed, (_) => '/items/list', { filled: 100_000, stepMs: STEP_MS });
}

/** The same where each path holds an identifier that was never seen. */
export function exchangeNewPath(seed: number): Promise<Subject> {
  return exchanges(seed, (i) => `/items/${i}/parts`, { filled: 100_000, stepMs: STEP_MS });
}

/** The same over many routes, each called once a second. */
export function exchangeManyRoutes(seed: number): Promise<Subject> {
  const paths = Array.from({ length: 60 }, (_, i) => `/route-${letters(i)}`);
  const path = (i: number) => paths[i % paths.length] as string;
  return exchanges(seed, path, { filled: 60 * 400, stepMs: 1000 / 60 });
}

interface Traffic {
  readonly filled: number;
  readonly stepMs: number;
}

async function exchanges(seed: number, path: (i: number) => string, { filled, stepMs }: Traffic) {
  const durations = lognormalMs(seed);
  const { traffic: flow } = traffic(await built());
  let atMs = 0;
  let count = 0;
  function subject(operations: number): number {
    for (let i = 0; i < operations; i++) {
      atMs += stepMs;
      const call = { origin: ORIGIN, method: 'GET', path: path(count++) };
      const opened = flow.open(call, atMs);
      if (!opened) continue;
      flow.written(opened, atMs, true, '10.0.0.1');
      const repliedAtMs = atMs + (durations[i & MASK] as number);
      flow.replied(opened, repliedAtMs);
      flow.end(opened, 'completed', repliedAtMs);
    }
    return flow.arrivals;
  }
  subject(filled);
  return subject;
}

/** The first thousand requests of a route, again and again. */
export async function exchangeColdRoute(seed: number): Promise<Subject> {
  const durations = lognormalMs(seed);
  const parts = await built();
  let flow = traffic(parts).traffic;
  let count = 0;
  return (operations) => {
    for (let i = 0; i < operations; i++) {
      if (count++ % 1000 === 0) flow = traffic(parts).traffic;
      const atMs = count * 10;
      const opened = flow.open({ origin: ORIGIN, method: 'GET', path: '/items/list' }, atMs);
      if (!opened) continue;
      flow.written(opened, atMs, true, '10.0.0.1');
      const repliedAtMs = atMs + (durations[i & MASK] as number);
      flow.replied(opened, repliedAtMs);
      flow.end(opened, 'completed', repliedAtMs);
    }
    return flow.arrivals;
  };
}

export async function timeoutMs(seed: number): Promise<Subject> {
  const { estimator, atMs } = await filledEstimator(lognormalMs(seed));
  return (operations) => {
    let sink = 0;
    for (let i = 0; i < operations; i++) sink += estimator.timeoutMs(atMs);
    return sink;
  };
}

export async function survival(seed: number): Promise<Subject> {
  const durations = lognormalMs(seed);
  const { estimator } = await filledEstimator(durations);
  return (operations) => {
    let sink = 0;
    for (let i = 0; i < operations; i++) {
      sink += estimator.survival(durations[i & MASK] as number) ?? 0;
    }
    return sink;
  };
}

/** Made anew on each call, as it is when somebody looks. */
export async function advice(seed: number): Promise<Subject> {
  return adviceOf(await filledEstimator(lognormalMs(seed)));
}

export async function adviceEverywhere(seed: number): Promise<Subject> {
  return adviceOf(await filledEstimator(everywhereMs(seed)));
}

interface Filled {
  readonly estimator: Estimator;
  readonly atMs: number;
}

function adviceOf({ estimator, atMs }: Filled): Subject {
  return (operations) => {
    let sink = 0;
    for (let i = 0; i < operations; i++) sink += estimator.advice(atMs).value ?? 0;
    return sink;
  };
}

/** An estimator with 30,000 replies over its whole window. */
async function filledEstimator(durations: Float64Array): Promise<Filled> {
  const { Estimator } = await built();
  const estimator = new Estimator();
  const { windowMs } = estimator.settings;
  const replies = 30_000;
  let atMs = 0;
  for (let i = 0; i < replies; i++) {
    atMs += windowMs / replies;
    const durationMs = durations[i & MASK] as number;
    estimator.observe({ atMs, durationMs, outcome: 'completed', localPauseMs: 0 });
  }
  estimator.timeoutMs(atMs);
  return { estimator, atMs };
}

/** The core as tardy.ts wires it, with its default limits. */
function traffic({ PeerTable, Traffic, PauseLog, Estimator }: Built) {
  const limits = { maxPeers: 1024, maxRoutesPerPeer: 64, maxHistograms: 2000, maxSeries: 20_000 };
  const pauses = new PauseLog({ tickMs: 20, lateMs: 20 });
  const pausedMs = (fromMs: number, toMs: number) => pauses.overlapMs(fromMs, toMs);
  const table = new PeerTable(limits, () => new Estimator({}, pausedMs));
  return { table, traffic: new Traffic({ table, pauses }) };
}

function letters(i: number): string {
  return String.fromCharCode(97 + (i % 26)) + String.fromCharCode(97 + Math.floor(i / 26));
}
