/**
 * Upstreams that are no members: nobody asks them, they are known by the traffic to them.
 *
 * Any reply is a sign of life. They are suspected when nothing listens there, or when nothing is
 * heard for surprisingly long although requests wait; there is no quorum about them, so they are
 * never called dead. The tail of replies is heavier than that of heartbeats, and nobody asks again
 * at once: phi 8 would take minutes, so less is enough.
 */
import type { Evidence, MembershipEvent, PeerState, PeerView, SuspicionReason } from './types.ts';

/** They are suspected from here on, or from the phi of members if that is less. */
const PASSIVE_PHI = 4;
/** As many as the peer table holds; the one unheard for longest makes room. */
const PASSIVE_MAX = 1024;

interface PassivePeer {
  state: PeerState;
  because: string;
  phi: number | undefined;
  lastHeardMs: number | undefined;
  hostAliveAtMs: number;
  suspicion: { readonly sinceMs: number; readonly reason: SuspicionReason } | undefined;
  suspicions: number;
  mistakes: number;
}

export class Passive {
  readonly #peers = new Map<string, PassivePeer>();
  readonly #emit: (event: MembershipEvent) => void;
  readonly #suspectPhi: number;

  constructor(emit: (event: MembershipEvent) => void, suspectPhi: number) {
    this.#emit = emit;
    this.#suspectPhi = Math.min(suspectPhi, PASSIVE_PHI);
  }

  /** `seenAtMs`: when it was seen; a reply of before a suspicion does not undo it. */
  evidence(name: string, evidence: Evidence, nowMs: number, seenAtMs: number): void {
    const peer = this.#peerOf(name);
    switch (evidence.kind) {
      case 'reply':
        if (seenAtMs < (peer.suspicion?.sinceMs ?? -Infinity)) return;
        peer.lastHeardMs = seenAtMs;
        peer.phi = undefined;
        return this.#trust(name, peer, nowMs);
      case 'connect':
        peer.hostAliveAtMs = nowMs;
        return;
      case 'in-flight':
        peer.phi = evidence.phi;
        if (evidence.phi >= this.#suspectPhi) this.#suspect(name, peer, 'in-flight', nowMs);
        return;
      case 'refused':
      case 'unreachable':
        return this.#suspect(name, peer, evidence.kind, nowMs);
      default:
        return;
    }
  }

  stateOf(name: string): PeerState | undefined {
    return this.#peers.get(name)?.state;
  }

  /** It is a member now. */
  forget(name: string): void {
    this.#peers.delete(name);
  }

  views(nowMs: number): PeerView[] {
    return [...this.#peers].map(([name, peer]) => ({
      ...{ peer: name, state: peer.state, vote: peer.state, phi: peer.phi, bootId: undefined },
      lastHeardAgoMs: peer.lastHeardMs === undefined ? undefined : nowMs - peer.lastHeardMs,
      ...{ rttMs: undefined, watched: false, observers: 0, suspectedBy: [] },
      ...{ suspicions: peer.suspicions, mistakes: peer.mistakes, because: peer.because },
    }));
  }

  #peerOf(name: string): PassivePeer {
    let peer = this.#peers.get(name);
    if (peer) {
      this.#peers.delete(name);
    } else {
      peer = {
        ...{ state: 'unknown', because: 'nothing was heard of it yet', phi: undefined },
        ...{ lastHeardMs: undefined, hostAliveAtMs: -Infinity, suspicion: undefined },
        ...{ suspicions: 0, mistakes: 0 },
      };
    }
    this.#peers.set(name, peer);
    if (this.#peers.size > PASSIVE_MAX) {
      this.#peers.delete(this.#peers.keys().next().value as string);
    }
    return peer;
  }

  #trust(name: string, peer: PassivePeer, nowMs: number): void {
    const { suspicion } = peer;
    if (suspicion) {
      peer.suspicion = undefined;
      peer.mistakes++;
      const lastedMs = nowMs - suspicion.sinceMs;
      this.#emit({ type: 'mistake', atMs: nowMs, peer: name, reason: suspicion.reason, lastedMs });
    }
    this.#call(name, peer, 'alive', 'it replies', nowMs);
  }

  #suspect(name: string, peer: PassivePeer, reason: SuspicionReason, nowMs: number): void {
    if (!peer.suspicion) {
      peer.suspicion = { sinceMs: nowMs, reason };
      peer.suspicions++;
      this.#emit({ type: 'suspicion', atMs: nowMs, peer: name, reason });
    }
    const isHostAlive =
      reason === 'in-flight' && peer.hostAliveAtMs > (peer.lastHeardMs ?? Infinity);
    this.#call(name, peer, isHostAlive ? 'stalled' : 'suspect', WORDS[reason], nowMs);
  }

  #call(name: string, peer: PassivePeer, state: PeerState, because: string, nowMs: number): void {
    const from = peer.state;
    peer.because = because;
    if (from === state) return;
    peer.state = state;
    this.#emit({ type: 'state', atMs: nowMs, peer: name, from, to: state, because });
  }
}

const WORDS: Record<SuspicionReason, string> = {
  silence: 'it does not answer',
  'in-flight': 'a request to it waits surprisingly long',
  refused: 'nothing listens there',
  unreachable: 'there is no way to its host',
  crash: 'it said that it crashes',
  down: 'its supervisor says that it is down',
};

/** What only traffic with a peer shows: there may be more of it, to take a suspicion back. */
export function isOfTraffic({ kind }: Evidence): boolean {
  return kind === 'reply' || kind === 'connect' || kind === 'in-flight';
}
