/**
 * A thread that ticks on its own, and says for how much of a pause it stood still, too.
 *
 * Opt-in: it costs about half a percent of a core and 25 MB. It waits with `Atomics.wait`, which
 * is half the price of a timer.
 */
import { Worker } from 'node:worker_threads';
import type { Diagnostics } from '../../src/telemetry/diagnostics.ts';

/** Gaps that are remembered: the pauses that are told soon after they end, with room to spare. */
export const GAPS_KEPT = 16;
/** What the thread writes, as 64-bit floats: its last tick, then start and end of each gap. */
export const SHARED_FLOATS = 1 + 2 * GAPS_KEPT;
const HEAP_MB = 16;

export interface WorkerTickData {
  readonly shared: SharedArrayBuffer;
  readonly tickMs: number;
}

export class WorkerTick {
  readonly #tickMs: number;
  readonly #times = new Float64Array(
    new SharedArrayBuffer(SHARED_FLOATS * Float64Array.BYTES_PER_ELEMENT),
  );
  readonly #worker: Worker;
  #isUp = true;

  constructor(tickMs: number, diagnostics: Diagnostics) {
    this.#tickMs = tickMs;
    const workerData: WorkerTickData = { shared: this.#times.buffer, tickMs };
    const resourceLimits = { maxOldGenerationSizeMb: HEAP_MB, maxYoungGenerationSizeMb: 1 };
    // Neither the host's --import nor its NODE_OPTIONS: the thread must not be measured, too.
    this.#worker = new Worker(PROGRAM, { workerData, execArgv: [], env: {}, resourceLimits });
    this.#worker.on('error', (error) => diagnostics.failed('watching thread', error));
    this.#worker.on('exit', () => (this.#isUp = false));
    this.#worker.unref();
  }

  /** How much of a span of ours it did not tick; undefined while it is not up. */
  gapMs(fromMs: number, toMs: number): number | undefined {
    const lastMs = this.#times[0] as number;
    if (!this.#isUp || lastMs === 0) return undefined;
    const [from, to] = [sharedMs(fromMs), sharedMs(toMs)];
    const overlap = (a: number, b: number) => Math.max(0, Math.min(b, to) - Math.max(a, from));
    // It may not have had its turn since: until it ticks, its gap goes on.
    const isLate = to - lastMs > 2 * this.#tickMs;
    let total = isLate ? overlap(lastMs, to) : 0;
    for (let i = 1; i < SHARED_FLOATS; i += 2) {
      total += overlap(this.#times[i] as number, this.#times[i + 1] as number);
    }
    return total;
  }

  stop(): void {
    this.#isUp = false;
    void this.#worker.terminate();
  }
}

/** Both threads count from when they began; this is what they share. */
export function sharedMs(ownMs: number): number {
  return performance.timeOrigin + ownMs;
}

const BUILT = new URL('./worker-tick-thread.js', import.meta.url);
/** The file as it is here: built, or the source that Node runs as well. */
const PROGRAM = import.meta.url.endsWith('.ts') ? new URL(BUILT.href.replace(/js$/, 'ts')) : BUILT;
