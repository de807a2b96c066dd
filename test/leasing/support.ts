import { type LeaseClocks } from '../../src/leasing/lease-clocks.ts';
import {
  createLeaseGuard,
  type LeaseGuard,
  type LeaseGuardOptions,
} from '../../src/leasing/lease-guard.ts';

/** Clocks of a machine that runs and sleeps when it is told to. */
export class TestClocks implements LeaseClocks {
  readonly bootGrainMs: number;
  #monoMs = 1000;
  #bootMs = 5000;

  constructor(bootGrainMs = 0) {
    this.bootGrainMs = bootGrainMs;
  }

  monoMs(): number {
    return this.#monoMs;
  }

  bootMs(): number {
    const grain = this.bootGrainMs;
    return grain > 0 ? Math.floor(this.#bootMs / grain) * grain : this.#bootMs;
  }

  run(ms: number): void {
    this.#monoMs += ms;
    this.#bootMs += ms;
  }

  /** The monotonic clock stands still. */
  sleep(ms: number): void {
    this.#bootMs += ms;
  }
}

/** A guard of 300 ms without margin or drift, by clocks that the test moves; not acquired. */
export function guardAt(options: Partial<LeaseGuardOptions> = {}): {
  guard: LeaseGuard;
  clocks: TestClocks;
} {
  const clocks = new TestClocks();
  const common = { resource: 'ledger', ttlMs: 300, marginMs: 0, maxDriftPpm: 0 };
  return { guard: createLeaseGuard({ ...common, clocks, ...options }), clocks };
}

/** The same, acquired by a request that took no time. */
export function heldAt(options: Partial<LeaseGuardOptions> & { readonly token?: bigint } = {}) {
  const { token, ...rest } = options;
  const { guard, clocks } = guardAt(rest);
  guard.acquired({ sentAtMs: guard.nowMs(), ...(token === undefined ? {} : { token }) });
  return { guard, clocks };
}
