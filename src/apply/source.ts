/**
 * The seam between those who know how long to wait and those who apply it.
 *
 * A dispatcher that avoids peers judged dead will read the same seam: its verdict belongs beside
 * `plan`, as another optional method, so that the appliers here need no change for it.
 */
import type { Advice } from '../timeout/types.ts';

/** A call as the appliers see it. */
export interface CallToArm {
  /** Absolute http(s) URL, as the caller wrote it. */
  readonly url: string;
  readonly method: string;
  /** The caller's own name for the route, if it has one. */
  readonly route?: string | undefined;
  /** Time the caller has left, in ms. */
  readonly deadlineMs?: number | undefined;
}

/** What to arm for one call. Durations in milliseconds. */
export interface Plan {
  /** `host:port`. */
  readonly peer: string;
  readonly route: string;
  /** Longest wait for a connection (queue, DNS, TCP, TLS), from the call to the request written. */
  readonly connectMs: number;
  /** Longest wait for the response headers, from the request written. */
  readonly responseMs: number;
  /**
   * Let the exchange go on after the caller has been refused, up to this time in all, so that the
   * tail stays observed; undefined: abort it.
   */
  readonly listenOnMs?: number | undefined;
  /** The advice behind it, made when asked for. */
  readonly advice: () => Advice | undefined;
}

export interface TimeoutSource {
  /** undefined: this call is not to be enforced (off, shadow, not measured). */
  plan(call: CallToArm): Plan | undefined;
  /** Runs `judge` once the sockets have been read (`Runtime.whenDrained`). */
  whenDrained(judge: () => void): void;
}

/** What a caller may say of its calls. */
export interface CallOptions {
  /** Name of the route. Default: method and path template. */
  readonly route?: string | undefined;
  /** Time the caller has left, in ms, > 0: no wait is longer. Default: no limit. */
  readonly deadlineMs?: number | undefined;
}
