/**
 * Three holders, an issuer and a resource: pauses of any length between a check and its write, and
 * a network that delays writes. The chapter's properties of the tokens, and what the resource
 * accepts with and without comparing them.
 */
import { describe, expect, it } from 'vitest';
import { judgeToken } from '../../src/lease/fencing-rule.ts';
import { TokenIssuer } from '../../src/lease/token-issuer.ts';
import { createLeaseGuard, type LeaseGuard } from '../../src/leasing/lease-guard.ts';
import { seed, VERIFY } from '../support/capabilities.ts';
import { type Random, randomFrom } from '../support/random.ts';
import { TestClocks } from './support.ts';

const TTL_MS = 300;
const STEPS = 2000;
const HOLDERS = 3;
const RUNS = VERIFY ? 1000 : 50;

interface Holder {
  readonly guard: LeaseGuard;
  /** Stands still until then. */
  untilMs: number;
  /** Was checked; leaves as soon as it goes on. */
  checked: bigint | undefined;
}

interface Write {
  readonly atMs: number;
  readonly token: bigint;
}

interface Played {
  readonly tokens: readonly bigint[];
  /** Writes in the order in which the resource got them. */
  readonly arrived: readonly bigint[];
  /** Asked while nobody held the lease, and got nothing. */
  readonly unanswered: number;
}

function play(random: Random): Played {
  const clocks = new TestClocks();
  const issuer = new TokenIssuer(TTL_MS);
  const holders = Array.from({ length: HOLDERS }, (): Holder => {
    const guard = createLeaseGuard({ resource: 'sim', ttlMs: TTL_MS, clocks });
    return { guard, untilMs: 0, checked: undefined };
  });
  const tokens: bigint[] = [];
  const arrived: bigint[] = [];
  let writes: Write[] = [];
  let heldUntilMs = 0;
  let unanswered = 0;

  function ask({ guard }: Holder, nowMs: number): void {
    const lease = issuer.grant(nowMs);
    if (!lease) {
      if (nowMs >= heldUntilMs) unanswered++;
      return;
    }
    tokens.push(lease.token);
    heldUntilMs = lease.expiresAtMs;
    guard.acquired({ sentAtMs: nowMs, token: lease.token });
  }

  function act(holder: Holder, nowMs: number): void {
    if (holder.checked !== undefined) {
      const delayMs = random.next() < 0.05 ? random.exponential(TTL_MS) : 1;
      writes.push({ atMs: nowMs + delayMs, token: holder.checked });
      holder.checked = undefined;
    } else if (holder.guard.isHeld()) holder.checked = holder.guard.token;
    else ask(holder, nowMs);
  }

  for (let step = 0; step < STEPS; step++) {
    clocks.run(random.next() * 20);
    const nowMs = clocks.monoMs();
    arrived.push(...writes.filter(({ atMs }) => atMs <= nowMs).map(({ token }) => token));
    writes = writes.filter(({ atMs }) => atMs > nowMs);
    const holder = holders[random.integer(HOLDERS)]!;
    if (nowMs < holder.untilMs) continue;
    if (random.next() < 0.05) holder.untilMs = nowMs + random.exponential(2 * TTL_MS);
    else act(holder, nowMs);
  }
  return { tokens, arrived, unanswered };
}

/** Whether a lower token comes after a higher one. */
function falls(tokens: readonly bigint[]): boolean {
  return tokens.some((token, i) => i > 0 && token < tokens[i - 1]!);
}

function accepted(arrived: readonly bigint[]): bigint[] {
  let seen: bigint | undefined;
  return arrived.filter((token) => {
    if (judgeToken(seen, token) === 'stale') return false;
    seen = token;
    return true;
  });
}

describe('holders that stand still between a check and a write', () => {
  const played = Array.from({ length: RUNS }, (_, i) => play(randomFrom(seed() + i)));

  it('got tokens that are unique and only rise, whenever nobody held the lease', () => {
    for (const { tokens, unanswered } of played) {
      expect(tokens.length).toBeGreaterThan(10);
      expect(new Set(tokens).size).toBe(tokens.length);
      expect(falls(tokens)).toBe(false);
      expect(unanswered).toBe(0);
    }
  });

  it('write stale data where tokens are not compared: the guard alone does not do', () => {
    expect(played.some(({ arrived }) => falls(arrived))).toBe(true);
  });

  it('write none where they are', () => {
    expect(played.filter(({ arrived }) => falls(accepted(arrived)))).toEqual([]);
  });
});
