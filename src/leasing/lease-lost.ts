import { TardyError } from '../errors.ts';

export interface LeaseLostFacts {
  readonly resource: string;
  readonly reason: string;
  readonly lateMs: number | undefined;
}

/** ERR_TARDY_LEASE_LOST: the lease is not held, so nothing may be done under it. */
export class LeaseLostError extends TardyError {
  override readonly name = 'LeaseLostError';
  readonly resource: string;
  /** Why it is not held, in words. */
  readonly reason: string;
  /** For how long it has not been held, in ms; undefined if it never was. */
  readonly lateMs: number | undefined;

  constructor({ resource, reason, lateMs }: LeaseLostFacts) {
    const since = lateMs === undefined ? '' : ` for ${lateMs.toFixed(1)} ms`;
    super(
      'ERR_TARDY_LEASE_LOST',
      `the lease on ${JSON.stringify(resource)} is not held${since}: ${reason}; ` +
        'stop, and act again only after acquiring it anew',
    );
    this.resource = resource;
    this.reason = reason;
    this.lateMs = lateMs;
  }
}
