/**
 * All counters at one instant, about 10 µs. What is not there (another system, a container that
 * hides it) is undefined.
 */
import type { Sample } from '../../src/pause/facts.ts';
import { CgroupProbe } from './cgroup.ts';
import { parsePressure, parseSteal, parseUptime } from './machine.ts';
import { ProcFile } from './proc-file.ts';
import { DEBUGGER, ownSchedStat, parseSchedStat, schedStatOf, WITNESS } from './schedstat.ts';

const US_PER_MS = 1e3;
/** Limits and stolen time change seldom, and cost more on a machine with many CPUs. */
const SELDOM_MS = 1000;

export class Probes {
  readonly #own = ownSchedStat();
  readonly #witness = schedStatOf(WITNESS);
  #debugger: ProcFile | undefined;
  readonly #cgroup = new CgroupProbe();
  readonly #pressure = new ProcFile('/proc/pressure/cpu');
  readonly #stat = new ProcFile('/proc/stat');
  readonly #uptime = new ProcFile('/proc/uptime');
  #seldomAtMs = -Infinity;
  #stealMs: number | undefined;

  /** `isLate`: a pause has just ended, so look at what is read seldom, too. */
  sample(isLate: boolean): Sample {
    const bootMs = parseUptime(this.#uptime.read());
    const atMs = performance.now();
    const own = parseSchedStat(this.#own.read());
    const throttling = this.#cgroup.read();
    if (isLate || atMs - this.#seldomAtMs >= SELDOM_MS) this.#lookSeldom(atMs);
    return {
      atMs,
      idleMs: performance.eventLoopUtilization().idle,
      processCpuMs: processCpuMs(),
      mainRunMs: own.runMs,
      runQueueMs: own.waitMs,
      witnessRuns: this.witnessRuns(),
      debuggerRuns: this.#debugger && parseSchedStat(this.#debugger.read()).runs,
      throttledMs: throttling.ms,
      throttledCount: throttling.count,
      pressureMs: parsePressure(this.#pressure.read()),
      stealMs: this.#stealMs,
      bootMs,
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

  #lookSeldom(atMs: number): void {
    this.#seldomAtMs = atMs;
    this.#stealMs = parseSteal(this.#stat.read());
    this.#cgroup.refresh();
    this.#lookForDebugger();
  }

  #lookForDebugger(): void {
    if (debuggerUrl() !== undefined) return void (this.#debugger ??= schedStatOf(DEBUGGER));
    this.#debugger?.close();
    this.#debugger = undefined;
  }
}

/** Whether somebody may debug us; undefined where Node is built without. */
function debuggerUrl(): string | undefined {
  return process.features.inspector
    ? process.getBuiltinModule('node:inspector').url()
    : undefined;
}

function processCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / US_PER_MS;
}
