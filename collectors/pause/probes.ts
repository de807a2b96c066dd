/**
 * All counters at one instant: two or three system calls, and a dozen twice a second. What is not
 * there (another system, a container that hides it) is undefined.
 */
import type { LoopTick, Sample } from '../../src/pause/facts.ts';
import { CgroupProbe } from './cgroup.ts';
import { parsePressure, parseSteal, parseUptime } from './machine.ts';
import { ProcFile } from './proc-file.ts';
import { DEBUGGER, ownSchedStat, parseSchedStat, schedStatOf, WITNESS } from './schedstat.ts';

const US_PER_MS = 1e3;
const SELDOM_MS = 500;
/**
 * Groups change seldom, and to ask which one is ours takes a lock of the whole machine on kernels
 * before 6.8.
 */
const GROUP_MS = 10_000;
/** A wall clock that moves so much against the monotonic one was set, or the machine suspended. */
const WALL_STEP_MS = 50;

/** Of the loop alone: no system call. */
export interface Tick extends LoopTick {
  readonly idleMs: number;
}

/** What was read at a tick: most are never looked at, so nothing is taken apart before. */
export interface Reading extends Tick {
  readonly suspendedMs: number | undefined;
  readonly cpu: NodeJS.CpuUsage;
  readonly schedStat: string | undefined;
  readonly throttledMs: number;
  readonly seldom: Seldom;
}

type Seldom = Pick<Sample, 'witnessRuns' | 'debuggerRuns' | 'pressureMs' | 'stealMs'>;

export class Probes {
  readonly #own = ownSchedStat();
  readonly #witness = schedStatOf(WITNESS);
  #debugger: ProcFile | undefined;
  readonly #cgroup = new CgroupProbe();
  readonly #pressure = new ProcFile('/proc/pressure/cpu');
  readonly #stat = new ProcFile('/proc/stat');
  readonly #uptime = new ProcFile('/proc/uptime');
  #seldomAtMs = -Infinity;
  #groupAtMs = -Infinity;
  #readAtMs = -Infinity;
  #seldom: Seldom | undefined;
  #wallOffsetMs = NaN;
  #suspendedMs: number | undefined;

  tick(): Tick {
    return { atMs: performance.now(), idleMs: performance.nodeTiming.idleTime };
  }

  /** `isLate`: a pause has just ended, so nothing may be old. */
  read(isLate: boolean, { atMs, idleMs }: Tick = this.tick()): Reading {
    const schedStat = this.#own.read();
    if (isLate || atMs - this.#groupAtMs >= GROUP_MS) {
      this.#cgroup.refresh(isLate ? atMs - this.#readAtMs : 0);
      this.#groupAtMs = atMs;
    }
    this.#readAtMs = atMs;
    if (isLate || !this.#seldom || atMs - this.#seldomAtMs >= SELDOM_MS) {
      this.#seldomAtMs = atMs;
      this.#seldom = this.#readSeldom();
    }
    return {
      atMs,
      ...{ idleMs, schedStat },
      suspendedMs: this.#readSuspended(atMs),
      cpu: process.cpuUsage(),
      throttledMs: this.#cgroup.readMs(),
      seldom: this.#seldom,
    };
  }

  /** How often a thread with nothing to do has run so far. */
  witnessRuns(): number | undefined {
    return this.#witness && parseSchedStat(this.#witness.read()).runs;
  }

  close(): void {
    const files = [this.#own, this.#witness, this.#debugger, this.#pressure];
    for (const file of [...files, this.#stat, this.#uptime, this.#cgroup]) file?.close();
  }

  #readSeldom(): Seldom {
    this.#lookForDebugger();
    return {
      witnessRuns: this.witnessRuns(),
      debuggerRuns: this.#debugger && parseSchedStat(this.#debugger.read()).runs,
      pressureMs: parsePressure(this.#pressure.read()),
      stealMs: parseSteal(this.#stat.read()),
    };
  }

  /** Without a look at the kernel's clock as long as the wall clock goes with the monotonic one. */
  #readSuspended(nowMs: number): number | undefined {
    const wallOffsetMs = Date.now() - nowMs;
    if (!(Math.abs(wallOffsetMs - this.#wallOffsetMs) < WALL_STEP_MS)) {
      this.#wallOffsetMs = wallOffsetMs;
      const bootMs = parseUptime(this.#uptime.read());
      this.#suspendedMs = bootMs === undefined ? undefined : bootMs - performance.now();
    }
    return this.#suspendedMs;
  }

  #lookForDebugger(): void {
    if (debuggerUrl() !== undefined) return void (this.#debugger ??= schedStatOf(DEBUGGER));
    this.#debugger?.close();
    this.#debugger = undefined;
  }
}

/** Whether somebody may debug us; undefined where Node is built without. */
function debuggerUrl(): string | undefined {
  return process.features.inspector ? process.getBuiltinModule('node:inspector').url() : undefined;
}

export function sampleOf({ schedStat, cpu, seldom, ...reading }: Reading): Sample {
  const own = parseSchedStat(schedStat);
  return {
    ...seldom,
    ...reading,
    processCpuMs: (cpu.user + cpu.system) / US_PER_MS,
    mainRunMs: own.runMs,
    runQueueMs: own.waitMs,
  };
}
