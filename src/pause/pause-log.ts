/**
 * Our own pauses, as a tick that came late tells them.
 *
 * Problem: while our process stands still (long synchronous code, garbage collection, SIGSTOP,
 * no CPU), replies wait in socket buffers, and afterwards they look slow, or missing.
 * Idea: a tick every `tickMs`. If it comes late by more than `lateMs`, nobody ran between the
 * instant it was due and the instant it came. Code that runs before the late tick is noticed
 * asks with its own `nowMs` and gets the pause that is still going on.
 */
import { argumentError } from '../errors.ts';

/** Pauses remembered: more than fit between a request and its end, unless all is lost anyway. */
const PAUSES_MAX = 64;

export interface Pause {
  readonly fromMs: number;
  readonly toMs: number;
}

export class PauseLog {
  readonly tickMs: number;
  readonly lateMs: number;
  readonly #pauses: Pause[] = [];
  #dueMs = Infinity;

  /** `tickMs`: time between ticks. `lateMs`: lateness that counts as a pause, > 0. */
  constructor({ tickMs, lateMs }: { readonly tickMs: number; readonly lateMs: number }) {
    if (!(tickMs > 0)) throw argumentError('tickMs', tickMs, 'a number of milliseconds > 0');
    if (!(lateMs > 0)) throw argumentError('lateMs', lateMs, 'a number of milliseconds > 0');
    this.tickMs = tickMs;
    this.lateMs = lateMs;
  }

  /** To be called at each tick; the pause that made it late, if one did. */
  tick(nowMs: number): Pause | undefined {
    const pause = this.#ongoing(nowMs);
    if (pause) {
      this.#pauses.push(pause);
      if (this.#pauses.length > PAUSES_MAX) this.#pauses.shift();
    }
    this.#dueMs = nowMs + this.tickMs;
    return pause;
  }

  /** True while the next tick is overdue: we stand still, or have just resumed. */
  isLate(nowMs: number): boolean {
    return this.#ongoing(nowMs) !== undefined;
  }

  /** How late the next tick already is, in ms: what a request that is read now had to wait. */
  lateByMs(nowMs: number): number {
    return Math.max(0, nowMs - this.#dueMs);
  }

  /** How much of a span we stood still. */
  overlapMs(fromMs: number, toMs: number): number {
    let overlap = 0;
    const ongoing = this.#ongoing(toMs);
    if (ongoing) overlap += shared(ongoing, fromMs, toMs);
    for (let i = this.#pauses.length - 1; i >= 0; i--) {
      const pause = this.#pauses[i] as Pause;
      if (pause.toMs <= fromMs) break;
      overlap += shared(pause, fromMs, toMs);
    }
    return overlap;
  }

  /** The pauses remembered, oldest first. */
  get recent(): readonly Pause[] {
    return this.#pauses;
  }

  #ongoing(nowMs: number): Pause | undefined {
    return nowMs - this.#dueMs >= this.lateMs ? { fromMs: this.#dueMs, toMs: nowMs } : undefined;
  }
}

function shared(pause: Pause, fromMs: number, toMs: number): number {
  return Math.max(0, Math.min(pause.toMs, toMs) - Math.max(pause.fromMs, fromMs));
}
