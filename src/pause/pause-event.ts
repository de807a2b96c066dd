/**
 * A pause as it is told: how long, and why.
 *
 * Problem: a tick comes every `tickMs`, and a pause begins at some instant between two of them.
 * From when the tick was due is what was certainly a pause, and half a tick too little on average.
 * Idea: what the loop did between its last tick and the pause lies in the counters: it was idle,
 * and it ran. In a call or in code: start = last tick + idle time + what it ran before. In the
 * poll, the counters do not tell when the time stopped being ours: then the middle is half a
 * tick wrong at most.
 */
import { classifyPause, isInPoll, type PauseCause } from './cause.ts';
import type { PauseFacts } from './facts.ts';

export interface PauseEvent {
  /** Monotonic; the likeliest start. `PauseLog` counts from when the tick was due. */
  readonly fromMs: number;
  readonly toMs: number;
  /** `toMs - fromMs`, and the time the machine was suspended, which the clock left out. */
  readonly durationMs: number;
  readonly cause: PauseCause;
  /** By what it is told, for people. */
  readonly because: string;
}

/** Above this, what the loop did before the pause is too much of a mixture to be read. */
const BUSY = 0.5;

/**
 * The event of a pause that ended at `toMs`. `busyBefore`: share of the tick before in which the
 * loop was not idle.
 */
export function pauseEvent(
  facts: PauseFacts,
  { toMs, busyBefore }: { readonly toMs: number; readonly busyBefore: number },
): PauseEvent {
  const classified = classifyPause(facts);
  const slackMs = Math.max(0, facts.windowMs - facts.gapMs);
  const beforeMs = Math.min(slackMs, timeBefore(classified.cause, facts, slackMs, busyBefore));
  const fromMs = toMs - facts.windowMs + beforeMs;
  const suspendedMs = classified.cause === 'suspended' ? (facts.bootGapMs ?? 0) : 0;
  return { fromMs, toMs, durationMs: toMs - fromMs + suspendedMs, ...classified };
}

/** From the last tick to the start of the pause; `slackMs`: from that tick until one was due. */
function timeBefore(
  cause: PauseCause,
  facts: PauseFacts,
  slackMs: number,
  busyBefore: number,
): number {
  if (cause === 'suspended') return slackMs;
  // Nobody waits for a CPU before there is something to do.
  if (isInPoll(facts)) return cause === 'starved' ? slackMs : slackMs / 2;
  const { idleMs, mainRunMs } = facts;
  if (idleMs === undefined) return slackMs / 2;
  if (cause === 'stopped' || cause === 'blocked') return idleMs + (mainRunMs ?? 0);
  return busyBefore < BUSY ? idleMs / (1 - busyBefore) : slackMs / 2;
}
