import type { BucketHistogram } from '../histogram/bucket-histogram.ts';
import { RollingCount } from '../histogram/rolling-count.ts';
import { OTHER } from './route-series.ts';
import { RTT_BOUNDARIES_S, type SeriesBudget } from './series-budget.ts';

/** Routes of our own server with a name of their own: an application has hundreds at most. */
const ROUTES_MAX = 512;
const RATE_WINDOW_MS = 60_000;

export interface ServerRoute {
  readonly method: string;
  /** Route template, such as `/users/:id`; `_other` for what has no room. */
  readonly route: string;
  readonly duration: BucketHistogram;
}

/** How long our own server works on each of its routes. */
export class ServerRoutes {
  readonly #routes = new Map<string, ServerRoute>();
  readonly #budget: SeriesBudget;
  readonly #recent = new RollingCount(RATE_WINDOW_MS);
  #sinceMs: number | undefined;

  constructor(budget: SeriesBudget) {
    this.#budget = budget;
  }

  /** A request that ended at `atMs`. */
  record(method: string, route: string, durationMs: number, atMs: number): void {
    this.#sinceMs ??= atMs;
    this.#recent.add(atMs);
    const key = `${method} ${route}`;
    const known = this.#routes.get(key) ?? this.#add(key, method, route);
    known.duration.record(durationMs / 1000);
  }

  /** Requests a second, in the last minute. */
  perSecond(nowMs: number): number {
    if (this.#sinceMs === undefined) return 0;
    const seenMs = Math.min(RATE_WINDOW_MS, Math.max(1000, nowMs - this.#sinceMs));
    return this.#recent.total(nowMs) / (seenMs / 1000);
  }

  all(): IterableIterator<ServerRoute> {
    return this.#routes.values();
  }

  #add(key: string, method: string, route: string): ServerRoute {
    const duration =
      this.#routes.size < ROUTES_MAX ? this.#budget.openHistogram(RTT_BOUNDARIES_S) : undefined;
    if (!duration) return this.#rest();
    const added = { method, route, duration };
    this.#routes.set(key, added);
    return added;
  }

  #rest(): ServerRoute {
    const known = this.#routes.get(OTHER);
    if (known) return known;
    const duration = this.#budget.openUnbudgeted(RTT_BOUNDARIES_S);
    const rest = { method: OTHER, route: OTHER, duration };
    this.#routes.set(OTHER, rest);
    return rest;
  }
}
