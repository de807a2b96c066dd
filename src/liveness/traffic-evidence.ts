/**
 * What ordinary traffic tells of peers. Requests pay nothing for it: collectors note when the last
 * reply and the last connection came anyway, and this looks at it now and then.
 */
import type { Evidence } from '../membership/types.ts';
import type { Peer } from '../peers/peer.ts';
import type { PeerTable } from '../peers/peer-table.ts';
import { OTHER } from '../peers/route-series.ts';
import type { PausedMs } from '../timeout/estimator.ts';

export type Weigh = (peer: string, evidence: Evidence, atMs: number) => void;

/** What was told of a peer already. */
interface Told {
  replyMs: number;
  connectMs: number;
}

export class TrafficEvidence {
  readonly #table: PeerTable;
  readonly #pausedMs: PausedMs;
  readonly #told = new WeakMap<Peer, Told>();

  constructor(table: PeerTable, pausedMs: PausedMs) {
    this.#table = table;
    this.#pausedMs = pausedMs;
  }

  /** Tells what is new since the last time. */
  collect(nowMs: number, weigh: Weigh): void {
    for (const peer of this.#table.all()) {
      if (peer.name !== OTHER) this.#collectFrom(peer, nowMs, weigh);
    }
  }

  #collectFrom(peer: Peer, nowMs: number, weigh: Weigh): void {
    const told = this.#toldOf(peer);
    const { lastReplyMs = -Infinity, lastConnectMs = -Infinity } = peer;
    if (lastConnectMs > told.connectMs) {
      told.connectMs = lastConnectMs;
      weigh(peer.name, { kind: 'connect', durationMs: peer.leastConnectMs }, lastConnectMs);
    }
    if (lastReplyMs > told.replyMs) {
      told.replyMs = lastReplyMs;
      weigh(peer.name, { kind: 'reply' }, lastReplyMs);
    }
    const waiting = this.#waiting(peer, nowMs);
    if (waiting) weigh(peer.name, { kind: 'in-flight', ...waiting }, nowMs);
  }

  /**
   * For how long nothing was heard while requests were on their way, and how surprising that is
   * for the route of the oldest: timeouts of the caller do not end such a silence.
   */
  #waiting(peer: Peer, nowMs: number): { ageMs: number; phi: number } | undefined {
    const sinceMs = peer.unansweredSinceMs;
    const { oldest } = peer.inFlight;
    if (sinceMs === undefined || !oldest) return undefined;
    const ageMs = nowMs - sinceMs - this.#pausedMs(sinceMs, nowMs);
    const phi = oldest.route.estimator.phi(ageMs);
    return phi === undefined ? undefined : { ageMs, phi };
  }

  #toldOf(peer: Peer): Told {
    let told = this.#told.get(peer);
    if (!told) this.#told.set(peer, (told = { replyMs: -Infinity, connectMs: -Infinity }));
    return told;
  }
}
