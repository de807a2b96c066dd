/**
 * Why we stood still.
 *
 * Problem: a late tick says that nobody ran, not why, and the cures differ: less code at a time,
 * less garbage, no blocking calls, more CPU, a higher quota, no debugger.
 * Idea: split the time among what may have taken it, by counters of the kernel and of V8, and
 * name the largest share. The time the thread was on a CPU is code or garbage collection. The
 * time it waited in the run queue is `starved`, or `throttled` as far as the cgroup's quota held
 * us back. The rest the thread slept: in a call (`blocked`), or because the whole process was stopped.
 *
 * These two look the same from the inside: no CPU, no waiting for one. The witness tells them
 * apart: to stop a process (signal, debugger, freezer of cgroup v1 or v2) the kernel wakes each
 * of its threads, even one that has nothing to do, and wakes it again to go on; a blocking call
 * wakes nobody. Measured on Node 22, 24 and 26: V8's thread for delayed tasks ran twice in each
 * stop, and in a block never, or once: while our thread forks, a SIGCHLD goes to another.
 * Threads that sleep in a futex are no witness: the freezer of cgroup v1 leaves them asleep.
 *
 * Formulas, over the time considered T = window − the idle time before the tick was due:
 * gc = the collections' time, and no more than the CPU time of all our threads, since a stop, a
 * quota or others may hold up a collection too; code = run (1 − gc / T); starved = wait, within
 * what is left; asleep = the rest. The time that a quota held us back is taken from asleep first,
 * and then from starved: such waiting is not always accounted as waiting.
 */
import type { PauseFacts } from './facts.ts';

export const PAUSE_CAUSES = [
  ...(['gc', 'sync-code', 'blocked', 'starved', 'throttled', 'stopped', 'suspended'] as const),
  'unknown',
] as const;

/**
 * `gc` garbage collection · `sync-code` our thread ran code · `blocked` it slept in a call ·
 * `starved` it was runnable and got no CPU · `throttled` the quota of a cgroup held it back ·
 * `stopped` the process was (signal, debugger, freezer) · `suspended` the machine was.
 */
export type PauseCause = (typeof PAUSE_CAUSES)[number];

export interface Classified {
  readonly cause: PauseCause;
  /** The shares of the time, largest first, and by what the cause is told. */
  readonly because: string;
}

/**
 * The clock that counts suspension has a grain of 10 ms, and is read a moment before or after
 * the other one: less than this is noise.
 */
export const SUSPENDED_MIN_MS = 100;
/** How often a stop puts a thread with nothing to do on a CPU: to stop, and to go on. */
const STOP_RUNS = 2;
/** Shares below this are not worth a word. */
const SHARE_TOLD = 0.05;

type Shares = Partial<Record<PauseCause, number>>;

/** The cause with the largest share; `unknown` where nothing could be read. */
export function classifyPause(facts: PauseFacts): Classified {
  const { bootGapMs = 0, gapMs } = facts;
  if (bootGapMs >= SUSPENDED_MIN_MS && bootGapMs >= gapMs) {
    return { cause: 'suspended', because: `the machine was suspended for ${show(bootGapMs)}` };
  }
  const consideredMs = consideredOf(facts);
  const asleep = sleepOf(facts);
  const shares = sharesOf(facts, consideredMs, asleep.cause);
  const ranked = (Object.entries(shares) as [PauseCause, number][]).sort((a, b) => b[1] - a[1]);
  const cause = ranked[0]?.[0] ?? 'unknown';
  const told = ranked.filter(([, ms]) => ms >= SHARE_TOLD * consideredMs);
  const list = told.map(([name, ms]) => `${name} ${show(ms)}`).join(', ');
  const why = cause === asleep.cause ? `; ${asleep.because}` : '';
  return { cause, because: `${list || 'nothing'} of ${show(consideredMs)}${why}` };
}

/** The window without the time the loop had nothing to do before its tick was due. */
function consideredOf({ windowMs, gapMs, idleMs = 0 }: PauseFacts): number {
  return Math.max(gapMs, windowMs - Math.min(idleMs, Math.max(0, windowMs - gapMs)));
}

