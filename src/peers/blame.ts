/**
 * Whose fault it was that a reply took longer than advised: 2d + r, taken apart.
 *
 * A reply takes twice the network's delay d, the wait in the server's queue and event loop, and
 * the time r of its handler. The largest of the three is blamed.
 */
export type Blame =
  /** Our own process stood still meanwhile. */
  | 'local'
  | 'network'
  /** The server's event loop or queue made it wait. */
  | 'server-queue'
  | 'handler'
  /** The server does not say how long it worked. */
  | 'unknown';

export interface LateReply {
  readonly durationMs: number;
  readonly localPauseMs: number;
  /** How long its handler worked on it, and how long its event loop made it wait before. */
  readonly serverMs?: number | undefined;
  readonly queueMs?: number | undefined;
}

export function blameOf({ durationMs, localPauseMs, serverMs, queueMs = 0 }: LateReply): Blame {
  if (localPauseMs > 0) return 'local';
  if (serverMs === undefined || serverMs + queueMs > durationMs) return 'unknown';
  const networkMs = durationMs - serverMs - queueMs;
  if (networkMs >= serverMs && networkMs >= queueMs) return 'network';
  return queueMs > serverMs ? 'server-queue' : 'handler';
}
