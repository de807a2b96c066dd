/** What others say of peers: the latest word of each observer, as long as it holds. */
import type { Opinion, Vote } from './message.ts';
import { NO_BOOT } from './opinions.ts';
import type { Rules } from './rules.ts';

export interface Word {
  readonly vote: Vote;
  /** When the observer last heard the peer, by our clock; undefined: never. */
  readonly heardAtMs: number | undefined;
  /** When it said so, by our clock. */
  readonly saidAtMs: number;
  /** Which life of the peer it spoke of, '' if it knew none. */
  readonly boot: string;
}

export class Votes {
  /** By peer, then by observer. */
  readonly #words = new Map<string, Map<string, Word>>();
  readonly #rules: Rules;
  readonly #ttlMs: number;

  constructor(rules: Rules, intervalMs: number) {
    this.#rules = rules;
    this.#ttlMs = rules.voteTtlMs(intervalMs);
  }

  /** True if it may change what the peer is called: a suspicion that is said again does not. */
  say(observer: string, peer: string, word: Word): boolean {
    let words = this.#words.get(peer);
    if (!words) this.#words.set(peer, (words = new Map<string, Word>()));
    const before = words.get(observer);
    words.set(observer, word);
    const isRepeated = before?.vote === 'suspect' && word.vote === 'suspect';
    return !isRepeated || before.boot !== word.boot || !this.#holds(before, word.saidAtMs);
  }

  /** Words that hold about one life of a peer, by observer. */
  about(peer: string, boot: string, nowMs: number): [observer: string, word: Word][] {
    return [...(this.#words.get(peer) ?? [])].filter(
      ([, word]) => this.#holds(word, nowMs) && this.#rules.isSameLife(word.boot, boot),
    );
  }

  /** Of the assigned, those who hold the peer suspect. */
  suspecting(peer: string, boot: string, assigned: readonly string[], nowMs: number): string[] {
    return this.about(peer, boot, nowMs)
      .filter(([observer, { vote }]) => vote === 'suspect' && assigned.includes(observer))
      .map(([observer]) => observer);
  }

  /** Whether one observer holds some life of the peer suspect. */
  isSuspecting(observer: string, peer: string, nowMs: number): boolean {
    const word = this.#words.get(peer)?.get(observer);
    return word?.vote === 'suspect' && this.#holds(word, nowMs);
  }

  #holds({ saidAtMs }: Word, nowMs: number): boolean {
    return nowMs - saidAtMs <= this.#ttlMs;
  }

  /** When the next of these words ceases to hold; Infinity if none does. */
  nextExpiryMs(peer: string, nowMs: number): number {
    let nextMs = Infinity;
    for (const { saidAtMs } of this.#words.get(peer)?.values() ?? []) {
      const expiryMs = saidAtMs + this.#ttlMs;
      if (expiryMs >= nowMs) nextMs = Math.min(nextMs, expiryMs);
    }
    return nextMs;
  }

  /** The members changed: what was said among others counts no more. */
  clear(): void {
    this.#words.clear();
  }

  /** Every word, for the matrix. */
  *all(): Generator<[observer: string, peer: string, word: Word]> {
    for (const [peer, words] of this.#words) {
      for (const [observer, word] of words) yield [observer, peer, word];
    }
  }
}

/** An opinion that was told, as old as the instant after which it was said. */
export function wordOf({ vote, heardAgoMs, boot }: Opinion, saidAtMs: number): Word {
  const heardAtMs = heardAgoMs === undefined ? undefined : saidAtMs - heardAgoMs;
  return { vote, heardAtMs, saidAtMs, boot: boot === NO_BOOT ? '' : boot };
}
