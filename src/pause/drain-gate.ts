/**
 * Drain before judge: after a late tick, no verdict before the sockets have been read.
 *
 * Problem: Node runs timers before it polls sockets, so after a stall a timeout fires although
 * the reply sits in the socket's buffer (57 to 60 of 60 false timeouts in five libraries).
 * Idea: wait for whole turns of the event loop until one delivers nothing. Turns are counted
 * because libuv reads a bounded number of datagrams in each, and bounded because a busy server
 * never has an empty one.
 */

/** Turns waited at most. */
export const DRAIN_TURNS_MAX = 8;

export class DrainGate {
  #turns = 0;
  #arrivals = 0;
  #open = true;

  /** No judging until the sockets are drained. `arrivals`: how many arrivals there were so far. */
  close(arrivals: number): void {
    this.#open = false;
    this.#turns = 0;
    this.#arrivals = arrivals;
  }

  /** After each turn of the event loop; true once judging is allowed. */
  turn(arrivals: number): boolean {
    if (this.#open) return true;
    this.#turns++;
    this.#open = arrivals === this.#arrivals || this.#turns >= DRAIN_TURNS_MAX;
    this.#arrivals = arrivals;
    return this.#open;
  }

  /** True while judging is allowed. */
  get open(): boolean {
    return this.#open;
  }
}
