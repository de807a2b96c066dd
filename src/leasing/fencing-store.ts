/** Where the highest token of each resource is kept, beside what it guards. */
import { argumentError, show, TardyError } from '../errors.ts';
import { isToken } from '../lease/fencing-rule.ts';
import { recordRejection, type StaleToken } from './hub.ts';

export interface Raised {
  readonly accepted: boolean;
  /** The highest token seen, this one included. */
  readonly seen: bigint;
}

/**
 * Remembers the highest token of each resource. `raise` alone is check-then-act: between it and a
 * write of yours a higher token may come. Both reject with a `StoreError` if they cannot tell.
 */
export interface FencingStore {
  /** Compares and raises the maximum; accepted if nothing higher was seen. */
  raise(resource: string, token: bigint): Promise<Raised>;
}

/** A store that keeps the maximum where the data are, and writes both in one transaction. */
export interface TransactionalFencingStore<Write, Result> extends FencingStore {
  /**
   * Compares the token, raises the maximum and writes, in one transaction. Rejects with a
   * `StaleTokenError` for a token that is too low: then nothing was written.
   */
  guard(resource: string, token: bigint, write: Write): Promise<Result>;
}

/** ERR_TARDY_FENCED: a higher token was seen, so nothing was written. */
export class StaleTokenError extends TardyError {
  override readonly name = 'StaleTokenError';
  /** What Express answers if nobody catches it. */
  readonly status = 412;
  readonly resource: string;
  readonly token: bigint;
  /** The highest token seen. */
  readonly seen: bigint;

  constructor({ resource, token, seen }: StaleToken) {
    super(
      'ERR_TARDY_FENCED',
      `token ${token} is too old for ${show(resource)}: ${seen} was seen; ` +
        'nothing was written. Acquire the lease anew',
    );
    this.resource = resource;
    this.token = token;
    this.seen = seen;
  }
}

/** Counts and tells of the refusal, and throws the error: what every store does with a low token. */
export function refuseStale(facts: StaleToken): never {
  recordRejection(facts);
  throw new StaleTokenError(facts);
}

/** Whether a change that failed was made: `unknown` where the answer did not come. */
export type Outcome = 'not-applied' | 'unknown';

/** ERR_TARDY_UNREACHABLE: the store did not answer as it should. */
export class StoreError extends TardyError {
  override readonly name = 'StoreError';
  /** What Express answers if nobody catches it. */
  readonly status = 503;
  readonly outcome: Outcome;

  constructor(message: string, { outcome, cause }: { outcome: Outcome; cause?: unknown }) {
    const known =
      outcome === 'unknown' ? 'whether it was applied is not known' : 'nothing was applied';
    super('ERR_TARDY_UNREACHABLE', `${message}; ${known}`, { cause });
    this.outcome = outcome;
  }
}

/** Longer names are a mistake, or an attack. */
export const RESOURCE_LENGTH_MAX = 512;

export function isResource(resource: unknown): resource is string {
  return typeof resource === 'string' && resource !== '' && resource.length <= RESOURCE_LENGTH_MAX;
}

/** Throws ERR_TARDY_ARGUMENT. */
export function checkFence(resource: string, token: bigint): void {
  if (!isResource(resource)) {
    throw argumentError('resource', resource, `a name of 1 to ${RESOURCE_LENGTH_MAX} characters`);
  }
  if (typeof token !== 'bigint' || !isToken(token)) {
    throw argumentError('token', token, 'a bigint of 0 to 2^64 - 1');
  }
}
