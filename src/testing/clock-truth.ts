/**
 * What must hold of clocks, judged by the simulator's own:
 *
 * - `clock-truth`: how far a peer's wall clock is ahead of the holder's lies within the bounds that
 *   the holder gives. After a step of either the two must have talked first.
 * - `clock-out-wrong`: who is held clock-out is further off than the budget from so many of its
 *   assigned observers that they are a majority.
 * - `clock-out-missed`, at the end: who is twice as far off from so many that run is held
 *   clock-out; nearer to the budget it may rightly be ambiguous.
 */
import { RULES } from '../membership/rules.ts';
import type { PeerView } from '../membership/types.ts';
import type { Checks } from './checks.ts';
import type { Cluster } from './cluster.ts';
import type { SimNode } from './node.ts';

/** Wall time in ms as a double is 0.24 µs coarse, and several are added up. */
const ROUNDING_MS = 0.002;
/** Votes go round and expire within so many intervals, as long as nothing else happens. */
const SETTLED_INTERVALS = 8;

export interface ClockTruthOptions {
  readonly cluster: Cluster;
  readonly checks: Checks;
  readonly maxOffsetMs: number;
  readonly intervalMs: number;
}

interface OutOptions {
  /** Whose opinion counts. Default: everyone's. */
  readonly counts?: (observer: SimNode) => boolean;
  /** How many budgets it has to be off. Default 1. */
  readonly budgets?: number;
}

export class ClockTruth {
  readonly #options: ClockTruthOptions;

  constructor(options: ClockTruthOptions) {
    this.#options = options;
  }

  /** Now and then. */
  sweep(): void {
    this.#eachView((observer, peer, view) => {
      if (view.clock) this.#checkBounds(observer, peer, view.clock);
      if (view.state !== 'clock-out' || this.isOut(observer, peer)) return;
      if (this.#isSettled()) this.#report('clock-out-wrong', observer, peer, view);
    });
  }

  /** At the very end. */
  check(): void {
    this.#eachView((observer, peer, view) => {
      if (peer.phase !== 'running' || view.state === 'clock-out' || !this.#isSettled()) return;
      if (this.isOut(observer, peer, { counts: ({ phase }) => phase === 'running', budgets: 2 })) {
        this.#report('clock-out-missed', observer, peer, view);
      }
    });
  }

  /**
   * Whether its clock is off for a majority of its observers, of those that count, as the holder
   * knows the members.
   */
  isOut(
    holder: SimNode,
    peer: SimNode,
    { counts = () => true, budgets = 1 }: OutOptions = {},
  ): boolean {
    const { cluster } = this.#options;
    const limitMs = budgets * this.#options.maxOffsetMs;
    const observers = holder.members.filter((name) => name !== peer.name);
    const off = observers.filter((name) => {
      const observer = cluster.byName(name);
      return observer && counts(observer) && Math.abs(this.#offsetMs(observer, peer)) > limitMs;
    });
    return RULES.isMajority(off.length, observers.length);
  }

  #checkBounds(
    observer: SimNode,
    peer: SimNode,
    { lowMs, highMs }: NonNullable<PeerView['clock']>,
  ): void {
    const { cluster, checks, intervalMs } = this.#options;
    const steppedMs = Math.max(observer.clock.steppedAtMs, peer.clock.steppedAtMs);
    const talkedMs = cluster.time.nowMs - SETTLED_INTERVALS * intervalMs;
    const haveTalked = Math.max(steppedMs, checks.reach.sinceMs(observer, peer)) <= talkedMs;
    if (steppedMs > -Infinity && !haveTalked) return;
    const offsetMs = this.#offsetMs(observer, peer);
    if (offsetMs >= lowMs - ROUNDING_MS && offsetMs <= highMs + ROUNDING_MS) return;
    const told = `holds ${peer.name} ahead by ${lowMs} to ${highMs} ms; it is by ${offsetMs} ms`;
    checks.report('clock-truth', observer, peer.name, told);
  }

  /** Clocks were not set, nor lives or links changed, for long enough. */
  #isSettled(): boolean {
    const { cluster, checks, intervalMs } = this.#options;
    const beforeMs = cluster.time.nowMs - SETTLED_INTERVALS * intervalMs;
    const running = cluster.nodes.filter(({ phase }) => phase !== 'down');
    return running.every((node) => {
      const others = running.filter((other) => other !== node);
      const sinceMs = others.map((other) => checks.reach.sinceMs(node, other));
      return Math.max(node.clock.steppedAtMs, ...sinceMs) <= beforeMs;
    });
  }

  #eachView(judge: (observer: SimNode, peer: SimNode, view: PeerView) => void): void {
    const { cluster } = this.#options;
    for (const observer of cluster.nodes) {
      if (observer.phase !== 'running') continue;
      const monoMs = observer.clock.monoMs(cluster.time.nowMs);
      for (const view of observer.membership?.peers(monoMs) ?? []) {
        const peer = cluster.byName(view.peer);
        if (peer && peer !== observer) judge(observer, peer, view);
      }
    }
  }

  /** The wall clock of the peer less that of the observer. */
  #offsetMs(observer: SimNode, peer: SimNode): number {
    const { nowMs } = this.#options.cluster.time;
    return peer.clock.instant(nowMs).wallMs - observer.clock.instant(nowMs).wallMs;
  }

  #report(rule: string, observer: SimNode, peer: SimNode, { state, because }: PeerView): void {
    const told = `holds ${peer.name} ${state}, because ${because}`;
    const { nowMs } = this.#options.cluster.time;
    const walls = this.#options.cluster.nodes.map(
      ({ name, clock }) => `${name} ${Math.round(clock.instant(nowMs).wallMs)}`,
    );
    this.#options.checks.report(rule, observer, peer.name, `${told}; clocks ${walls.join(', ')}`);
  }
}
