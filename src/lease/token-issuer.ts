/**
 * Who hands out leases and tokens, as a rule without clock or network: for tests and simulations.
 * A real one survives its own crash, which takes consensus: etcd, ZooKeeper.
 *
 * The chapter's three properties: no two grants have the same token (uniqueness), a later grant
 * has a higher one (monotonic sequence), and who asks while nobody holds it gets it
 * (availability).
 */
import { checkTtl } from './lease-rule.ts';

export interface IssuedLease {
  readonly token: bigint;
  /** By the issuer's clock, in ms. */
  readonly expiresAtMs: number;
}

export class TokenIssuer {
  readonly #ttlMs: number;
  #last = 0n;
  #held: IssuedLease | undefined;

  /** Throws ERR_TARDY_ARGUMENT for a `ttlMs` that is not > 0. */
  constructor(ttlMs: number) {
    checkTtl(ttlMs);
    this.#ttlMs = ttlMs;
  }

  /** A new lease; undefined while somebody holds it. */
  grant(nowMs: number): IssuedLease | undefined {
    if (this.#held && nowMs < this.#held.expiresAtMs) return undefined;
    this.#held = { token: ++this.#last, expiresAtMs: nowMs + this.#ttlMs };
    return this.#held;
  }

  /** The same lease for longer; undefined once it has expired: then it is another's to have. */
  renew(token: bigint, nowMs: number): IssuedLease | undefined {
    if (this.#held?.token !== token || nowMs >= this.#held.expiresAtMs) return undefined;
    this.#held = { token, expiresAtMs: nowMs + this.#ttlMs };
    return this.#held;
  }

  release(token: bigint): void {
    if (this.#held?.token === token) this.#held = undefined;
  }
}
