/**
 * What a holder knows of its lease: grants, renewals, and what ended it.
 *
 * Problem: answers of the issuer come late and out of order, and a lease that was given up must not
 * come back to life by an answer to a request of before.
 * Idea: the newest request counts, by when it was sent; a lower token is an older lease. Once
 * ended by us, only a lease that was asked for afterwards, with a higher token where there are
 * tokens, is a new one.
 */
import { argumentError } from '../errors.ts';
import { checkTtl, heldUntilMs, type LeaseRule, type LeaseSpan } from './lease-rule.ts';

export interface Grant extends LeaseSpan {
  readonly token?: bigint | undefined;
}

interface Ending {
  readonly atMs: number;
  readonly reason: string;
}

export class LeaseState {
  readonly #rule: LeaseRule;
  #untilMs = -Infinity;
  #sentAtMs = -Infinity;
  #token: bigint | undefined;
  #ending: Ending | undefined;

  constructor(rule: LeaseRule) {
    this.#rule = rule;
  }

  /**
   * The issuer granted or renewed it. What is overtaken or came back from before an ending is
   * ignored; the result says whether it is held now. Throws ERR_TARDY_ARGUMENT for a time that is
   * no time, or not yet: somebody read another clock.
   */
  acquired(grant: Grant, nowMs: number): boolean {
    check(grant, nowMs);
    if (this.#isNews(grant)) {
      // A higher token may come by an older request: a renewal between the two is of the old lease.
      this.#sentAtMs = Math.max(this.#sentAtMs, grant.sentAtMs);
      this.#token = grant.token ?? this.#token;
      this.#untilMs = heldUntilMs(grant, this.#rule);
      this.#ending = undefined;
    }
    return this.isHeld(nowMs);
  }

  isHeld(nowMs: number): boolean {
    return nowMs < this.#untilMs;
  }

  /** Given up, for a reason of ours. */
  end(reason: string, nowMs: number): void {
    this.#ending = { reason, atMs: nowMs };
    this.#untilMs = Math.min(this.#untilMs, nowMs);
  }

  /** The first instant at which it may not be acted on; −Infinity before the first grant. */
  get untilMs(): number {
    return this.#untilMs;
  }

  get token(): bigint | undefined {
    return this.#token;
  }

  /** Why it is not held, in words. */
  get endReason(): string {
    if (this.#ending) return this.#ending.reason;
    return this.#untilMs === -Infinity ? 'it was never acquired' : 'its time is over';
  }

  #isNews({ sentAtMs, token }: Grant): boolean {
    const known = this.#token;
    if (this.#ending && sentAtMs <= this.#ending.atMs) return false;
    if (known === undefined) return sentAtMs > this.#sentAtMs;
    if (token !== undefined && token !== known) return token > known;
    return !this.#ending && sentAtMs > this.#sentAtMs;
  }
}

function check({ sentAtMs, ttlMs }: Grant, nowMs: number): void {
  checkTtl(ttlMs);
  if (sentAtMs <= nowMs) return;
  const wanted = `at most ${nowMs.toFixed(3)}, now by the guard: take guard.nowMs() before sending`;
  throw argumentError('sentAtMs', sentAtMs, wanted);
}
