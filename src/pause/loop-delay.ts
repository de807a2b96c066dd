/**
 * How long a request that comes at a random instant waits for our event loop.
 *
 * Problem: a pause of 2 s makes one late tick among thousands, so a plain histogram of lateness
 * says p99 = 26 ms where one request in ten waited longer than 190 ms (coordinated omission).
 * Idea: in a pause, a tick would have been due every `tickMs`, and each would have waited for
 * the rest of the pause: a lateness of d counts as d, d − tick, d − 2 tick, … > 0.
 * Source: Gil Tene, `recordValueWithExpectedInterval` of HdrHistogram, and jHiccup.
 */
import { argumentError } from '../errors.ts';
import { Counts } from '../histogram/counts.ts';
import { RollingHistogram } from '../histogram/rolling-histogram.ts';
import { replyQuantileMs, survivalCurve } from '../histogram/survival.ts';

const WINDOW_MS = 60_000;
/** Less is what any timer is late. */
const IN_TIME_MS = 1;
/** So many ticks in time are recorded at once: an idle process pays for every line that runs. */
const BATCH = 50;

export class LoopDelay {
  readonly #tickMs: number;
  readonly #histogram: RollingHistogram;
  /** Ticks that came in time, and are not recorded yet. */
  #inTime = 0;

  /** `tickMs`: time between ticks. `windowMs`: what is remembered, default a minute. */
  constructor({ tickMs, windowMs = WINDOW_MS }: { tickMs: number; windowMs?: number }) {
    if (!(tickMs > 0)) throw argumentError('tickMs', tickMs, 'a number of milliseconds > 0');
    this.#tickMs = tickMs;
    this.#histogram = new RollingHistogram(windowMs);
  }

  /** A tick that came `lateMs` after it was due. Of a pause beyond the window, its end counts. */
  record(nowMs: number, lateMs: number): void {
    if (lateMs < IN_TIME_MS) {
      if (++this.#inTime >= BATCH) this.#flush(nowMs);
      return;
    }
    const longestMs = Math.min(lateMs, this.#histogram.windowMs);
    for (let waitMs = longestMs; waitMs > 0; waitMs -= this.#tickMs) {
      this.#histogram.record(nowMs, waitMs, false);
    }
  }

  /** The wait that a share `q` in [0, 1] of requests stays within, in ms; 1 is the maximum. */
  quantileMs(q: number, nowMs: number): number | undefined {
    if (!(q >= 0 && q <= 1)) throw argumentError('q', q, 'within [0, 1]');
    this.#flush(nowMs);
    this.#histogram.advance(nowMs);
    const counts = new Counts();
    this.#histogram.addTo(counts);
    const curve = survivalCurve(counts);
    return curve && replyQuantileMs(curve, q);
  }

  #flush(nowMs: number): void {
    for (; this.#inTime > 0; this.#inTime--) this.#histogram.record(nowMs, 0, false);
  }
}
