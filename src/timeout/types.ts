/** How a request ended, as the estimator sees it. */
export type Outcome =
  /** Its reply came: `durationMs` is exact. */
  | 'completed'
  /** The armed timeout fired first: the reply takes longer than `durationMs`. */
  | 'timed-out'
  /** Refused, reset, unreachable: no reply will come. A loss, not a latency. */
  | 'failed'
  /** Anybody else gave up: the reply takes longer than `durationMs`. */
  | 'cancelled';

/** One request that has ended. Instants are monotonic milliseconds. */
export interface Observation {
  /** When it ended. */
  readonly atMs: number;
  /** From request written to response headers, or to its end. */
  readonly durationMs: number;
  readonly outcome: Outcome;
  /** The timeout that was armed or would have been; default: `timeoutMs` at its start. */
  readonly armedMs?: number;
  /** How much of `durationMs` our own process was paused. */
  readonly localPauseMs?: number;
  /** How long the server says it worked. */
  readonly serverMs?: number;
}

/** A request on its way. */
export interface InFlight {
  /** Call once; later calls do nothing. */
  end(observation: Observation): void;
  /** It says nothing after all, as if it had never begun. */
  drop(): void;
}

/**
 * What an advice rests on:
 * - `measured`: enough replies for the quantile and a bound on it
 * - `censored`: so many requests were cut off that the quantile was not seen; a larger timeout is
 *   needed to learn it
 * - `extrapolated`: fewer replies than the quantile needs; beyond the slowest one seen
 * - `pooled`: made of other routes of the peer, or of its service
 * - `insufficient`: too few replies to say anything
 */
export type Basis = 'measured' | 'censored' | 'extrapolated' | 'pooled' | 'insufficient';

/** A recommended timeout, and how far to trust it. Durations in milliseconds. */
export interface Advice {
  /** The timeout to set, in milliseconds; undefined while the basis is `insufficient`. */
  readonly value: number | undefined;
  /** The true quantile is below this with `confidence`; undefined when the data claim no bound. */
  readonly upperBoundMs?: number;
  /** The true quantile is above this with `confidence`. */
  readonly lowerBoundMs?: number;
  /** Confidence of each bound, in (0, 1). */
  readonly confidence: number;
  /** Share of live replies that may be slower than `value`. */
  readonly targetRate: number;
  /** Share of requests so far that exceeded what was armed for them, or would have been. */
  readonly achievedRate?: number;
  /** When to send a second request elsewhere: 5 % of the replies take longer. */
  readonly hedgeMs?: number | undefined;
  /** Replies in the window. */
  readonly n: number;
  /** Independent replies that `n` is worth: less when slow ones come in bursts. */
  readonly nEffective: number;
  /** Requests that were cut off or still wait, in the window. */
  readonly censored: number;
  /** Share of requests that failed and never get a reply; undefined before any ended. */
  readonly lossRate: number | undefined;
  readonly basis: Basis;
  /** `maxMs` or the caller's deadline holds the value down. */
  readonly ceilingHit: boolean;
  /** False timeouts a day at the rate of requests seen in the window. */
  readonly expectedFalsePerDay: number | undefined;
  /**
   * More requests arrive than are answered: shed load. The timeout does not rise meanwhile, since
   * a longer one would only lengthen the queue.
   */
  readonly shedLoad?: boolean;
  /** One sentence for people. */
  readonly reason: string;
  /** What to know before relying on it. */
  readonly warnings: readonly string[];
}

export interface TimeoutEstimatorOptions {
  /**
   * Share of live replies that may be cut off, in (0, 0.5]. Default 0.001. Too high does work
   * twice; too low makes everybody wait for the dead.
   */
  readonly targetRate?: number;
  /** Never advise less, in ms. Default 1: a Node timer can do no better. */
  readonly minMs?: number;
  /** Never advise more, in ms. Default 60,000. */
  readonly maxMs?: number;
  /**
   * How far back to look, in ms. Default 300,000. Shorter follows a falling latency sooner; longer
   * has more replies to rest on: a bound on p99.9 needs 2,995.
   */
  readonly windowMs?: number;
  /** What to arm before there are data, in ms. Default 10,000. */
  readonly initialMs?: number;
}

export interface TimeoutEstimator {
  /** Registers a request; until its `end` it counts as "longer than its age". */
  begin(startedAtMs: number): InFlight;
  /** A request that has ended, where `begin` was not used: replay, logs. */
  observe(observation: Observation): void;
  /** What to arm now, in ms: `initialMs` until there are data. Cheap. */
  timeoutMs(atMs: number): number;
  /** S(t) in (0, 1], non-increasing; undefined without data. */
  survival(durationMs: number): number | undefined;
  /** −log10 S(t): finite, ≥ 0, non-decreasing; undefined without data. */
  phi(durationMs: number): number | undefined;
  advice(atMs: number): Advice;
}
