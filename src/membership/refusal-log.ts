/** Tells of messages that were not taken, but not of each. */
import type { MembershipEvent } from './types.ts';

/** The same is told so often: whoever is misconfigured says it with every heartbeat. */
const AGAIN_MS = 60_000;
const REMEMBERED_MAX = 256;

export class RefusalLog {
  /** When what was told. */
  readonly #told = new Map<string, number>();
  readonly #emit: (event: MembershipEvent) => void;

  constructor(emit: (event: MembershipEvent) => void) {
    this.#emit = emit;
  }

  add(from: string, why: string, atMs: number): void {
    const key = `${from} ${why}`;
    if (atMs - (this.#told.get(key) ?? -Infinity) < AGAIN_MS) return;
    if (this.#told.size >= REMEMBERED_MAX) this.#told.clear();
    this.#told.set(key, atMs);
    this.#emit({ type: 'refused-message', atMs, from, why });
  }
}
