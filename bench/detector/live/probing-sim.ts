/**
 * A host is lost or cut off, in the simulator: ours, which probes in doubt and asks others, beside
 * rivals that time one heartbeat after the other on the same kind of link, with the same pauses of
 * the sender, and with as many messages a second: their interval is shortened until it is equal.
 */
import {
  createCassandraDetector,
  createPekkoDetector,
} from '../../../src/detector/baselines/index.ts';
import type { Detector } from '../../../src/detector/types.ts';
import { Membership } from '../../../src/membership/membership.ts';
import {
  Cluster,
  drawDelayMs,
  type Fault,
  type LinkOptions,
  type Random,
  randomFrom,
} from '../../../src/testing/index.ts';
import { CASSANDRA, PEKKO } from '../contenders.ts';

export const INTERVAL_MS = 1000;
const NODES = 5;
const WARM_MS = 30_000;
const LOST_AT_MS = 150_000;
/** Ours is watched for so long after the loss. */
const AFTER_MS = 30_000;
/** A question and its answer from either side, each interval. */
const BASE_MESSAGES = 4;
/** Pauses of the sender: how far apart on average, and how long (lognormal), in ms. */
const PAUSES = { apartMs: 10_000, medianMs: 50, sigma: 1 };
/** One-way delays in ms by seed in turn, with the deviation of their logarithm. */
const DELAYS: readonly (readonly [number, number])[] = [
  ...([
    [0.5, 0.3],
    [2.5, 0.5],
    [10, 0.5],
    [25, 0.3],
  ] as const),
];

export interface Scene {
  readonly name: string;
  readonly lossRate: number;
  readonly isPausing: boolean;
}

export const SCENES: readonly Scene[] = [0, 0.005, 0.02].flatMap((lossRate) =>
  [false, true].map((isPausing) => ({
    name: `loss ${lossRate * 100} %${isPausing ? ', sender pauses' : ''}`,
    ...{ lossRate, isPausing },
  })),
);

/** What observers made of one node: how soon its loss was seen, and how often they were wrong. */
export interface Watched {
  readonly detectionMs: readonly number[];
  readonly mistakes: number;
}

export interface Outcome {
  readonly scene: Scene;
  readonly tardy: Watched;
  readonly pekko: Watched;
  readonly cassandra: Watched;
  /** Of a pair of nodes, both ways, in a second without a fault. */
  readonly messagesASecond: number;
  readonly bytesASecond: number;
  /** The rivals' interval for as many. */
  readonly rivalIntervalMs: number;
}

interface Pause {
  readonly fromMs: number;
  readonly toMs: number;
}

export function probingRun(seed: number, scene: Scene): Outcome {
  const random = randomFrom(seed);
  const [medianMs, sigma] = DELAYS[seed % DELAYS.length] as readonly [number, number];
  const link: LinkOptions = {
    delay: { kind: 'lognormal', medianMs, sigma },
    lossRate: scene.lossRate,
  };
  const lostAtMs = LOST_AT_MS + random.next() * INTERVAL_MS;
  const pauses = scene.isPausing ? drawPauses(random, lostAtMs) : [];
  const { traffic, ...tardy } = ours(seed, link, pauses, lostAtMs);
  const messagesASecond = traffic.messages;
  const rivalIntervalMs = (INTERVAL_MS * BASE_MESSAGES) / messagesASecond;
  const rival = (make: () => Detector, phi: number) =>
    rivals({ link, pauses, lostAtMs, intervalMs: rivalIntervalMs, make, phi, random });
  return {
    ...{ scene, tardy, messagesASecond, bytesASecond: traffic.bytes, rivalIntervalMs },
    pekko: rival(() => createPekkoDetector({ intervalMs: rivalIntervalMs }), PEKKO.phi),
    cassandra: rival(() => createCassandraDetector({ intervalMs: rivalIntervalMs }), CASSANDRA.phi),
  };
}

function drawPauses(random: Random, untilMs: number): Pause[] {
  const pauses: Pause[] = [];
  let atMs = WARM_MS / 2;
  for (;;) {
    atMs += random.exponential(PAUSES.apartMs);
    const toMs = atMs + random.lognormal(PAUSES.medianMs, PAUSES.sigma);
    if (toMs >= untilMs) return pauses;
    pauses.push({ fromMs: atMs, toMs });
    atMs = toMs;
  }
}

