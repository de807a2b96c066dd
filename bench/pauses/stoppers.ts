/** Ways to stop a process, hold it back or starve it from outside, and to undo that. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { sleep } from '../detector/live/processes.ts';

const ROOT = '/sys/fs/cgroup';
const NAME = `tardy-bench-${process.pid}`;
/** A group is busy for a moment after its last process has gone. */
const REMOVE_TRIES = 50;

/** Stops and lets go on; resolves with how long it stood still. */
export type Stopper = (pid: number, forMs: number) => Promise<number>;

async function between(from: () => void, to: () => void, forMs: number): Promise<number> {
  from();
  const fromMs = performance.now();
  await sleep(forMs);
  const stoodMs = performance.now() - fromMs;
  to();
  return stoodMs;
}

/** SIGTSTP does the same, except to who has no terminal: that one it does not stop. */
const bySignal: Stopper = (pid, forMs) =>
  between(
    () => process.kill(pid, 'SIGSTOP'),
    () => process.kill(pid, 'SIGCONT'),
    forMs,
  );

function byFreezer(folder: string, file: string, [on, off]: readonly [string, string]): Stopper {
  return async (pid, forMs) => {
    const group = new Group(folder);
    try {
      group.add(pid);
      await sleep(100);
      return await between(
        () => group.set(file, on),
        () => group.set(file, off),
        forMs,
      );
    } finally {
      await group.remove(pid);
    }
  };
}

const V1 = `${ROOT}/freezer`;
const V2 = [`${ROOT}/unified`, ROOT].find((folder) => existsSync(`${folder}/cgroup.controllers`));

/** Those this machine has. */
export const STOPPERS: ReadonlyMap<string, Stopper> = new Map([
  ['SIGSTOP', bySignal],
  ...(existsSync(V1)
    ? ([['freezer v1', byFreezer(V1, 'freezer.state', ['FROZEN', 'THAWED'])]] as const)
    : []),
  ...(V2 === undefined
    ? []
    : ([['freezer v2', byFreezer(V2, 'cgroup.freeze', ['1', '0'])]] as const)),
]);

/** A cgroup of our own. */
export class Group {
  readonly #folder: string;
  readonly #parent: string;

  constructor(parent: string) {
    this.#parent = parent;
    this.#folder = `${parent}/${NAME}`;
    mkdirSync(this.#folder, { recursive: true });
  }

  add(pid: number): void {
    this.set('cgroup.procs', `${pid}`);
  }

  set(file: string, value: string): void {
    writeFileSync(`${this.#folder}/${file}`, value);
  }

  /** Gives its process back to the group around it, and goes. */
  async remove(pid: number): Promise<void> {
    try {
      writeFileSync(`${this.#parent}/cgroup.procs`, `${pid}`);
    } catch {
      // it has ended
    }
    for (let i = 0; i < REMOVE_TRIES; i++) {
      try {
        rmdirSync(this.#folder);
        return;
      } catch {
        await sleep(20);
      }
    }
  }
}

const CPU_V1 = `${ROOT}/cpu`;
const PERIOD_US = 100_000;

/** Undefined where there is no cgroup v1 with a quota to set. */
export function quotaGroup(): Group | undefined {
  return existsSync(`${CPU_V1}/cpu.cfs_quota_us`) ? new Group(CPU_V1) : undefined;
}

export function setQuota(group: Group, share: number): void {
  group.set('cpu.cfs_period_us', `${PERIOD_US}`);
  group.set('cpu.cfs_quota_us', `${Math.round(share * PERIOD_US)}`);
}

/** Programs that take a CPU, all on the same; ended by their ids. */
export function spinners(count: number, cpu: number | undefined): () => void {
  const spin = ['-e', 'for (;;);'];
  const all: ChildProcess[] = Array.from({ length: count }, () =>
    cpu === undefined
      ? spawn(process.execPath, spin, { stdio: 'ignore' })
      : spawn('taskset', ['-c', `${cpu}`, process.execPath, ...spin], { stdio: 'ignore' }),
  );
  const end = () => all.forEach((child) => child.kill('SIGKILL'));
  process.once('exit', end);
  return () => {
    end();
    process.off('exit', end);
  };
}

/** Puts a process with all its threads on one CPU, last in the queue for it. */
export function pushAside(pid: number, cpu: number): void {
  execFileSync('taskset', ['-a', '-c', '-p', `${cpu}`, `${pid}`], { stdio: 'ignore' });
  const threads = readdirSync(`/proc/${pid}/task`);
  execFileSync('renice', ['-n', '19', '-p', ...threads], { stdio: 'ignore' });
}
