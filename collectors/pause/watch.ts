/**
 * Why the loop stood still: samples the counters every few ticks, and tells the cause of a pause two
 * turns of the loop after it, when garbage collections and signals have been told as well; half a
 * tick later, if other threads have not yet gone on.
 */
import { SUSPENDED_MIN_MS } from '../../src/pause/cause.ts';
import { factsBetween } from '../../src/pause/facts.ts';
import { GcLog } from '../../src/pause/gc-log.ts';
import { type PauseEvent, pauseEvent } from '../../src/pause/pause-event.ts';
import type { Pause } from '../../src/pause/pause-log.ts';
import type { Diagnostics } from '../../src/telemetry/diagnostics.ts';
import { collectGc } from './gc.ts';
import { Probes, type Reading, sampleOf, type Tick } from './probes.ts';
import { WorkerTick } from './worker-tick.ts';

/** Between two samples while all is in time: what a sample costs is felt in an idle process. */
const SAMPLE_MS = 200;

export interface PauseWatchOptions {
  readonly tickMs: number;
  readonly diagnostics: Diagnostics;
  /** Whether a thread of its own watches as well. */
  readonly watchThread: boolean;
  readonly onCause: (event: PauseEvent) => void;
}

export class PauseWatch {
  readonly #options: PauseWatchOptions;
  readonly #probes = new Probes();
  readonly #gc = new GcLog();
  readonly #worker: WorkerTick | undefined;
  readonly #stops: readonly (() => void)[];
  #last: Reading;
  #lastTick: Tick;
  /** Share of the last tick in which the loop had something to do. */
  #busy = 0;
  /** When the last SIGCONT came. */
  #continuedAtMs = -Infinity;
  #untold = 0;
  #isStopped = false;

  constructor(options: PauseWatchOptions) {
    this.#options = options;
    const { diagnostics, tickMs, watchThread } = options;
    this.#worker = watchThread ? watchingThread(tickMs, diagnostics) : undefined;
    // The kernel continues us whether somebody listens or not.
    const onContinue = () => void (this.#continuedAtMs = performance.now());
    process.on('SIGCONT', onContinue);
    this.#stops = [
      collectGc(this.#gc, diagnostics),
      () => process.off('SIGCONT', onContinue),
      () => this.#probes.close(),
      () => this.#worker?.stop(),
    ];
    this.#lastTick = this.#last = this.#probes.read(true);
  }

  /** To be called at each tick, with the pause that made it late, if one did. */
  tick(pause: Pause | undefined): void {
    const lastTick = this.#lastTick;
    const tick = this.#probes.tick();
    const about = { lastTick, busyBefore: this.#busy };
    this.#lastTick = tick;
    this.#busy = busyShare(lastTick, tick);
    if (!pause && tick.atMs - this.#last.atMs < SAMPLE_MS) return;
    const before = this.#last;
    const after = (this.#last = this.#probes.read(pause !== undefined, tick));
    const bootGapMs = (after.suspendedMs ?? 0) - (before.suspendedMs ?? 0);
    if (pause) this.#tellLater(before, after, { ...about, pause });
    else if (bootGapMs >= SUSPENDED_MIN_MS) {
      this.#tellLater(before, after, { ...about, pause: noPause(after.atMs) });
    } else if (this.#untold === 0) this.#gc.forget(before.atMs);
  }

  stop(): void {
    this.#isStopped = true;
    for (const stop of this.#stops) stop();
  }

  #tellLater(before: Reading, after: Reading, about: About): void {
    this.#untold++;
    const { diagnostics, tickMs } = this.#options;
    const tell = diagnostics.guard('cause of a pause', () => {
      this.#untold--;
      if (!this.#isStopped) this.#tell(before, after, about);
    });
    const settle = diagnostics.guard('cause of a pause', () => {
      // Threads go on one after another: has the witness had one turn of two?
      if (this.#witnessRunsSince(before) === 1) setTimeout(tell, tickMs / 2).unref();
      else tell();
    });
    setImmediate(() => setImmediate(settle));
  }

  #witnessRunsSince({ seldom }: Reading): number {
    return (this.#probes.witnessRuns() ?? 0) - (seldom.witnessRuns ?? 0);
  }

  #tell(before: Reading, after: Reading, { pause, lastTick, busyBefore }: About): void {
    const { fromMs, toMs } = pause;
    const settled = { ...sampleOf(after), witnessRuns: this.#probes.witnessRuns() };
    const facts = {
      ...factsBetween(sampleOf(before), settled, toMs - fromMs, lastTick),
      gcMs: this.#gc.overlapMs(lastTick.atMs, after.atMs),
      workerGapMs: this.#worker?.gapMs(fromMs, toMs),
      continued: this.#continuedAtMs >= before.atMs,
    };
    this.#options.onCause(pauseEvent(facts, { toMs, busyBefore }));
  }
}

interface About {
  readonly pause: Pause;
  /** The last one in time. */
  readonly lastTick: Tick;
  readonly busyBefore: number;
}

/** Where threads are not allowed, causes are told without one. */
function watchingThread(tickMs: number, diagnostics: Diagnostics): WorkerTick | undefined {
  try {
    return new WorkerTick(tickMs, diagnostics);
  } catch (error) {
    diagnostics.failed('watching thread', error);
    return undefined;
  }
}

/** A suspended machine's monotonic clock stands still, so no tick comes late. */
function noPause(atMs: number): Pause {
  return { fromMs: atMs, toMs: atMs };
}

function busyShare(before: Tick, after: Tick): number {
  const idle = (after.idleMs - before.idleMs) / (after.atMs - before.atMs);
  return Math.min(1, Math.max(0, 1 - idle)) || 0;
}