/** Half of the seeds lose the host, the others the way to it. */
function faultsOf(seed: number, pauses: readonly Pause[], lostAtMs: number): Fault[] {
  const others = Array.from({ length: NODES - 1 }, (_, i) => i + 1);
  const links = { from: [0], to: others, direction: 'both' } as const;
  return [
    ...pauses.map(({ fromMs, toMs }): Fault => {
      return { kind: 'pause', atMs: fromMs, node: 0, forMs: toMs - fromMs };
    }),
    seed % 2 === 0
      ? { kind: 'crash', atMs: lostAtMs, node: 0, how: 'host' }
      : { kind: 'cut', atMs: lostAtMs, links, forMs: 10 * AFTER_MS },
  ];
}

function ours(seed: number, link: LinkOptions, pauses: readonly Pause[], lostAtMs: number) {
  const detectionMs: number[] = [];
  let mistakes = 0;
  const suspecting = new Set<string>();
  const cluster = new Cluster({
    ...{ seed, nodes: NODES, link },
    create: (birth) => new Membership({ ...birth, intervalMs: INTERVAL_MS }),
    watcher: {
      event(node, event) {
        const nowMs = cluster.time.nowMs;
        if (!('peer' in event) || event.peer !== 'node-0' || node.index === 0) return;
        if (event.type === 'mistake') suspecting.delete(node.name);
        if (event.type !== 'suspicion') return;
        if (nowMs >= lostAtMs && !suspecting.has(node.name)) detectionMs.push(nowMs - lostAtMs);
        else if (nowMs > WARM_MS) mistakes++;
        suspecting.add(node.name);
      },
    },
  });
  cluster.plan(faultsOf(seed, pauses, lostAtMs));
  cluster.time.runUntil(WARM_MS);
  const before = { ...cluster.network.counters };
  cluster.time.runUntil(lostAtMs);
  const { sent, bytes } = cluster.network.counters;
  cluster.time.runUntil(lostAtMs + AFTER_MS);
  const pairSeconds = ((lostAtMs - WARM_MS) / 1000) * ((NODES * (NODES - 1)) / 2);
  const traffic = {
    messages: (sent - before.sent) / pairSeconds,
    bytes: (bytes - before.bytes) / pairSeconds,
  };
  return { detectionMs, mistakes, traffic };
}

interface RivalOptions {
  readonly link: LinkOptions;
  readonly pauses: readonly Pause[];
  readonly lostAtMs: number;
  readonly intervalMs: number;
  readonly make: () => Detector;
  readonly phi: number;
  readonly random: Random;
}

function rivals(options: RivalOptions): Watched {
  const all = Array.from({ length: NODES - 1 }, () => rival(options));
  return {
    detectionMs: all.flatMap(({ detectionMs }) => detectionMs),
    mistakes: all.reduce((sum, { mistakes }) => sum + mistakes, 0),
  };
}

/** One observer: it asks, and the answers are the heartbeats. */
export function rival({ make, phi, lostAtMs, ...options }: RivalOptions): Watched {
  const detector = make();
  let mistakes = 0;
  for (const arrivedAtMs of answers({ lostAtMs, ...options })) {
    if (arrivedAtMs > detector.deadlineMs(phi) && arrivedAtMs > WARM_MS) mistakes++;
    detector.heartbeat({ arrivedAtMs });
  }
  const deadlineMs = detector.deadlineMs(phi);
  // Who suspects it already does not detect anything.
  return { mistakes, detectionMs: deadlineMs >= lostAtMs ? [deadlineMs - lostAtMs] : [] };
}

/** When answers arrive, in order: what was asked or answered too late is lost with the host. */
function answers({
  link,
  pauses,
  lostAtMs,
  intervalMs,
  random,
}: Omit<RivalOptions, 'make' | 'phi'>): number[] {
  const arrivals: number[] = [];
  const isLost = () => random.next() < (link.lossRate ?? 0);
  for (let atMs = random.next() * intervalMs; atMs < lostAtMs; atMs += intervalMs) {
    if (isLost()) continue;
    const askedMs = atMs + 2 * random.next() + drawDelayMs(link.delay, random);
    const pause = pauses.find(({ fromMs, toMs }) => fromMs <= askedMs && askedMs < toMs);
    const answeredMs = pause?.toMs ?? askedMs;
    if (answeredMs >= lostAtMs || isLost()) continue;
    arrivals.push(answeredMs + drawDelayMs(link.delay, random));
  }
  return arrivals.sort((a, b) => a - b);
}
