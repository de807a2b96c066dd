/**
 * What must hold in every simulation, judged by the simulator's own ground truth.
 *
 * Safety, at every step:
 * - `dead-though-reachable`: nobody holds a peer dead while more than half of its assigned
 *   observers could reach it (as `reach.ts` says) for the grace time.
 * - `no-majority`: a verdict of death rests on suspect votes of more than half of the assigned
 *   observers, and at least two. Hence never with two nodes.
 * - `stale-vote`, `other-life`, `other-members`: each of these votes was really sent to the
 *   holder, lately, about the life of the peer that the holder knows, under its list of members.
 * - `disjoint-verdicts`: two nodes that hold a peer dead have a voter in common.
 * - `own-pause`: nobody suspects a peer because it stood still itself.
 * - `one-way`: when one direction of a link is cut, who no longer hears does not hold the peer
 *   alive, and calls it disputed while somebody else hears both; who still hears does not suspect.
 * Liveness is judged at the end, see `liveness.ts`.
 */
import type { Message } from '../membership/message.ts';
import type { MembershipEvent, PeerView } from '../membership/types.ts';
import type { PeerState } from '../membership/types.ts';
import type { Cluster } from './cluster.ts';
import type { EventLog } from './event-log.ts';
import type { Impairment } from './network.ts';
import type { SimNode } from './node.ts';
import { Reach } from './reach.ts';
import { Verdicts } from './verdicts.ts';

export interface Violation {
  readonly rule: string;
  /** True time, in ms. */
  readonly atMs: number;
  readonly observer: string;
  readonly peer: string;
  /** With seed, time and the history of both nodes. */
  readonly message: string;
}

export interface CheckOptions {
  readonly seed: number;
  readonly intervalMs: number;
  /** So long must a peer have been reachable before it counts, in intervals. Default 5. */
  readonly graceIntervals?: number;
  /** A vote may count until so long after it was sent, in intervals. Default 7. */
  readonly voteMaxAgeIntervals?: number;
  /** A suspicion so soon after a pause of our own is put down to it, in intervals. Default 5. */
  readonly afterPauseIntervals?: number;
  /** A one-way cut must be seen after so long, in intervals. Default 8. */
  readonly oneWayIntervals?: number;
}

interface Held {
  readonly sinceMs: number;
  /** Before that, no majority can have reached the peer for long enough. */
  dueMs: number;
  flagged: boolean;
}

const VIOLATIONS_MAX = 20;

export class Checks {
  readonly violations: Violation[] = [];
  readonly reach: Reach;
  readonly #cluster: Cluster;
  readonly #log: EventLog;
  readonly #options: CheckOptions;
  readonly #verdicts: Verdicts;
  /** Who holds whom dead. */
  readonly #held = new Map<SimNode, Map<string, Held>>();
  /** Once is enough: rule, observer and peer. */
  readonly #reported = new Set<string>();
  #dueMs = Infinity;
  readonly #fresh: { readonly holder: SimNode; readonly peer: string }[] = [];

  constructor(cluster: Cluster, log: EventLog, options: CheckOptions) {
    this.#cluster = cluster;
    this.#log = log;
    this.#options = options;
    this.reach = new Reach(cluster, options.intervalMs);
    this.#verdicts = new Verdicts((options.voteMaxAgeIntervals ?? 7) * options.intervalMs);
  }

  sent(from: SimNode, to: SimNode, message: Message): void {
    if (message.opinions.length > 0) this.#verdicts.sent(from, to, message, this.#nowMs);
  }

  /** A process that starts or ends holds nothing. */
  life(node: SimNode): void {
    this.#held.delete(node);
  }

