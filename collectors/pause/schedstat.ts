/** What the scheduler did with a thread: time on a CPU, time in the queue for one, turns. */
import { readdirSync, readFileSync } from 'node:fs';
import { numberOf, ProcFile } from './proc-file.ts';

/** V8's thread for delayed tasks, as the kernel cuts its name: it has nothing to do, mostly. */
export const WITNESS = 'DelayedTaskSche';
/** The thread that talks with a debugger, from Node 24 on; before, it has no name of its own. */
export const DEBUGGER = 'InspectorIo';
const NS_PER_MS = 1e6;

export interface SchedStat {
  readonly runMs: number | undefined;
  readonly waitMs: number | undefined;
  /** How often it was put on a CPU. */
  readonly runs: number | undefined;
}

const UNKNOWN: SchedStat = { runMs: undefined, waitMs: undefined, runs: undefined };

/** `run wait turns`, in nanoseconds. */
export function parseSchedStat(text: string | undefined): SchedStat {
  const [run, wait, runs] = text?.trim().split(' ').map(numberOf) ?? [];
  // A thread that asks has run: a kernel that says 0 does not count.
  if (run === 0 && wait === 0 && runs === 0) return UNKNOWN;
  return {
    runMs: run === undefined ? undefined : run / NS_PER_MS,
    waitMs: wait === undefined ? undefined : wait / NS_PER_MS,
    runs,
  };
}

/** Of the thread that calls this. */
export function ownSchedStat(): ProcFile {
  return new ProcFile('/proc/thread-self/schedstat');
}

const TASKS = '/proc/self/task';

/** Of the thread of this process that has this name; undefined without one. */
export function schedStatOf(name: string): ProcFile | undefined {
  const thread = threadNamed(name);
  return thread === undefined ? undefined : new ProcFile(`${TASKS}/${thread}/schedstat`);
}

function threadNamed(name: string): string | undefined {
  try {
    return readdirSync(TASKS).find((thread) => nameOf(thread) === name);
  } catch {
    return undefined;
  }
}

function nameOf(thread: string): string | undefined {
  try {
    return readFileSync(`${TASKS}/${thread}/comm`, 'utf8').trim();
  } catch {
    return undefined; // it has ended meanwhile
  }
}
