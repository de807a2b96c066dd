import type { Counts } from '../histogram/counts.ts';
import type { SurvivalCurve } from '../histogram/survival.ts';
import type { Overload } from './overload.ts';

/** All that an advice is made of. */
export interface Evidence {
  readonly counts: Counts;
  readonly curve: SurvivalCurve | undefined;
  /** Requests that failed: refused, reset, unreachable. */
  readonly lost: number;
  /** Requests that overlapped a pause of our own. */
  readonly paused: number;
  /** Time over which all this was seen, in ms. */
  readonly spanMs: number;
  /** ≥ 1: how much less than independent the replies are (burst-meter.ts). */
  readonly varianceInflation: number;
  /** Requests that others gave up, beyond those that count as cut off. */
  readonly givenUp: number;
  /** More requests arrive than are answered. */
  readonly overload?: Overload | undefined;
  /** The counts come from more than the one route asked for. */
  readonly pooled: boolean;
  /** What the estimator expects; none for several together, or too few replies. */
  readonly model?: Modelled | undefined;
}

/** What the model of one estimator says. */
export interface Modelled {
  readonly valueMs: number;
  /** Before floor and ceiling. */
  readonly unboundedMs: number;
  readonly hedgeMs: number;
  /** Share of live replies that take longer. */
  readonly rateAt: (durationMs: number) => number;
  /** Replies that it remembers. */
  readonly replies: number;
  /** Requests held against what was armed for them, and those that exceeded it. */
  readonly judged: number;
  readonly exceeded: number;
  /** Time since replies jumped to another level. */
  readonly sinceJumpMs: number;
}

/** The window holds replies of a level that they have left. */
export function isMixed({ model, spanMs }: Evidence): boolean {
  return model !== undefined && model.sinceJumpMs < spanMs;
}
