/**
 * Ground truth: who could reach whom, and since when.
 *
 * An observer *could reach* a peer at an instant if both processes run and are not paused, both
 * have each other on their lists of members, and neither direction of the link between them is
 * disturbed. A link is disturbed while an impairment of the plan affects it: a cut, a clog, losses
 * in bursts; an added delay disturbs it only until the detectors may have learned it. What a link
 * loses by its own small loss rate is no disturbance: a detector has to live with that.
 *
 * A judgement is held against this only if the observer could reach the peer for a grace time
 * without interruption, since a detector needs time to trust again what it rightly suspected.
 */
import type { Cluster } from './cluster.ts';
import { affects, type Links } from './network.ts';
import type { SimNode } from './node.ts';

/** Within so many intervals a detector learns an added delay. */
const LEARNED_INTERVALS = 20;

export class Reach {
  readonly #cluster: Cluster;
  readonly #intervalMs: number;

  constructor(cluster: Cluster, intervalMs: number) {
    this.#cluster = cluster;
    this.#intervalMs = intervalMs;
  }

  /** True time since which the observer could reach the peer; Infinity if it cannot now. */
  sinceMs(observer: SimNode, peer: SimNode): number {
    const sinceMs = Math.max(observer.stableSinceMs, this.peerSinceMs(observer, peer));
    return Math.max(sinceMs, observer.membersSinceMs, peer.membersSinceMs);
  }

  /** The same, whatever the observer itself was doing. */
  peerSinceMs(observer: SimNode, peer: SimNode): number {
    if (peer.stableSinceMs === Infinity) return Infinity;
    if (!knows(observer, peer) || !knows(peer, observer)) return Infinity;
    return Math.max(
      peer.stableSinceMs,
      this.linkSinceMs(observer, peer),
      this.linkSinceMs(peer, observer),
    );
  }

  /** True time since which one direction is not disturbed; Infinity if it is now. */
  linkSinceMs(from: SimNode, to: SimNode): number {
    const { time, network } = this.#cluster;
    let sinceMs = -Infinity;
    for (const { links, effect, fromMs, untilMs } of network.history) {
      if (!affects(links, from.index, to.index)) continue;
      const learnedMs = fromMs + LEARNED_INTERVALS * this.#intervalMs;
      const disturbedMs = effect.kind === 'delay' ? Math.min(untilMs, learnedMs) : untilMs;
      if (disturbedMs > time.nowMs) return Infinity;
      sinceMs = Math.max(sinceMs, disturbedMs);
    }
    return sinceMs;
  }

  /** When messages held back in one direction were last delivered; Infinity while some are held. */
  clogEndMs(from: SimNode, to: SimNode): number {
    const { time, network } = this.#cluster;
    let endMs = -Infinity;
    for (const { links, effect, untilMs } of network.history) {
      if (effect.kind !== 'clog' || !affects(links, from.index, to.index)) continue;
      endMs = Math.max(endMs, untilMs > time.nowMs ? Infinity : untilMs);
    }
    return endMs;
  }

  /** When a direction, or either of them, last lost a message or took long over one. */
  troubleMs(from: SimNode, to: SimNode, direction: Links['direction'] = 'both'): number {
    const { network } = this.#cluster;
    const onceMs = network.lastTroubleMs(from.index, to.index);
    if (direction === 'one-way') return onceMs;
    return Math.max(onceMs, network.lastTroubleMs(to.index, from.index));
  }
}

/** Lists of members are shared between nodes, and long where there are many. */
const sets = new WeakMap<readonly string[], ReadonlySet<string>>();

function knows(node: SimNode, other: SimNode): boolean {
  let names = sets.get(node.members);
  if (names === undefined) sets.set(node.members, (names = new Set(node.members)));
  return names.has(other.name);
}
