/** How often each peer was suspected, and wrongly, by reason. */
import type { MembershipEvent, SuspicionReason } from '../membership/types.ts';

type ByReason = Map<SuspicionReason, number>;

export class ReasonCounts {
  /** By peer. */
  readonly suspicions = new Map<string, ByReason>();
  readonly mistakes = new Map<string, ByReason>();

  count(event: MembershipEvent): void {
    if (event.type === 'suspicion') add(this.suspicions, event.peer, event.reason);
    else if (event.type === 'mistake') add(this.mistakes, event.peer, event.reason);
  }

  /** Peers that are gone are no longer exported. */
  retain(known: ReadonlySet<string>): void {
    for (const counts of [this.suspicions, this.mistakes]) {
      for (const peer of counts.keys()) if (!known.has(peer)) counts.delete(peer);
    }
  }
}

function add(counts: Map<string, ByReason>, peer: string, reason: SuspicionReason): void {
  const ofPeer = counts.get(peer) ?? new Map<SuspicionReason, number>();
  counts.set(peer, ofPeer.set(reason, (ofPeer.get(reason) ?? 0) + 1));
}
