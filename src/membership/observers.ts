/**
 * Who watches whom.
 *
 * Up to EVERYONE members, everyone watches everyone. Above, each is watched by `k` others, the
 * same ones on every node without a word about it: those with the highest hash of (peer,
 * observer), rendezvous hashing (Thaler & Ravishankar 1998). When a member goes, only its own
 * observers and those it watched change.
 */
import { hash32, mix32 } from './names.ts';

export const EVERYONE = 50;
export const OBSERVERS = 9;

export class Observers {
  readonly #names: readonly string[];
  readonly #hashes: Uint32Array;
  readonly #index = new Map<string, number>();
  readonly #of = new Map<string, readonly string[]>();
  readonly #k: number;

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
    const found = index === undefined ? [] : this.#ranked(index);
    this.#of.set(peer, found);
    return found;
  }

  /** Whom this one is to watch, in order. */
  watchedBy(observer: string): string[] {
    const index = this.#index.get(observer);
    if (index === undefined) return this.#names.filter((name) => name !== observer);
    return this.#names.filter((_, peer) => peer !== index && this.#isAmongFirst(peer, index));
  }

  #ranked(peer: number): readonly string[] {
    const others = [...this.#names.keys()].filter((i) => i !== peer);
    if (others.length > this.#k) {
      others.sort((a, b) => this.#weight(peer, b) - this.#weight(peer, a) || a - b);
      others.length = this.#k;
    }
    return others.map((i) => this.#names[i] as string).sort();
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
