/** What it ran on, and whether that was fit to measure on. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const BUILT = join(ROOT, 'dist/src/index.js');

/** Above this, others take a share of the processors that the pairs cannot all shrug off. */
const LOAD_MAX = 1;
/** A clock must be this much finer than the block of requests it times. */
const CLOCK_STEP_MAX_US = 100;
const STEAL_MAX = 0.02;

export interface Machine {
  readonly node: string;
  readonly cpu: string;
  readonly processors: number;
  readonly load: number;
}

export function machine(): Machine {
  return {
    node: process.version,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    processors: availableParallelism(),
    load: loadavg()[0] ?? NaN,
  };
}

/** Why nothing can be measured: there is no built package; undefined if there is one. */
export function missingBuild(): string | undefined {
  if (existsSync(BUILT)) return undefined;
  return `${BUILT} is not there: the benchmark measures the built package; run "npm run build" first`;
}

/** Why to doubt what follows, before anything has run. */
export function doubtsAtStart({ load, processors }: Machine): string[] {
  const doubts: string[] = [];
  if (load > LOAD_MAX) {
    doubts.push(`the machine is busy: load average ${load.toFixed(2)}, at most ${LOAD_MAX} wanted`);
  }
  if (processors < 2) doubts.push('one processor: client and server take turns on it');
  const stepUs = cpuClockStepUs();
  if (stepUs > CLOCK_STEP_MAX_US) {
    doubts.push(`process.cpuUsage() moves in steps of ${stepUs.toFixed(0)} µs: too coarse here`);
  }
  if (staleBuild()) doubts.push('dist/ is older than the sources: run "npm run build"');
  return doubts;
}

/** Two processes of ours run at a time, and V8 helps itself to threads: so much is our own doing. */
const OWN_LOAD_MAX = 3;

/** Why to doubt what a part has just measured. */
export function doubtsMeanwhile(part: string): string[] {
  const load = loadavg()[0] ?? 0;
  if (load <= OWN_LOAD_MAX) return [];
  return [`others were at work while ${part} was measured: load average ${load.toFixed(2)}`];
}

/** Smallest step of the CPU clock seen in a few milliseconds, in µs. */
function cpuClockStepUs(): number {
  let smallest = Infinity;
  let last = cpuUs();
  const endMs = performance.now() + 50;
  while (performance.now() < endMs) {
    const now = cpuUs();
    if (now > last) smallest = Math.min(smallest, now - last);
    last = now;
  }
  return smallest;
}

function cpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

function staleBuild(): boolean {
  const builtMs = statSync(BUILT).mtimeMs;
  return ['src', 'collectors'].some((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .some((name) => statSync(join(ROOT, folder, name)).mtimeMs > builtMs),
  );
}

/** Watches what the hypervisor takes away while the benchmark runs, where Linux tells. */
export function watchSteal(): () => string[] {
  const before = cpuTimes();
  return () => {
    const after = cpuTimes();
    if (!before || !after) return [];
    const share = (after.steal - before.steal) / Math.max(1, after.total - before.total);
    if (share <= STEAL_MAX) return [];
    return [`the hypervisor took ${(share * 100).toFixed(0)} % of the processors meanwhile`];
  };
}

function cpuTimes(): { steal: number; total: number } | undefined {
  try {
    const line = /^cpu +(.*)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1] ?? '';
    const ticks = line.split(' ').map(Number);
    return { steal: ticks[7] ?? 0, total: ticks.slice(0, 8).reduce((a, b) => a + b, 0) };
  } catch {
    return undefined; // not Linux
  }
}
