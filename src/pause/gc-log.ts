/**
 * Garbage collections of late, and how much of a span they took.
 *
 * Problem: they are told after the fact, and one may hold another (weak callbacks run within a
 * full collection), so their durations cannot just be added.
 * Idea: they are told in the order in which they end, so from the newest back, each counts only
 * before what is counted already.
 */
import type { Pause } from './pause-log.ts';

/** A pause with more than these has been one for minutes; the oldest are dropped. */
const KEPT_MAX = 8192;

export class GcLog {
  #collections: Pause[] = [];

  add(fromMs: number, toMs: number): void {
    this.#collections.push({ fromMs, toMs });
    if (this.#collections.length > KEPT_MAX) this.#collections.splice(0, KEPT_MAX / 2);
  }

  /** Drops what ended before this. */
  forget(beforeMs: number): void {
    if ((this.#collections[0]?.toMs ?? Infinity) >= beforeMs) return;
    this.#collections = this.#collections.filter(({ toMs }) => toMs >= beforeMs);
  }

  /** Time of a span spent in garbage collection. */
  overlapMs(fromMs: number, toMs: number): number {
    let total = 0;
    let coveredFromMs = toMs;
    for (let i = this.#collections.length - 1; i >= 0; i--) {
      const collection = this.#collections[i] as Pause;
      const startMs = Math.max(fromMs, collection.fromMs);
      total += Math.max(0, Math.min(collection.toMs, coveredFromMs) - startMs);
      coveredFromMs = Math.min(coveredFromMs, Math.max(fromMs, collection.fromMs));
    }
    return total;
  }
}
