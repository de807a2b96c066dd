import type { Estimator } from '../timeout/estimator.ts';
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

  constructor(name: string, series: RouteSeries, estimator: Estimator, nowMs: number) {
    this.name = name;
    this.series = series;
    this.estimator = estimator;
    this.lastUsedMs = nowMs;
  }

  countEnding(ending: Ending): void {
    this.endings.set(ending, (this.endings.get(ending) ?? 0) + 1);
  }
}
