/**
 * One seed, one simulation: a cluster, faults drawn for it, checks at every step and at the end.
 *
 * A run that fails is run again by its seed: `simulate(seed, options)` with the same options gives
 * the same history to the last message, which `hash` shows.
 */
import type { Message } from '../membership/message.ts';
import { hash32 } from '../membership/names.ts';
import { Membership } from '../membership/membership.ts';
import { MAX_OFFSET_MS } from '../membership/peer-clocks.ts';
import type { Rules } from '../membership/rules.ts';
import type { MembershipEvent } from '../membership/types.ts';
import { type CheckOptions, Checks, type Violation } from './checks.ts';
import { ClockTruth } from './clock-truth.ts';
import { Cluster, type ClusterOptions, type Watcher } from './cluster.ts';
import { EventLog, type LogEntry } from './event-log.ts';
import { drawFaults, type Fault, type FaultKind } from './faults.ts';
import { Liveness } from './liveness.ts';
import type { LinkOptions } from './network.ts';
import type { Birth, SimNode, SimulatedMembership } from './node.ts';
import { type Random, randomFrom } from './random.ts';

export interface SimulateOptions {
  /** How many nodes. Default 5. */
  readonly nodes?: number;
  /** How long, in ms of virtual time. Default 600,000. */
  readonly durationMs?: number;
  /** Faults are over so long before the end, in ms. Default 90,000. */
  readonly quietMs?: number;
  /** How many to draw, or the faults themselves. Default: 8 to 12, by seed. */
  readonly faults?: number | readonly Fault[];
  /** Kinds to draw from. Default: all. */
  readonly kinds?: readonly FaultKind[];
  /** Between heartbeats, in ms. Default 1,000. */
  readonly intervalMs?: number;
  /** Suspected from this phi on. Default: the membership's. */
  readonly suspectPhi?: number;
  /** Decisions to replace: planted bugs. */
  readonly rules?: Partial<Rules>;
  /** Default: drawn by seed, from a quiet LAN to a lossy path with a heavy tail. */
  readonly link?: ClusterOptions['link'];
  /** Whether nodes drain before they judge. Default true. */
  readonly stallGate?: boolean;
  /**
   * Messages that fit in a socket buffer. Default: drawn by seed; with 0, all that is sent to a
   * paused node is lost, as over connections that time out meanwhile.
   */
  readonly bufferMessages?: number;
  /** Settings of the checks, see `CheckOptions`. */
  readonly checks?: Partial<CheckOptions>;
  /** Between two sweeps of the checks, in ms; what changes is checked at every step. Default 1,000. */
  readonly sweepMs?: number;
  /** End at the first violation. Default false. */
  readonly stopAtFirst?: boolean;
  /** Which of the nodes ever start, by number. Default: all. */
  readonly runs?: (index: number) => boolean;
  /** Instead of the membership as it is, for tests of the simulator. */
  readonly create?: (birth: Birth) => SimulatedMembership;
}

export interface Simulation {
  readonly seed: number;
  readonly faults: readonly Fault[];
  readonly violations: readonly Violation[];
  readonly messages: number;
  readonly bytes: number;
  /** Suspicions of peers that were running, for whatever reason. */
  readonly mistakes: number;
  /** Those of them without any disturbance of the link or the peer lately. */
  readonly unprovoked: number;
  /** Of each crash and each observer that ran throughout: from the crash to its suspicion. */
  readonly detectionMs: readonly number[];
  readonly events: readonly LogEntry[];
  /** Equal for equal histories, every message included. */
  readonly hash: number;
}

/** Faults make clocks drift by up to 200 millionths, each. */
const MAX_DRIFT_PPM = 400;
/** A peer may be suspected so long after a disturbance without being an unprovoked mistake. */
const PROVOKED_MS = 10_000;

export function simulate(seed: number, options: SimulateOptions = {}): Simulation {
  const { durationMs = 600_000, stopAtFirst = false, sweepMs = 1000 } = options;
  const run = new Run(seed, options);
  const { cluster, checks } = run;
  let nextSweepMs = sweepMs;
  while (cluster.time.step(durationMs)) {
    checks.step();
    if (cluster.time.nowMs >= nextSweepMs) {
      checks.sweep();
      run.clocks.sweep();
      nextSweepMs += sweepMs;
    }
    if (stopAtFirst && checks.violations.length > 0) return run.result();
  }
  cluster.time.runUntil(durationMs);
  run.liveness.check();
  run.clocks.check();
  return run.result();
}

class Run implements Watcher {
  readonly cluster: Cluster;
  readonly checks: Checks;
  readonly clocks: ClockTruth;
  readonly liveness: Liveness;
  readonly #seed: number;
  readonly #log = new EventLog();
  readonly #faults: readonly Fault[];
  readonly #crashes = new Map<string, Set<string>>();
  readonly #detectionMs: number[] = [];
  #mistakes = 0;
  #unprovoked = 0;

