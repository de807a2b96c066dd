/**
 * A service with a few workers, first come, first served: on arrival the round trip is known.
 *
 * Its queue holds so many requests and refuses the rest at once. A caller is gone after its
 * timeout; its request is either served all the same, or dropped when its turn comes, and then no
 * worker is busy with it.
 */
export const WORKERS = 8;
export const SERVICE_MS = 20;
export const CAPACITY_PER_SECOND = (WORKERS * 1000) / SERVICE_MS;
/** Requests that may wait: 2.5 s of work. */
export const QUEUE_MAX = 1000;

export const ABANDONED_WORK = ['served', 'dropped'] as const;
export type AbandonedWork = (typeof ABANDONED_WORK)[number];

export class Service {
  readonly #abandoned: AbandonedWork;
  /** When each worker is free. */
  readonly #freeMs = new Float64Array(WORKERS);
  /** When the waiting will be taken up, or dropped: ascending. */
  #turnsMs: number[] = [];

  constructor(abandoned: AbandonedWork) {
    this.#abandoned = abandoned;
  }

  /** The round trip; Infinity if nobody answers, undefined if it is refused. */
  serve(nowMs: number, armedMs: number, serviceMs: number): number | undefined {
    const waiting = this.#turnsMs.findIndex((turnMs) => turnMs > nowMs);
    this.#turnsMs = waiting < 0 ? [] : waiting > 0 ? this.#turnsMs.slice(waiting) : this.#turnsMs;
    if (this.#turnsMs.length >= QUEUE_MAX) return undefined;
    const worker = this.#freeMs.indexOf(Math.min(...this.#freeMs));
    const turnMs = Math.max(nowMs, this.#freeMs[worker] as number);
    this.#turnsMs.push(turnMs);
    if (this.#abandoned === 'dropped' && turnMs > nowMs + armedMs) return Infinity;
    this.#freeMs[worker] = turnMs + serviceMs;
    return turnMs + serviceMs - nowMs;
  }
}
