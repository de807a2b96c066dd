/**
 * A lock in etcd, held under a lease, whose token is a fencing token.
 *
 * The lock is a key that is created under a lease of etcd if it is not there; the revision of its
 * creation is the token: revisions only rise. The lease is kept alive by requests whose *send* time
 * counts; what may be done under it is the guard's to say. etcd 3.4 answers a keep-alive of a lease
 * that is gone with 200 and no TTL: that is a loss.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { argumentError, TardyError } from '../errors.ts';
import { answerAs, grantSchema, keepAliveSchema, rangeSchema, txnSchema } from './etcd-answers.ts';
import { base64, createEtcdGateway, type EtcdGateway, type EtcdOptions } from './etcd-gateway.ts';
import { activeTripCause, leaseDiagnostics } from './hub.ts';
import { createLeaseGuard, type LeaseGuard, type LeaseGuardOptions } from './lease-guard.ts';

/** etcd grants no less: one and a half election timeouts, in whole seconds. */
const TTL_MS_MIN = 2000;
/** A lease is renewed three times within its life: two renewals may be lost. */
const RENEWALS = 3;
/** Between two looks at a lock that another holds: at first, and at most, in ms. */
const LOOK_MS = { first: 50, most: 1000 };

export interface EtcdLockOptions
  extends EtcdOptions, Omit<LeaseGuardOptions, 'resource' | 'ttlMs'> {
  /** The key in etcd: all who contend for the lock name the same. */
  readonly key: string;
  /** In ms, whole seconds, >= 2000. Default 10,000. */
  readonly ttlMs?: number;
}

export interface AcquireOptions {
  /** Gives up waiting. Default: waits as long as it takes. */
  readonly signal?: AbortSignal;
}

export interface EtcdLock {
  /** Says whether the lock is held, at the moment it is asked. */
  readonly guard: LeaseGuard;
  /**
   * Waits until nobody else holds it, and takes it; resolves with its fencing token. Rejects with
   * a `StoreError` if etcd cannot be asked, with the signal's reason if that gives up, and with
   * ERR_TARDY_STATE if it is held, or being acquired, by this object already, or is released
   * meanwhile. After a loss that etcd does not know of, its lease has to expire there first.
   */
  acquire(options?: AcquireOptions): Promise<bigint>;
  /** Gives it up at once; what cannot be told to etcd ends there with the lease. */
  release(): Promise<void>;
}

/** Throws ERR_TARDY_ARGUMENT for options that make no lock. */
export function createEtcdLock(options: EtcdLockOptions): EtcdLock {
  const { key, ttlMs = 10_000 } = options;
  if (typeof key !== 'string' || key === '') throw argumentError('key', key, 'a name');
  if (!(Number.isInteger(ttlMs / 1000) && ttlMs >= TTL_MS_MIN)) {
    throw argumentError('ttlMs', ttlMs, `whole seconds in ms, at least ${TTL_MS_MIN}`);
  }
  return new Lock(options, ttlMs);
}

/** A lease of etcd's that lives. */
interface EtcdLease {
  readonly id: string;
  readonly sentAtMs: number;
  readonly ttlMs: number;
}