function sharesOf(facts: PauseFacts, totalMs: number, asleepCause: PauseCause): Shares {
  const within = (ms = 0) => Math.min(Math.max(0, ms), totalMs);
  const collectingMs = within(facts.gcMs);
  // A stop may hit a collection: nobody collects while no thread of ours is on a CPU.
  const gcMs = Math.min(collectingMs, facts.processCpuMs ?? Infinity);
  const codeMs = totalMs > 0 ? within(facts.mainRunMs) * (1 - gcMs / totalMs) : 0;
  const waitMs = Math.min(within(facts.runQueueMs), totalMs - gcMs - codeMs);
  const asleepMs = Math.max(0, totalMs - gcMs - codeMs - waitMs);
  const throttledMs = Math.min(within(facts.throttledMs), asleepMs + waitMs);
  const leftAsleepMs = Math.max(0, asleepMs - throttledMs);
  // Asleep within a collection, and not stopped: it waits for the threads that help.
  const helpedMs = asleepCause === 'stopped' ? 0 : Math.min(leftAsleepMs, collectingMs - gcMs);
  const shares: Record<string, number> = {
    gc: gcMs + helpedMs,
    'sync-code': codeMs,
    starved: Math.max(0, waitMs - Math.max(0, throttledMs - asleepMs)),
    throttled: throttledMs,
  };
  shares[asleepCause] = (shares[asleepCause] ?? 0) + leftAsleepMs - helpedMs;
  return shares;
}

/** What kept the thread while it was neither on a CPU nor in the queue for one. */
function sleepOf(facts: PauseFacts): Classified {
  const { gapMs, mainRunMs, runQueueMs, witnessRuns, workerGapMs, continued } = facts;
  const { debuggerRuns = 0 } = facts;
  if (continued) return { cause: 'stopped', because: 'SIGCONT came' };
  if (workerGapMs !== undefined && workerGapMs >= gapMs / 2) {
    return {
      cause: 'stopped',
      because: `the watching thread stood still for ${show(workerGapMs)}`,
    };
  }
  if (mainRunMs === undefined) {
    return { cause: 'unknown', because: 'this system does not say what its threads do' };
  }
  if (workerGapMs === undefined && witnessRuns !== undefined && witnessRuns >= STOP_RUNS) {
    return { cause: 'stopped', because: 'a thread with nothing to do was woken as well' };
  }
  if (debuggerRuns >= STOP_RUNS) {
    return { cause: 'stopped', because: 'a debugger was told that it stops, and let it go on' };
  }
  if (isTaken(facts)) return { cause: 'starved', because: 'the CPUs were taken by others' };
  if (isInPoll(facts)) return inPoll(witnessRuns);
  if (workerGapMs !== undefined)
    return { cause: 'blocked', because: 'the watching thread went on' };
  if (runQueueMs === undefined) {
    return { cause: 'unknown', because: 'this system does not say who waits for a CPU' };
  }
  return { cause: 'blocked', because: 'the thread slept in a call, and no other was woken' };
}

/** Waiting that the run queue does not show: taken by the hypervisor, or no schedstat. */
function isTaken({ gapMs, stealMs = 0, runQueueMs, pressureMs = 0 }: PauseFacts): boolean {
  return stealMs >= gapMs / 2 || (runQueueMs === undefined && pressureMs >= gapMs / 2);
}

/** The loop was in its poll when its timer was due, and no call of ours can have held it. */
export function isInPoll({ gapMs, windowMs, idleMs }: PauseFacts): boolean {
  return idleMs !== undefined && idleMs - (windowMs - gapMs) >= gapMs / 2;
}

/** No call of ours can have held it; the second turn of the witness may be yet to come. */
function inPoll(witnessRuns: number | undefined): Classified {
  return witnessRuns !== 0
    ? { cause: 'stopped', because: 'the loop waited in its poll, and nothing woke it in time' }
    : { cause: 'unknown', because: 'the loop waited in its poll; perhaps the machine stood still' };
}

function show(ms: number): string {
  return ms < 10_000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