  constructor(seed: number, options: SimulateOptions) {
    const { nodes = 5, intervalMs = 1000 } = options;
    const random = randomFrom(hash32(`plan ${seed}`));
    this.#seed = seed;
    this.cluster = new Cluster({
      ...{ seed, nodes, watcher: this },
      create: options.create ?? membershipWith(options),
      link: options.link ?? drawLink(random),
      stallGate: options.stallGate ?? true,
      ...(options.runs === undefined ? {} : { runs: options.runs }),
      bufferMessages: options.bufferMessages ?? pick([0, 8, 256], random),
    });
    this.checks = new Checks(this.cluster, this.#log, { seed, intervalMs, ...options.checks });
    this.clocks = new ClockTruth({
      ...{ cluster: this.cluster, checks: this.checks, intervalMs },
      maxOffsetMs: MAX_OFFSET_MS,
    });
    this.liveness = new Liveness(this.cluster, this.checks, this.clocks);
    this.#faults = planOf(options, nodes, random);
    this.cluster.plan(this.#faults);
  }

  result(): Simulation {
    const { sent, bytes } = this.cluster.network.counters;
    return {
      seed: this.#seed,
      faults: this.#faults,
      violations: this.checks.violations,
      ...{ messages: sent, bytes },
      ...{ mistakes: this.#mistakes, unprovoked: this.#unprovoked },
      detectionMs: this.#detectionMs,
      events: this.#log.entries,
      hash: this.#log.hash,
    };
  }

  event(node: SimNode, event: MembershipEvent): void {
    this.#log.add({ atMs: this.#nowMs, kind: 'event', node: node.name, event });
    this.checks.event(node, event);
    if (event.type === 'suspicion') this.#score(node, event.peer);
  }

  sent(from: SimNode, to: SimNode, message: Message): void {
    this.checks.sent(from, to, message);
  }

  delivered(from: SimNode, to: SimNode, message: Message): void {
    this.#log.delivered(this.#nowMs, from.index, to.index, message);
    this.liveness.delivered(from, to, message);
  }

  fault(fault: Fault, ended: boolean): void {
    this.#log.add({ atMs: this.#nowMs, kind: 'fault', fault, ended });
  }

  life(node: SimNode): void {
    const up = node.phase !== 'down';
    this.#log.add({ atMs: this.#nowMs, kind: 'life', node: node.name, up, bootId: node.bootId });
    this.checks.life(node);
    if (up || node.saidGoodbye) this.#crashes.delete(node.name);
    else this.#crashes.set(node.name, new Set());
  }

  #score(observer: SimNode, peerName: string): void {
    const peer = this.cluster.byName(peerName);
    if (peer === undefined) return;
    const detectedBy = this.#crashes.get(peerName);
    if (detectedBy !== undefined) {
      if (detectedBy.has(observer.name) || observer.stableSinceMs > peer.downSinceMs) return;
      detectedBy.add(observer.name);
      this.#detectionMs.push(this.#nowMs - peer.downSinceMs);
    } else if (peer.phase !== 'down') {
      this.#mistakes++;
      const sinceMs = this.checks.reach.sinceMs(observer, peer);
      if (sinceMs <= this.#nowMs - PROVOKED_MS) this.#unprovoked++;
    }
  }

  get #nowMs(): number {
    return this.cluster.time.nowMs;
  }
}

function membershipWith(options: SimulateOptions): (birth: Birth) => SimulatedMembership {
  const { intervalMs = 1000, suspectPhi, rules } = options;
  const settings = {
    ...{ intervalMs, trustOpinions: true, maxDriftPpm: MAX_DRIFT_PPM },
    ...(suspectPhi === undefined ? {} : { suspectPhi }),
    ...(rules === undefined ? {} : { rules }),
  };
  return (birth) => new Membership({ ...settings, ...birth });
}

function planOf(options: SimulateOptions, nodes: number, random: Random): readonly Fault[] {
  const { durationMs = 600_000, quietMs = 90_000, faults = 8 + random.integer(5) } = options;
  if (typeof faults !== 'number') return faults;
  const untilMs = durationMs - quietMs;
  const kinds = options.kinds === undefined ? {} : { kinds: options.kinds };
  const fromMs = Math.min(30_000, untilMs / 2);
  return drawFaults({ nodes, faults, fromMs, untilMs, ...kinds }, random);
}

/** From a quiet LAN to a lossy path with a heavy tail. */
function drawLink(random: Random): LinkOptions {
  const strange = { duplicateRate: 0.01, reorderRate: 0.01, reorderMaxMs: 300 };
  const links: readonly LinkOptions[] = [
    { delay: { kind: 'constant', delayMs: 0.2 } },
    { delay: { kind: 'lognormal', medianMs: 1, sigma: 0.5 } },
    { delay: { kind: 'lognormal', medianMs: 40, sigma: 0.3 }, lossRate: 0.01, ...strange },
    { delay: { kind: 'pareto', minMs: 20, shape: 2, maxMs: 1000 }, lossRate: 0.005, ...strange },
  ];
  return pick(links, random);
}

function pick<T>(values: readonly T[], random: Random): T {
  return values[random.integer(values.length)] as T;
}