class Lock implements EtcdLock {
  readonly guard: LeaseGuard;
  readonly #gateway: EtcdGateway;
  readonly #key: string;
  readonly #ttlMs: number;
  /** A renewal that hangs leaves time to ask every endpoint before the next one is due. */
  readonly #keepAliveLimitMs: number;
  #leaseId: string | undefined;
  #acquiring: AbortController | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: EtcdLockOptions, ttlMs: number) {
    this.#gateway = createEtcdGateway(options);
    this.#key = base64(options.key);
    this.#ttlMs = ttlMs;
    this.#keepAliveLimitMs = Math.ceil(ttlMs / RENEWALS / options.endpoints.length);
    this.guard = createLeaseGuard({
      ...options,
      resource: options.key,
      ttlMs,
      onLost: (error) => {
        this.#forget(); // not revoked: what was written under it may still be on its way
        options.onLost?.(error);
      },
    });
  }

  async acquire({ signal }: AcquireOptions = {}): Promise<bigint> {
    this.guard.noticePause(); // a lease whose time is over is not held
    if (this.#acquiring || this.#leaseId !== undefined) {
      throw new TardyError('ERR_TARDY_STATE', 'the lock is held, or being acquired, already');
    }
    const acquiring = (this.#acquiring = new AbortController());
    const given = signal ? [signal] : [];
    try {
      return await this.#waitFor(AbortSignal.any([acquiring.signal, ...given]));
    } finally {
      if (this.#acquiring === acquiring) this.#acquiring = undefined;
    }
  }

  async release(): Promise<void> {
    this.#acquiring?.abort(new TardyError('ERR_TARDY_STATE', 'the lock was released'));
    this.#acquiring = undefined;
    this.guard.release();
    const id = this.#forget();
    if (id !== undefined) await this.#revoke(id);
  }

  async #waitFor(signal: AbortSignal): Promise<bigint> {
    try {
      for (let waitMs = LOOK_MS.first; ; waitMs = Math.min(2 * waitMs, LOOK_MS.most)) {
        signal.throwIfAborted();
        const token = (await this.#mayTake(signal)) ? await this.#tryToTake(signal) : undefined;
        if (token !== undefined) return token;
        // Spread, so that those who wait do not all come at once.
        await sleep(waitMs * (0.5 + Math.random() / 2), undefined, { signal });
      }
    } catch (error) {
      signal.throwIfAborted(); // its reason, not how the wait was broken off
      throw error;
    }
  }

  /** A node that could not hold it would only keep it from others. */
  async #mayTake(signal: AbortSignal): Promise<boolean> {
    return activeTripCause(this.guard.tripOn) === undefined && !(await this.#isTaken(signal));
  }

  async #isTaken(signal: AbortSignal): Promise<boolean> {
    const how = { repeatable: true, signal };
    const answer = await this.#gateway.call('kv/range', { key: this.#key, keys_only: true }, how);
    return (answerAs(rangeSchema, answer).kvs ?? []).length > 0;
  }

  /** The token; undefined if another was faster. */
  async #tryToTake(signal: AbortSignal): Promise<bigint | undefined> {
    const lease = await this.#grant(signal);
    try {
      const token = await this.#createKey(lease.id, signal);
      // Given up or released meanwhile: it may have been acquired anew since.
      if (token !== undefined && !signal.aborted && this.#isOurs(lease, token)) return token;
    } catch (error) {
      await this.#revoke(lease.id); // the key may be there: it goes with the lease
      throw error;
    }
    await this.#revoke(lease.id);
    return undefined;
  }

  async #grant(signal: AbortSignal): Promise<EtcdLease> {
    const sentAtMs = this.guard.nowMs();
    // Twice leaves a lease that nobody uses, until it expires.
    const how = { repeatable: true, signal };
    const answer = await this.#gateway.call('lease/grant', { TTL: `${this.#ttlMs / 1000}` }, how);
    const { ID, TTL } = answerAs(grantSchema, answer);
    return { id: ID, sentAtMs, ttlMs: Number(TTL) * 1000 };
  }

  /** The revision at which we created the key; undefined if it is there already. */
  async #createKey(lease: string, signal: AbortSignal): Promise<bigint | undefined> {
    const key = this.#key;
    const value = base64(randomUUID());
    const answer = await this.#gateway.call(
      'kv/txn',
      {
        compare: [{ target: 'CREATE', result: 'EQUAL', key, createRevision: '0' }],
        success: [{ requestPut: { key, value, lease } }],
      },
      { repeatable: false, signal },
    );
    const { succeeded, header } = answerAs(txnSchema, answer);
    return succeeded ? BigInt(header.revision) : undefined;
  }

  /** False if the answers took so long that the lease is over. */
  #isOurs({ id, sentAtMs, ttlMs }: EtcdLease, token: bigint): boolean {
    if (!this.guard.acquired({ sentAtMs, ttlMs, token })) return false;
    this.#leaseId = id;
    this.#keepAliveLater(id, ttlMs / RENEWALS);
    return true;
  }

  #keepAliveLater(id: string, waitMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#keepAlive(id), waitMs).unref();
  }

  /** Never rejects. */
  async #keepAlive(id: string): Promise<void> {
    const sentAtMs = this.guard.nowMs();
    try {
      const how = { repeatable: true, limitMs: this.#keepAliveLimitMs };
      const answer = await this.#gateway.call('lease/keepalive', { ID: id }, how);
      if (this.#leaseId !== id) return;
      const { TTL = '0' } = answerAs(keepAliveSchema, answer).result;
      const ttlMs = Number(TTL) * 1000;
      if (ttlMs > 0) this.guard.acquired({ sentAtMs, ttlMs });
      else this.guard.trip('etcd does not know the lease any more');
    } catch (error) {
      leaseDiagnostics.failed('keep-alive', error);
    }
    // Asked again soon after a failure, until the guard finds that the time is over.
    if (this.#leaseId === id && this.guard.isHeld()) {
      this.#keepAliveLater(id, Math.max(1, this.guard.remainingMs() / RENEWALS));
    }
  }

  /** Renews it no more; which lease of etcd's it was. */
  #forget(): string | undefined {
    const id = this.#leaseId;
    this.#leaseId = undefined;
    clearTimeout(this.#timer);
    return id;
  }

  /** Never rejects: a lease that cannot be revoked ends by itself. */
  async #revoke(ID: string): Promise<void> {
    try {
      await this.#gateway.call('lease/revoke', { ID }, { repeatable: true });
    } catch (error) {
      leaseDiagnostics.failed('revoke', error);
    }
  }
}
