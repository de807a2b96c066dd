/**
 * Our own event loop: a tick that notices when it comes late, and the gate that lets nobody judge
 * before the sockets have been read again. Why it came late is told a moment later.
 */
import { DrainGate } from '../src/pause/drain-gate.ts';
import { LoopDelay } from '../src/pause/loop-delay.ts';
import type { PauseEvent } from '../src/pause/pause-event.ts';
import type { Pause, PauseLog } from '../src/pause/pause-log.ts';
import type { Diagnostics } from '../src/telemetry/diagnostics.ts';
import type { Stop } from './channel.ts';
import { PauseWatch, type PauseWatchOptions } from './pause/watch.ts';

export interface RuntimeOptions {
  readonly pauses: PauseLog;
  readonly diagnostics: Diagnostics;
  /** Signs of life so far, from any collector. */
  readonly arrivals: () => number;
  /** At each tick: every 20 ms, if the loop is in time. */
  readonly onTick?: () => void;
  /** At once, before anybody judges. */
  readonly onPause?: (pause: Pause) => void;
  /** Two turns of the loop later, with the cause. Without it, nobody looks for causes. */
  readonly onCause?: (event: PauseEvent) => void;
  /** Whether a thread of its own helps to find causes: half a percent of a core, 25 MB. */
  readonly watchThread?: boolean;
}

export interface Runtime {
  /**
   * Runs `judge` once the sockets have been read: at once if the loop is in time, else after as
   * many turns of the loop as it takes until one delivers nothing (8 at most).
   */
  whenDrained(judge: () => void): void;
  /** Something was read: if that is after a stall, it is known as one before it is judged by. */
  noticePause(): void;
  /** How long a request that is read now may have waited for our event loop, in ms. */
  loopWaitMs(nowMs: number): number;
  /** How long requests waited for our event loop in the last minute. */
  readonly loopDelay: LoopDelay;
  readonly stop: Stop;
}

export function collectRuntime({
  pauses,
  diagnostics,
  arrivals,
  onTick,
  onPause,
  onCause,
  watchThread = false,
}: RuntimeOptions): Runtime {
  const gate = new DrainGate();
  const loopDelay = new LoopDelay(pauses);
  const watch = onCause && startWatch({ tickMs: pauses.tickMs, diagnostics, watchThread, onCause });
  let waiting: (() => void)[] = [];

  const turn = diagnostics.guard('drain gate', () => {
    if (!gate.turn(arrivals())) return void setImmediate(turn);
    const judges = waiting;
    waiting = [];
    for (const judge of judges) diagnostics.guard('judge', judge)();
  });

  const tick = diagnostics.guard('tick', () => {
    const nowMs = performance.now();
    loopDelay.record(nowMs, pauses.lateByMs(nowMs));
    const pause = pauses.tick(nowMs);
    watch?.tick(pause);
    onTick?.();
    if (!pause) return;
    if (gate.open) setImmediate(turn);
    gate.close(arrivals());
    onPause?.(pause);
  });

  pauses.tick(performance.now());
  const timer = setInterval(tick, pauses.tickMs);
  timer.unref();
  return {
    whenDrained(judge) {
      tickIfOverdue();
      if (gate.open) judge();
      else waiting.push(judge);
    },
    noticePause: tickIfOverdue,
    loopWaitMs(nowMs) {
      const last = pauses.recent.at(-1);
      const waitedMs = gate.open || !last ? 0 : last.toMs - last.fromMs;
      return waitedMs + pauses.lateByMs(nowMs);
    },
    loopDelay,
    stop() {
      clearInterval(timer);
      watch?.stop();
    },
  };

  /** Timers run in the order they are due, so a judge may be called before a late tick is. */
  function tickIfOverdue(): void {
    if (pauses.isLate(performance.now())) tick();
  }
}

/** What fails while it watches is told to `diagnostics`; the gate must not depend on it. */
function startWatch(options: PauseWatchOptions): Pick<PauseWatch, 'tick' | 'stop'> {
  const { diagnostics } = options;
  const watch = new PauseWatch(options);
  return {
    tick: diagnostics.guard('pause watch', (pause: Pause | undefined) => watch.tick(pause)),
    stop: diagnostics.guard('pause watch', () => watch.stop()),
  };
}
