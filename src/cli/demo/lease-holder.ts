/**
 * Somebody who writes to the ledger under a lease: checks that it holds the lease, works for a
 * moment, writes. Whoever is stopped in that moment writes too late, as it cannot know.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { createLeaseGuard, type LeaseGuard } from '../../leasing/lease-guard.ts';
import { LEASE_TTL_MS } from './ledger.ts';
import type { LeaseSight } from './messages.ts';

export interface LeaseHolderOptions {
  /** Of the service that keeps the ledger, such as `http://127.0.0.1:40001`. */
  readonly ledger: string;
  /** Asks for the lease for the first time after so long. */
  readonly afterMs: number;
  /** Gives the lease back after so long; undefined: never. */
  readonly holdMs?: number | undefined;
  readonly tell: (sight: LeaseSight) => void;
}

const RENEW_MS = LEASE_TTL_MS / 4;
/** What there is to do between the check and the write. */
const WORK_MS = 100;
/** At different points of their work, so that a stop always falls between a check and a write. */
const WRITERS = 3;

const granted = z.object({ token: z.string() });

/** Until the process ends; what fails is tried again. */
export async function holdLease(options: LeaseHolderOptions): Promise<never> {
  const { tell, ledger, afterMs } = options;
  const guard = createLeaseGuard({
    resource: 'ledger',
    ttlMs: LEASE_TTL_MS,
    tripOn: ['self-suspected', 'clock-out'],
  });
  for (let i = 0; i < WRITERS; i++) void writeAlways(guard, options, (i * WORK_MS) / WRITERS);
  await sleep(afterMs);
  let heldSinceMs = performance.now();
  for (;;) {
    const token = guard.isHeld() ? guard.token?.toString() : undefined;
    if (token === undefined) heldSinceMs = performance.now();
    const heldMs = performance.now() - heldSinceMs;
    if (token !== undefined && heldMs > (options.holdMs ?? Infinity)) {
      guard.release();
      await ask(ledger, 'DELETE', token);
      await sleep(2 * LEASE_TTL_MS);
    } else {
      const sentAtMs = guard.nowMs();
      const lease = await ask(ledger, 'POST', token);
      const isNew = lease !== undefined && lease !== token;
      if (lease !== undefined) guard.acquired({ sentAtMs, token: BigInt(lease) });
      if (isNew) tell({ type: 'acquired', token: lease });
      await sleep(RENEW_MS);
    }
  }
}

async function writeAlways(
  guard: LeaseGuard,
  { ledger }: LeaseHolderOptions,
  offsetMs: number,
): Promise<never> {
  await sleep(offsetMs);
  for (;;) {
    if (!guard.isHeld()) {
      await sleep(RENEW_MS);
      continue;
    }
    const headers = { 'fencing-token': String(guard.token) };
    await sleep(WORK_MS);
    const response = await fetch(`${ledger}/ledger`, { method: 'PUT', headers }).catch(noAnswer);
    await response?.body?.cancel();
  }
}

function noAnswer(): undefined {
  return undefined;
}

/** The token; undefined if there is none to be had. */
async function ask(ledger: string, method: string, token?: string): Promise<string | undefined> {
  try {
    const response = await fetch(`${ledger}/lease`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(token === undefined ? {} : { token }),
    });
    return granted.safeParse(await response.json()).data?.token;
  } catch {
    return undefined;
  }
}
