/**
 * Notices about others are taken once, and only while they are new.
 *
 * A supervisor is no member, so there is no nonce of ours that it could echo. Its notice says when
 * it was written; it is taken within MAX_AGE_MS of that, and its nonce is remembered for as long.
 * What a replay could do within that time is little: a node that lives takes back the suspicion
 * with its next sign of life.
 */
import type { Message } from './message.ts';
import type { Instant } from './types.ts';

/** Clocks of two machines may be so far apart. */
const MAX_AGE_MS = 60_000;
const NONCES_MAX = 1024;

export class NoticeGuard {
  /** Nonces taken, and when. */
  readonly #taken = new Map<string, number>();

  /** Why a notice is not to be taken; undefined if it is, and then never again. */
  refusal({ nonce, sentAtWallMs }: Message, { monoMs, wallMs }: Instant): string | undefined {
    const offMs = wallMs - sentAtWallMs;
    if (Math.abs(offMs) > MAX_AGE_MS) {
      return `it was written ${Math.round(offMs / 1000)} s ago by our clock; at most 60 s are taken`;
    }
    if (this.#taken.has(nonce)) return 'it was taken before';
    this.#forget(monoMs);
    if (this.#taken.size >= NONCES_MAX) return 'too many notices within a minute';
    this.#taken.set(nonce, monoMs);
    return undefined;
  }

  #forget(nowMs: number): void {
    for (const [nonce, takenMs] of this.#taken) {
      if (nowMs - takenMs <= 2 * MAX_AGE_MS) return;
      this.#taken.delete(nonce);
    }
  }
}
