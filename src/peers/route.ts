import type { Estimator } from '../timeout/estimator.ts';
import type { Blame } from './blame.ts';
import type { Ending } from './ending.ts';
import type { RouteSeries } from './route-series.ts';

/** One route of one peer: what was measured there. */
export class Route {
  readonly name: string;
  readonly estimator: Estimator;
  readonly series: RouteSeries;
  /** How many requests ended each way. */
  readonly endings = new Map<Ending, number>();
  lastUsedMs: number;
  /** Requests that wait for their reply: while there are any, the route stays. */
  inFlight = 0;
  requests = 0;
  /** The advice is applied to its calls. */
  enforced = false;
  /** The timeout that the code sets today, in ms, as far as it can be seen. */
  configuredMs: number | undefined;
  /** Time that callers waited for nothing beyond the advised timeout, in ms. */
  wastedMs = 0;
  /** Whose fault it was that replies exceeded the advised timeout. */
  readonly blame = new Map<Blame, number>();

  constructor(name: string, series: RouteSeries, estimator: Estimator, nowMs: number) {
    this.name = name;
    this.series = series;
    this.estimator = estimator;
    this.lastUsedMs = nowMs;
  }

  countBlame(blame: Blame): void {
    this.blame.set(blame, (this.blame.get(blame) ?? 0) + 1);
  }

  countEnding(ending: Ending): void {
    this.endings.set(ending, (this.endings.get(ending) ?? 0) + 1);
  }
}
