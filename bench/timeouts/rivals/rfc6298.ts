/**
 * TCP's retransmission timeout.
 *
 * First reply R: SRTT = R, RTTVAR = R/2. Then RTTVAR = 3/4 RTTVAR + 1/4 |SRTT − R| and
 * SRTT = 7/8 SRTT + 1/8 R; RTO = SRTT + max(G, 4 RTTVAR), at least 1 s, at most 60 s. A timeout
 * doubles RTO; the next reply computes it anew. By Karn's algorithm a request that timed out
 * gives no sample.
 * Source: RFC 6298, sections 2, 3 and 5.
 */
import type { Observation } from '../../../src/timeout/types.ts';
import type { Rule, RuleMaker } from '../rule.ts';

const ALPHA = 1 / 8;
const BETA = 1 / 4;
const K = 4;
const GRANULARITY_MS = 1;
const INITIAL_MS = 1000;
const FLOOR_MS = 1000;
const MAX_MS = 60_000;

export class Rfc6298 implements Rule {
  readonly name: string;
  readonly #floorMs: number;
  #srttMs = NaN;
  #rttvarMs = NaN;
  #rtoMs = INITIAL_MS;

  constructor(name: string, floorMs: number) {
    this.name = name;
    this.#floorMs = floorMs;
  }

  timeoutMs(): number {
    return this.#rtoMs;
  }

  observe({ outcome, durationMs }: Observation): void {
    if (outcome === 'timed-out') this.#rtoMs = Math.min(2 * this.#rtoMs, MAX_MS);
    if (outcome !== 'completed') return;
    if (Number.isNaN(this.#srttMs)) {
      this.#srttMs = durationMs;
      this.#rttvarMs = durationMs / 2;
    } else {
      const offMs = Math.abs(this.#srttMs - durationMs);
      this.#rttvarMs = (1 - BETA) * this.#rttvarMs + BETA * offMs;
      this.#srttMs = (1 - ALPHA) * this.#srttMs + ALPHA * durationMs;
    }
    const rto = this.#srttMs + Math.max(GRANULARITY_MS, K * this.#rttvarMs);
    this.#rtoMs = Math.min(Math.max(rto, this.#floorMs), MAX_MS);
  }
}

export const rfc6298: RuleMaker = {
  name: 'RFC 6298',
  make: () => new Rfc6298('RFC 6298', FLOOR_MS),
};

/** The same formula for requests that take milliseconds. */
export const rfc6298WithoutFloor: RuleMaker = {
  name: 'RFC 6298, no floor',
  make: () => new Rfc6298('RFC 6298, no floor', GRANULARITY_MS),
};
