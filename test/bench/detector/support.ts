import { type Sent, type Trace, traceOf } from '../../../bench/detector/trace.ts';
import { WARM_UP_BEATS } from '../../../bench/detector/replay.ts';

export const INTERVAL_MS = 100;
export const DELAY_MS = 7;

type Changes = Readonly<Record<number, Partial<Sent>>>;

/**
 * Heartbeats every 100 ms, each 7 ms on its way, but for the changes: those are counted from the
 * last heartbeat of the warm-up, so 1 is the first that is judged.
 */
export function traceWith(
  judged: number,
  changes: Changes = {},
  pauses: Trace['pauses'] = [],
): Trace {
  const about = { name: 'hand-made', origin: 'synthetic', set: 'judging' } as const;
  const sent = Array.from({ length: WARM_UP_BEATS + judged + 1 }, (_, seq): Sent => {
    const atMs = seq * INTERVAL_MS;
    const plain = { seq, atMs, clockMs: atMs + 5000, delayMs: DELAY_MS };
    return { ...plain, afterPause: false, afterSlowdown: false, ...changes[seq - WARM_UP_BEATS] };
  });
  return traceOf({ ...about, intervalMs: INTERVAL_MS, pauses }, sent);
}

/** The instant at which this heartbeat is due to be sent, counted as above. */
export function sentAtMs(n: number): number {
  return (WARM_UP_BEATS + n) * INTERVAL_MS;
}
