import type { Outcome } from '../timeout/types.ts';

/** How a request ended, as precisely as its events tell. */
export type Ending =
  | 'completed'
  /** The headers came, the body broke off: its round trip counts all the same. */
  | 'truncated'
  /** Some timeout fired, ours or the application's. */
  | 'timed-out'
  /** The caller gave up for a reason of its own. */
  | 'cancelled'
  /** The host answered that nobody listens: process dead, host alive. */
  | 'refused'
  /** Reset on a connection that was new for this request. */
  | 'reset'
  /** Reset on a kept-alive connection: most often it had idled out, so it says nothing. */
  | 'stale-reset'
  | 'unreachable'
  | 'dns'
  | 'tls'
  /** Anything else that broke the exchange. */
  | 'failed';

/** What each ending tells the estimator; undefined: nothing. */
export const OUTCOME: Readonly<Record<Ending, Outcome | undefined>> = {
  completed: 'completed',
  truncated: 'completed',
  'timed-out': 'timed-out',
  cancelled: 'cancelled',
  refused: 'failed',
  reset: 'failed',
  'stale-reset': undefined,
  unreachable: 'failed',
  dns: 'failed',
  tls: 'failed',
  failed: 'failed',
};

/** All endings, in the order in which tables list them. */
export const ENDINGS = Object.keys(OUTCOME) as readonly Ending[];
