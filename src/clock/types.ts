/**
 * Shapes shared by everything that says what time it is.
 *
 * Two clocks of ours: the monotonic one, and the wall clock, which is monotonic + base; the base
 * is known within an error and may be stepped by somebody. Estimators work against the *steady
 * clock*: monotonic + a constant, so that a step of our own wall clock does not look like one of
 * everybody else's. Durations and instants are milliseconds.
 */

/** Bounds of how far another clock is ahead of ours: the truth lies in [lowMs, highMs]. */
export interface OffsetBounds {
  readonly lowMs: number;
  readonly highMs: number;
}

/** How far another clock is ahead of ours, at one instant. */
export interface Offset extends OffsetBounds {
  /** The likeliest; inside the bounds. */
  readonly offsetMs: number;
  /** How much it gains on ours, in millionths; undefined until that is known. */
  readonly driftPpm?: number;
}

/** Our wall clock less our monotonic clock, in ms; the truth lies within ±errorMs of baseMs. */
export interface WallOffset {
  readonly baseMs: number;
  readonly errorMs: number;
}

/** Wall time lies in [earliest, latest], in ms since 1970. */
export interface TimeInterval {
  readonly earliest: number;
  readonly latest: number;
}

/** What a clock says of leap seconds, and whether it is synchronised at all. */
export type Leap = 'none' | 'insert' | 'delete' | 'unsynchronised';
