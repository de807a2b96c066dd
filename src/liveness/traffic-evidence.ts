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

  /** The oldest request on its way: how long it waits, and how surprising that is for its route. */
  #waiting(peer: Peer, nowMs: number): { ageMs: number; phi: number } | undefined {
    const oldest = peer.inFlight.oldest;
    if (oldest?.writtenAtMs === undefined) return undefined;
    const { writtenAtMs, route } = oldest;
    const ageMs = nowMs - writtenAtMs - this.#pausedMs(writtenAtMs, nowMs);
    const phi = route.estimator.phi(ageMs);
    return phi === undefined ? undefined : { ageMs, phi };
  }

  #toldOf(peer: Peer): Told {
    let told = this.#told.get(peer);
    if (!told) this.#told.set(peer, (told = { replyMs: -Infinity, connectMs: -Infinity }));
    return told;
  }
}
