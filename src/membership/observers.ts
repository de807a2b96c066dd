/**
 * Who watches whom.
 *
 * Up to EVERYONE members, everyone watches everyone. Above, each is watched by `k` others, the
 * same ones on every node without a word about it: those with the highest hash of (peer,
 * observer), rendezvous hashing (Thaler & Ravishankar 1998). When a member goes, only its own
 * observers and those it watched change.
 */
import { hash32, membershipDigest, mix32, nameHash } from './names.ts';

export const EVERYONE = 50;
export const OBSERVERS = 9;

/** The last that were asked for. */
let last: { members: readonly string[]; k: number; observers: Observers } | undefined;

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a === b || (a.length === b.length && a.every((name, i) => name === b[i]));
}

export class Observers {
  readonly #names: readonly string[];
  readonly #hashes: Uint32Array;
  readonly #index = new Map<string, number>();
  readonly #of = new Map<string, readonly string[]>();
  readonly #k: number;
  #byHash: Map<string, string> | undefined;
  #digest: number | undefined;

  /**
   * The same instance for the same members as before: of thousands of nodes in one process, as
   * the simulator runs them, each would hold the same tables.
   */
  static among(members: readonly string[], k = OBSERVERS): Observers {
    if (last?.k !== k || !isSame(last.members, members)) {
      last = { members, k, observers: new Observers(members, k) };
    }
    return last.observers;
  }

  /** `k`: observers a member, where not everyone watches everyone. */
  constructor(members: readonly string[], k = OBSERVERS) {
    this.#names = [...new Set(members)].sort();
    this.#hashes = Uint32Array.from(this.#names, (name) => hash32(name));
    this.#names.forEach((name, i) => this.#index.set(name, i));
    this.#k = this.#names.length <= EVERYONE ? this.#names.length : k;
  }

  /** The members, in order. */
  get members(): readonly string[] {
    return this.#names;
  }

  has(name: string): boolean {
    return this.#index.has(name);
  }

  /** Those who are to watch a peer, in order; of a stranger, nobody. */
  of(peer: string): readonly string[] {
    const known = this.#of.get(peer);
    if (known) return known;
    const index = this.#index.get(peer);
    if (index === undefined) return [];
    const found =
      this.#k >= this.#names.length
        ? this.#names.filter((name) => name !== peer)
        : this.#ranked(index);
    this.#of.set(peer, found);
    return found;
  }

  /** Whose `nameHash` it is. */
  nameOf(hash: string): string | undefined {
    this.#byHash ??= new Map(this.#names.map((name) => [nameHash(name), name]));
    return this.#byHash.get(hash);
  }

  /** `membershipDigest` of all. */
  get digest(): number {
    return (this.#digest ??= membershipDigest(this.#names));
  }

  /** Whom this one is to watch, in order. */
  watchedBy(observer: string): string[] {
    const index = this.#index.get(observer);
    if (index === undefined) return this.#names.filter((name) => name !== observer);
    return this.#names.filter((_, peer) => peer !== index && this.#isAmongFirst(peer, index));
  }

  /** The k best in one pass: k is small. */
  #ranked(peer: number): readonly string[] {
    const best: { index: number; weight: number }[] = [];
    for (let index = 0; index < this.#names.length; index++) {
      if (index === peer) continue;
      const weight = this.#weight(peer, index);
      let at = best.length;
      while (at > 0 && weight > (best[at - 1] as { weight: number }).weight) at--;
      if (at >= this.#k) continue;
      best.splice(at, 0, { index, weight });
      if (best.length > this.#k) best.pop();
    }
    return best.map(({ index }) => this.#names[index] as string).sort();
  }

  /** Stops at the k-th who is ahead: n log n weights for all peers instead of n². */
  #isAmongFirst(peer: number, observer: number): boolean {
    if (this.#k >= this.#names.length) return true;
    const own = this.#weight(peer, observer);
    let ahead = 0;
    for (let i = 0; i < this.#names.length; i++) {
      if (i === peer || i === observer) continue;
      const weight = this.#weight(peer, i);
      if ((weight > own || (weight === own && i < observer)) && ++ahead >= this.#k) return false;
    }
    return true;
  }

  #weight(peer: number, observer: number): number {
    return mix32(
      (this.#hashes[peer] as number) ^ Math.imul(this.#hashes[observer] as number, 0x9e3779b1),
    );
  }
}
