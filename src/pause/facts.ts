/**
 * What was counted while we stood still: the difference of two samples, the last one before the
 * pause and one at the late tick. What could not be read is undefined, never 0.
 *
 * Files are not read at every tick (an idle process would spend most of its time on that), so the
 * sample before may be some ticks old. What the loop did until the last tick in time is known
 * without them: it was idle or it was not, and what it was not is taken off: off its running time
 * first, and what is left off its waiting time.
 */

/**
 * Counters of this process and its surroundings at one instant; each only grows. Those marked
 * *seldom* may be half a second old in a sample that was in time.
 */
export interface Sample {
  /** When it was taken, monotonic. */
  readonly atMs: number;
  /** Time our loop has waited in its poll, with nothing to do. */
  readonly idleMs: number | undefined;
  /** CPU time of all our threads. */
  readonly processCpuMs: number | undefined;
  /** Time the loop's thread was on a CPU. */
  readonly mainRunMs: number | undefined;
  /** Time it was runnable and waited for one. */
  readonly runQueueMs: number | undefined;
  /** How often a thread of ours that has nothing to do was put on a CPU. Seldom. */
  readonly witnessRuns: number | undefined;
  /** How often the thread that talks with a debugger was; undefined while there is none. Seldom. */
  readonly debuggerRuns: number | undefined;
  /** Time our cgroup, or one around it, was held back by its quota, added up over the CPUs. */
  readonly throttledMs: number | undefined;
  /** Time in which somebody on this machine waited for a CPU (PSI, `cpu some`). Seldom. */
  readonly pressureMs: number | undefined;
  /** Time the hypervisor took from this machine, added up over the CPUs. Seldom. */
  readonly stealMs: number | undefined;
  /** What the clock that counts suspension is ahead of the monotonic one. */
  readonly suspendedMs: number | undefined;
}

/** A look at the loop alone, as it is taken at each tick. */
export type LoopTick = Pick<Sample, 'atMs' | 'idleMs'>;

export interface PauseFacts {
  /** From when the tick was due until it came: we stood still at least so long. */
  readonly gapMs: number;
  /** From the last tick in time to the late one: the counts below are over this. */
  readonly windowMs: number;
  readonly idleMs?: number | undefined;
  readonly processCpuMs?: number | undefined;
  readonly mainRunMs?: number | undefined;
  readonly runQueueMs?: number | undefined;
  readonly witnessRuns?: number | undefined;
  readonly debuggerRuns?: number | undefined;
  readonly throttledMs?: number | undefined;
  readonly pressureMs?: number | undefined;
  readonly stealMs?: number | undefined;
  /** What the clock that counts suspension ran on beyond the monotonic one. */
  readonly bootGapMs?: number | undefined;
  /** Garbage collection of the loop's thread. */
  readonly gcMs?: number | undefined;
  /** How much of the pause a thread that ticks on its own stood still, too. */
  readonly workerGapMs?: number | undefined;
  /** A SIGCONT came. */
  readonly continued?: boolean;
}

/**
 * The facts that lie in two samples; the rest is added by whoever knows it. `lastTick`: the last
 * tick in time, if that was after the sample before.
 */
export function factsBetween(
  before: Sample,
  after: Sample,
  gapMs: number,
  lastTick: LoopTick = before,
): PauseFacts {
  const earlierMs = lastTick.atMs - before.atMs - (difference(before.idleMs, lastTick.idleMs) ?? 0);
  const busyMs = Math.max(0, earlierMs);
  const runMs = difference(before.mainRunMs, after.mainRunMs);
  const waitMs = difference(before.runQueueMs, after.runQueueMs);
  return {
    gapMs,
    windowMs: after.atMs - lastTick.atMs,
    idleMs: difference(lastTick.idleMs, after.idleMs),
    processCpuMs: less(difference(before.processCpuMs, after.processCpuMs), busyMs),
    mainRunMs: less(runMs, busyMs),
    runQueueMs: less(waitMs, Math.max(0, busyMs - (runMs ?? 0))),
    witnessRuns: difference(before.witnessRuns, after.witnessRuns),
    debuggerRuns: difference(before.debuggerRuns, after.debuggerRuns),
    throttledMs: difference(before.throttledMs, after.throttledMs),
    pressureMs: difference(before.pressureMs, after.pressureMs),
    stealMs: difference(before.stealMs, after.stealMs),
    bootGapMs: difference(before.suspendedMs, after.suspendedMs),
  };
}

function less(ms: number | undefined, byMs: number): number | undefined {
  return ms === undefined ? undefined : Math.max(0, ms - byMs);
}

/** A counter that went back was set anew (another cgroup): then nothing is known. */
function difference(before: number | undefined, after: number | undefined): number | undefined {
  if (before === undefined || after === undefined || !(after >= before)) return undefined;
  return after - before;
}
