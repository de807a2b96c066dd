import type { BucketHistogram } from '../histogram/bucket-histogram.ts';
import { OTHER } from './route-series.ts';
import { RTT_BOUNDARIES_S, type SeriesBudget } from './series-budget.ts';

/** Routes of our own server with a name of their own: an application has hundreds at most. */
const ROUTES_MAX = 512;

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

  constructor(budget: SeriesBudget) {
    this.#budget = budget;
  }

  record(method: string, route: string, durationMs: number): void {
    const key = `${method} ${route}`;
    const known = this.#routes.get(key) ?? this.#add(key, method, route);
    known.duration.record(durationMs / 1000);
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