  event(node: SimNode, event: MembershipEvent): void {
    if (event.type === 'suspicion') this.#checkOwnPause(node, event.peer);
    if (event.type !== 'state') return;
    let held = this.#held.get(node);
    if (event.to === 'dead') {
      if (held === undefined) this.#held.set(node, (held = new Map<string, Held>()));
      held.set(event.peer, { sinceMs: this.#nowMs, dueMs: this.#nowMs, flagged: false });
      this.#dueMs = this.#nowMs;
      this.#fresh.push({ holder: node, peer: event.peer });
    } else held?.delete(event.peer);
  }

  /** After every event of the simulation. */
  step(): void {
    if (this.#nowMs < this.#dueMs) return;
    for (const { holder, peer } of this.#fresh.splice(0)) this.#checkVerdict(holder, peer);
    this.#dueMs = Infinity;
    for (const [holder, held] of this.#held) {
      for (const [peer, state] of held) {
        if (state.flagged) continue;
        if (state.dueMs <= this.#nowMs) this.#checkReachable(holder, peer, state);
        this.#dueMs = Math.min(this.#dueMs, state.dueMs);
      }
    }
  }

  /** Now and then: what is held, and not only what changes. */
  sweep(): void {
    const voters = new Map<string, readonly string[]>();
    for (const [holder, held] of this.#held) {
      for (const peer of held.keys()) {
        const by = this.#checkVerdict(holder, peer)?.suspectedBy;
        const others = voters.get(peer);
        if (by === undefined) continue;
        voters.set(peer, by);
        if (others === undefined || others.some((voter) => by.includes(voter))) continue;
        const told = `dead by [${by.join(' ')}], elsewhere by [${others.join(' ')}]`;
        this.report('disjoint-verdicts', holder, peer, `holds ${peer} ${told}`);
      }
    }
    for (const impairment of this.#cluster.network.history) this.#checkOneWay(impairment);
  }

  /** What a node holds of a peer; undefined while it cannot be asked. */
  view(node: SimNode, peer: string): PeerView | undefined {
    if (node.phase !== 'running') return undefined;
    const views = node.membership?.peers(node.clock.monoMs(this.#nowMs));
    return views?.find((view) => view.peer === peer);
  }

  report(rule: string, observer: SimNode, peerName: string, told: string): void {
    const what = `${rule} ${observer.name} ${peerName}`;
    if (this.violations.length >= VIOLATIONS_MAX || this.#reported.has(what)) return;
    this.#reported.add(what);
    const { seed } = this.#options;
    const atMs = this.#nowMs;
    const peer = this.#cluster.byName(peerName);
    const story = this.#log.story(peer === undefined ? [observer] : [observer, peer]);
    const head = `${rule}: seed ${seed} at ${(atMs / 1000).toFixed(3)} s: ${observer.name} ${told}`;
    const message = `${head}\n${story}`;
    this.violations.push({ rule, atMs, observer: observer.name, peer: peerName, message });
  }

  #checkVerdict(holder: SimNode, peer: string): PeerView | undefined {
    const state = this.#held.get(holder)?.get(peer);
    const view = this.view(holder, peer);
    if (state === undefined || view?.state !== 'dead') return undefined;
    if (!state.flagged && !this.#justWoke(holder, state)) {
      const flaw = this.#verdicts.flaw(holder, view, this.#nowMs);
      state.flagged = flaw !== undefined;
      if (flaw) this.report(flaw.rule, holder, peer, `holds ${peer} dead, but ${flaw.told}`);
    }
    return view;
  }

  #checkReachable(holder: SimNode, peerName: string, state: Held): void {
    const { graceIntervals = 5, intervalMs } = this.#options;
    const graceMs = graceIntervals * intervalMs;
    const nowMs = this.#nowMs;
    const peer = this.#cluster.byName(peerName);
    const assigned = this.#verdicts.observers(holder, peerName);
    const since = assigned
      .map((name) => {
        const observer = this.#cluster.byName(name);
        return observer && peer ? this.reach.sinceMs(observer, peer) : Infinity;
      })
      .sort((a, b) => a - b);
    const majoritySinceMs = since[Math.floor(assigned.length / 2)] ?? Infinity;
    // Who cannot reach it now can at the earliest from now on.
    state.dueMs = Math.max(Math.min(majoritySinceMs, nowMs) + graceMs, nowMs + 1);
    if (majoritySinceMs > nowMs - graceMs) return;
    if (holder.phase !== 'running' || this.#justWoke(holder, state)) return;
    state.flagged = true;
    const could = since.filter((sinceMs) => sinceMs <= nowMs - graceMs).length;
    const told = `${could} of ${assigned.length} could reach it for ${graceIntervals} intervals`;
    this.report(
      'dead-though-reachable',
      holder,
      peerName,
      `holds ${peerName} dead although ${told}`,
    );
  }

  /** What it held before its pause it may hold until it has had time to look. */
  #justWoke(holder: SimNode, state: Held): boolean {
    return state.sinceMs < holder.stableSinceMs && !this.#isStable(holder, 3);
  }

  #checkOwnPause(observer: SimNode, peerName: string): void {
    const peer = this.#cluster.byName(peerName);
    const pause = observer.lastPause;
    if (peer === undefined || pause === undefined) return;
    const { afterPauseIntervals = 5, intervalMs } = this.#options;
    if (this.#nowMs - pause.toMs > afterPauseIntervals * intervalMs) return;
    const beforeMs = pause.fromMs - afterPauseIntervals * intervalMs;
    const sinceMs = Math.max(observer.startedAtMs, this.reach.peerSinceMs(observer, peer));
    if (Math.max(sinceMs, this.reach.troubleMs(observer, peer)) > beforeMs) return;
    const pausedMs = Math.round(pause.toMs - pause.fromMs);
    const agoMs = Math.round(this.#nowMs - pause.toMs);
    const told = `nothing happened but its own pause of ${pausedMs} ms, over for ${agoMs} ms`;
    this.report('own-pause', observer, peerName, `suspects ${peerName} although ${told}`);
  }

  #checkOneWay(cut: Impairment): void {
    const ends = oneWayEnds(cut);
    if (ends === undefined) return;
    const [mute, deaf] = [this.#cluster.node(ends.from), this.#cluster.node(ends.to)];
    const { oneWayIntervals = 8, intervalMs } = this.#options;
    const beforeMs = this.#nowMs - oneWayIntervals * intervalMs;
    if (this.#settledSinceMs(cut, mute, deaf) > beforeMs) return;
    const { state: held, bootId: heldBootId } = this.view(deaf, mute.name) ?? {};
    // Who holds an earlier life of it suspect is right, whatever others hear of the present one.
    const isDisputed = heldBootId === mute.bootId && this.#hasWitness(mute, deaf, beforeMs);
    if (held === 'alive' || (held === 'suspect' && isDisputed)) {
      const told = `holds ${mute.name} ${held} although it hears nothing of it`;
      const others = isDisputed ? ', while another hears both' : '';
      const since = `since ${(cut.fromMs / 1000).toFixed(3)} s`;
      this.report('one-way', deaf, mute.name, `${told} ${since}${others}`);
    }
    if (this.reach.linkSinceMs(deaf, mute) > beforeMs) return;
    // Of the only messages left, it may miss one that the link lost by itself.
    if (this.reach.troubleMs(deaf, mute, 'one-way') > beforeMs) return;
    const { state: other, bootId: otherBootId } = this.view(mute, deaf.name) ?? {};
    // A life that began while it was not heard cannot prove itself: no nonce gets there.
    if (otherBootId !== deaf.bootId || !isHeldGone(other)) return;
    this.report('one-way', mute, deaf.name, `holds ${deaf.name} ${other} although it hears it`);
  }

  /** Since when nothing but this cut happened to the two; Infinity: something else matters. */
  #settledSinceMs(cut: Impairment, mute: SimNode, deaf: SimNode): number {
    // A life that began after the cut cannot prove to be another one: it has no nonce to echo.
    if (Math.max(mute.startedAtMs, deaf.startedAtMs) > cut.fromMs) return Infinity;
    if (!deaf.members.includes(mute.name) || !mute.members.includes(deaf.name)) return Infinity;
    return Math.max(
      ...[cut.fromMs, mute.stableSinceMs, deaf.stableSinceMs],
      ...[mute.membersSinceMs, deaf.membersSinceMs],
      // What a clog held back is heard when it ends, though the way is cut by then.
      this.reach.clogEndMs(mute, deaf),
    );
  }

  /** A third one could reach both: it hears the mute one and can tell the deaf one so. */
  #hasWitness(mute: SimNode, deaf: SimNode, beforeMs: number): boolean {
    const lists = [mute.members, deaf.members];
    return this.#verdicts.observers(deaf, mute.name).some((name) => {
      const third = this.#cluster.byName(name);
      if (third === undefined || third === deaf || lists.some((list) => list !== third.members)) {
        return false;
      }
      if (this.reach.troubleMs(third, deaf, 'one-way') > beforeMs) return false;
      return [mute, deaf].every((node) => this.reach.sinceMs(third, node) <= beforeMs);
    });
  }

  #isStable(node: SimNode, intervals: number): boolean {
    return node.stableSinceMs <= this.#nowMs - intervals * this.#options.intervalMs;
  }

  get #nowMs(): number {
    return this.#cluster.time.nowMs;
  }
}

/** A cut of one direction of one link that still lasts: who is not heard, and who does not hear. */
function isHeldGone(state: PeerState | undefined): boolean {
  return state === 'suspect' || state === 'dead';
}

function oneWayEnds({
  links,
  effect,
  untilMs,
}: Impairment): { from: number; to: number } | undefined {
  if (effect.kind !== 'cut' || links.direction === 'both' || untilMs < Infinity) return undefined;
  const [from, ...moreFrom] = links.from;
  const [to, ...moreTo] = links.to;
  if (from === undefined || to === undefined || moreFrom.length + moreTo.length > 0)
    return undefined;
  return { from, to };
}
