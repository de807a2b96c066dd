/**
 * The timer behind every timeout.
 *
 * Node's timers count whole milliseconds of a clock that stands still within a turn of the loop,
 * so they may fire early; and they fire before the sockets are read, so after a stall of our own
 * they blame a peer whose reply is already here. This one looks at the clock again when it fires,
 * and asks for the sockets to be read before it judges. It never keeps the host alive.
 */
import type { TimeoutSource } from './source.ts';

/** Beyond this, setTimeout fires at once. */
const TIMER_MAX_MS = 2 ** 31 - 1;

export interface Deadline {
  /** Expires this many ms from now instead; also after `clear`. */
  restart(ms: number): void;
  /** Never expires, not even if it is being judged. */
  clear(): void;
}

/**
 * Calls `onExpired` once, `ms` from now: never early, and not before the sockets have been read.
 * A wait that is no number (NaN) never ends.
 */
export function armDeadline(
  source: Pick<TimeoutSource, 'whenDrained'>,
  ms: number,
  onExpired: () => void,
): Deadline {
  const deadline = new DrainedTimer(source, onExpired);
  deadline.restart(ms);
  return deadline;
}

class DrainedTimer implements Deadline {
  readonly #source: Pick<TimeoutSource, 'whenDrained'>;
  readonly #onExpired: () => void;
  #dueMs = Infinity;
  #firesMs = Infinity;
  #timer: NodeJS.Timeout | undefined;

  constructor(source: Pick<TimeoutSource, 'whenDrained'>, onExpired: () => void) {
    this.#source = source;
    this.#onExpired = onExpired;
  }

  restart(ms: number): void {
    const nowMs = performance.now();
    this.#dueMs = nowMs + ms;
    // A timer that fires before will look at the clock and wait for the rest.
    if (this.#timer && this.#firesMs <= this.#dueMs) return;
    this.#wait(nowMs);
  }

  clear(): void {
    this.#dueMs = Infinity;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #wait(nowMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const restMs = this.#dueMs - nowMs;
    if (restMs === Infinity || Number.isNaN(restMs)) return;
    const waitMs = Math.min(Math.max(Math.ceil(restMs), 1), TIMER_MAX_MS);
    this.#firesMs = nowMs + waitMs;
    this.#timer = setTimeout(fire, waitMs, this).unref();
  }

  /** The timer is over: is the time? */
  fired(): void {
    this.#timer = undefined;
    const nowMs = performance.now();
    if (nowMs < this.#dueMs) this.#wait(nowMs);
    else this.#source.whenDrained(() => this.#judge());
  }

  /** What was read meanwhile may have cleared or restarted it. */
  #judge(): void {
    if (!(performance.now() >= this.#dueMs)) return;
    this.clear();
    this.#onExpired();
  }
}

function fire(timer: DrainedTimer): void {
  timer.fired();
}
