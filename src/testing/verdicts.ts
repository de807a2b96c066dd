/**
 * What a verdict of death rests on, seen from outside: which observers were assigned, and which
 * suspect votes each of them really sent to the holder, when, about which life, under which list
 * of members.
 */
import type { Message } from '../membership/message.ts';
import { membershipDigest, nameHash } from '../membership/names.ts';
import { Observers } from '../membership/observers.ts';
import type { PeerView } from '../membership/types.ts';
import type { SimNode } from './node.ts';

/** When a vote was last sent, by the digest of the members it was sent under. */
type Cast = Map<number, number>;

export interface Flaw {
  readonly rule: 'no-majority' | 'stale-vote' | 'other-life' | 'other-members';
  readonly told: string;
}

/** Names of members by the list they come from: lists are shared between nodes. */
interface Assigned {
  readonly observers: Observers;
  readonly digest: number;
}

export class Verdicts {
  /** By sender and receiver, then by peer and its life. */
  readonly #cast = new Map<string, Map<string, Cast>>();
  readonly #assigned = new WeakMap<readonly string[], Assigned>();
  readonly #maxAgeMs: number;

  /** A vote may count until so long after it was sent, in ms. */
  constructor(maxAgeMs: number) {
    this.#maxAgeMs = maxAgeMs;
  }

  sent(from: SimNode, to: SimNode, message: Message, nowMs: number): void {
    for (const { about, vote, boot } of message.opinions) {
      if (vote !== 'suspect') continue;
      const route = `${from.name}>${to.name}`;
      let cast = this.#cast.get(route);
      if (cast === undefined) this.#cast.set(route, (cast = new Map<string, Cast>()));
      let times = cast.get(about + boot);
      if (times === undefined) cast.set(about + boot, (times = new Map<number, number>()));
      times.set(message.digest, nowMs);
    }
  }

  /** Who is to watch a peer, as the holder knows the members. */
  observers(holder: SimNode, peer: string): readonly string[] {
    return this.#of(holder.members).observers.of(peer);
  }

  /** What is wrong with a verdict of death; undefined: nothing. */
  flaw(holder: SimNode, view: PeerView, nowMs: number): Flaw | undefined {
    const { peer, suspectedBy } = view;
    const assigned = this.observers(holder, peer);
    const voters = new Set(suspectedBy.filter((voter) => assigned.includes(voter)));
    if (voters.size < 2 || 2 * voters.size <= assigned.length) {
      const told = `${voters.size} votes are no majority of ${assigned.length} assigned observers`;
      return { rule: 'no-majority', told };
    }
    for (const voter of voters) {
      const flaw = voter === holder.name ? undefined : this.#voteFlaw(voter, holder, view, nowMs);
      if (flaw !== undefined) return { ...flaw, told: `${voter} ${flaw.told}` };
    }
    return undefined;
  }

  #voteFlaw(voter: string, holder: SimNode, view: PeerView, nowMs: number): Flaw | undefined {
    const life = view.bootId?.slice(0, 8) ?? '';
    const about = nameHash(view.peer);
    const { digest } = this.#of(holder.members);
    let anyMs = -Infinity;
    let ofLifeMs = -Infinity;
    let ofMembersMs = -Infinity;
    for (const [key, times] of this.#cast.get(`${voter}>${holder.name}`) ?? []) {
      if (!key.startsWith(about)) continue;
      const lastMs = Math.max(...times.values());
      anyMs = Math.max(anyMs, lastMs);
      if (!isLife(key.slice(about.length), life)) continue;
      ofLifeMs = Math.max(ofLifeMs, lastMs);
      ofMembersMs = Math.max(ofMembersMs, times.get(digest) ?? -Infinity);
    }
    const sinceMs = nowMs - this.#maxAgeMs;
    if (ofMembersMs >= sinceMs) return undefined;
    if (ofLifeMs >= sinceMs) {
      return { rule: 'other-members', told: 'knew other members when it last voted' };
    }
    if (ofLifeMs === -Infinity && anyMs >= sinceMs) {
      return { rule: 'other-life', told: `never voted on its life ${life}` };
    }
    const told = `last sent such a suspect vote at ${(ofLifeMs / 1000).toFixed(3)} s`;
    return { rule: 'stale-vote', told };
  }

  #of(members: readonly string[]): Assigned {
    let assigned = this.#assigned.get(members);
    if (assigned === undefined) {
      assigned = { observers: new Observers(members), digest: membershipDigest(members) };
      this.#assigned.set(members, assigned);
    }
    return assigned;
  }
}

/** A vote without a life is about whatever life there is. */
function isLife(voted: string, known: string): boolean {
  return voted === known || known === '' || Number.parseInt(voted, 16) === 0;
}
