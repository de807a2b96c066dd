/**
 * Our own event loop: a tick that notices when it comes late, and the gate that lets nobody judge
 * before the sockets have been read again.
 */
import { DrainGate } from '../src/pause/drain-gate.ts';
import type { Pause, PauseLog } from '../src/pause/pause-log.ts';
import type { Diagnostics } from '../src/telemetry/diagnostics.ts';
import type { Stop } from './channel.ts';

export interface RuntimeOptions {
  readonly pauses: PauseLog;
  readonly diagnostics: Diagnostics;
  /** Signs of life so far, from any collector. */
  readonly arrivals: () => number;
  readonly onPause?: (pause: Pause) => void;
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
  readonly stop: Stop;
}

export function collectRuntime({
  pauses,
  diagnostics,
  arrivals,
  onPause,
}: RuntimeOptions): Runtime {
  const gate = new DrainGate();
  let waiting: (() => void)[] = [];

  const turn = diagnostics.guard('drain gate', () => {
    if (!gate.turn(arrivals())) return void setImmediate(turn);
    const judges = waiting;
    waiting = [];
    for (const judge of judges) diagnostics.guard('judge', judge)();
  });

  const tick = diagnostics.guard('tick', () => {
    const pause = pauses.tick(performance.now());
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
    stop: () => clearInterval(timer),
  };

  /** Timers run in the order they are due, so a judge may be called before a late tick is. */
  function tickIfOverdue(): void {
    if (pauses.isLate(performance.now())) tick();
  }
}
