/**
 * Whether to try again: a retry must be safe, fit in the caller's deadline, and be affordable.
 *
 * Problem: retries double the load just when a service has least to spare.
 * Idea: a token bucket (Finagle's retry budget): every request earns a fraction of a retry, so
 * retries never add more than that share to the load, in calm times and in storms.
 */
import { argumentError } from '../errors.ts';

export interface RetryBudgetOptions {
  /** Retries for each request, in [0, 1]. Default 0.1: a tenth more load at most. */
  readonly ratio?: number;
  /** Retries that may be saved up, ≥ 1. Default 10. */
  readonly burst?: number;
}

export interface RetryBudget {
  /** A request that is no retry went out. */
  request(): void;
  /** Takes a retry if one is left. */
  take(): boolean;
  /** Retries left. */
  readonly left: number;
}

/** Throws ERR_TARDY_ARGUMENT for options out of range. */
export function createRetryBudget({
  ratio = 0.1,
  burst = 10,
}: RetryBudgetOptions = {}): RetryBudget {
  if (!(ratio >= 0 && ratio <= 1)) throw argumentError('ratio', ratio, 'a share in [0, 1]');
  if (!(burst >= 1 && Number.isFinite(burst)))
    throw argumentError('burst', burst, 'finite and >= 1');
  let left = burst;
  return {
    request() {
      left = Math.min(burst, left + ratio);
    },
    take() {
      if (left < 1) return false;
      left--;
      return true;
    },
    get left() {
      return Math.floor(left);
    },
  };
}

export interface RetryQuestion {
  readonly method: string;
  /** The request carries an Idempotency-Key. */
  readonly hasIdempotencyKey?: boolean;
  /** What the next try would wait, in ms: the advised timeout. */
  readonly timeoutMs: number;
  /** Time the caller has left, in ms. Default: no limit. */
  readonly leftMs?: number;
  readonly budget?: RetryBudget;
}

export type RetryAnswer = 'retry' | 'not-idempotent' | 'no-time' | 'no-budget';

/** RFC 9110, 9.2.2. */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE', 'QUERY']);

/** Whether one more try makes sense; takes it from the budget if so. */
export function mayRetry(question: RetryQuestion): RetryAnswer {
  const { method, hasIdempotencyKey = false, timeoutMs, leftMs = Infinity, budget } = question;
  if (!hasIdempotencyKey && !IDEMPOTENT.has(method.toUpperCase())) return 'not-idempotent';
  if (timeoutMs > leftMs) return 'no-time';
  return !budget || budget.take() ? 'retry' : 'no-budget';
}
