/**
 * When waiting longer makes everything worse: more requests arrive than are answered.
 *
 * Problem: an overloaded server answers ever later, so an adaptive timeout rises, so more requests
 * wait at once, so the server is loaded more.
 * Idea: RTT and requests in flight rise together in a mere slowdown too, but then as many replies
 * come as requests go. So: two spans of at least two timeouts each, in both of which fewer replies
 * came than requests went (by more than chance makes of it) and more waited at the end than at the
 * start. Until as many come as go, the timeout does not rise; but if fewer and fewer replies come
 * in time, the queue is already longer than the timeout and all the work is done for nobody, so it
 * must rise after all.
 */

/** Shortest span looked at: less holds too few requests to tell. */
const SPAN_MIN_MS = 1000;
const TIMEOUTS_A_SPAN = 2;
/** Fewer replies than this share of the requests are too few, … */
const ANSWERED_SHARE = 0.95;
/** … and so many standard deviations of a Poisson count. */
const DEVIATIONS = 3;
const SPANS = 2;
/** Replies in time, of the most in a span of this overload, below which the timeout is too short. */
const COLLAPSED_SHARE = 0.8;

/** What was seen in the last span of an overload. */
export interface Overload {
  readonly arrivalsPerSecond: number;
  readonly repliesPerSecond: number;
  readonly inFlight: number;
  /** So few replies come in time that only a longer timeout brings them back. */
  readonly collapsed: boolean;
}

export class OverloadGuard {
  #startMs: number | undefined;
  #endMs = 0;
  #arrivals = 0;
  #replies = 0;
  #inFlightAtStart = 0;
  #spans = 0;
  #mostPerSecond = 0;
  #overload: Overload | undefined;

  /** Undefined while as many replies come as requests go. */
  get overload(): Overload | undefined {
    return this.#overload;
  }

  /** A request ended by itself: with a reply, or refused. */
  answered(): void {
    this.#replies++;
  }

  /** A request goes out; true when a span has ended and `overload` may be another. */
  begun(atMs: number, timeoutMs: number, inFlight: number): boolean {
    const isOver = atMs >= this.#endMs;
    if (isOver) {
      if (this.#startMs !== undefined) this.#judge(atMs - this.#startMs, inFlight);
      this.#startMs = atMs;
      this.#endMs = atMs + Math.max(SPAN_MIN_MS, TIMEOUTS_A_SPAN * timeoutMs);
      this.#inFlightAtStart = inFlight;
      this.#arrivals = this.#replies = 0;
    }
    this.#arrivals++;
    return isOver;
  }

  #judge(spanMs: number, inFlight: number): void {
    const [arrivals, replies] = [this.#arrivals, this.#replies];
    const missing = arrivals - replies;
    const tooFew =
      replies < ANSWERED_SHARE * arrivals && missing > DEVIATIONS * Math.sqrt(arrivals);
    if (!tooFew) {
      this.#spans = this.#mostPerSecond = 0;
      this.#overload = undefined;
      return;
    }
    // Once told, it lasts while replies are missing: a timeout held fast stops the growth.
    if (inFlight > this.#inFlightAtStart) this.#spans++;
    else if (!this.#overload) this.#spans = 0;
    const repliesPerSecond = (replies * 1000) / spanMs;
    this.#mostPerSecond = Math.max(this.#mostPerSecond, repliesPerSecond);
    if (this.#spans < SPANS) return;
    this.#overload = {
      arrivalsPerSecond: (arrivals * 1000) / spanMs,
      repliesPerSecond,
      inFlight,
      collapsed: repliesPerSecond < COLLAPSED_SHARE * this.#mostPerSecond,
    };
  }
}
