/**
 * What one (peer, route) shows to metrics systems: counts that only ever grow.
 *
 * Room is taken when a series is first needed (series-budget.ts), and what finds none goes into one
 * shared `_other`. Where a series is, it stays, so that no counter ever runs backwards.
 */
import type { BucketHistogram } from '../histogram/bucket-histogram.ts';
import type { Outcome } from '../timeout/types.ts';
import { RTT_BOUNDARIES_S, type SeriesBudget, seriesOf } from './series-budget.ts';

/** The name under which everything is gathered that has no place of its own. */
export const OTHER = '_other';

/** Gauges and counters of one route beside its histograms. */
const SERIES_PER_ROUTE = 20;
/**
 * Taken as one: a route without room for its first histogram is of no use, and many such would
 * leave no room for any.
 */
const SERIES_TO_BEGIN = SERIES_PER_ROUTE + seriesOf(RTT_BOUNDARIES_S);

export class RouteSeries {
  readonly peer: string;
  readonly route: string;
  /** Round trips in seconds by how they ended; an outcome that never happened has none. */
  readonly rtt = new Map<Outcome, BucketHistogram>();
  /** Requests without a reply, by ending. */
  readonly censored = new Map<string, number>();
  /** Requests slower than the advised timeout, by whether it was applied. */
  readonly exceeded = {
    shadow: { replied: 0, silent: 0 },
    enforced: { replied: 0, silent: 0 },
  };
  readonly #budget: SeriesBudget;
  readonly #overflow: RouteSeries | undefined;
  #taken: number;
  #closed = false;

  /** `overflow`: where histograms go that find no budget; undefined for `_other` itself. */
  constructor(peer: string, route: string, budget: SeriesBudget, overflow?: RouteSeries) {
    this.peer = peer;
    this.route = route;
    this.#budget = budget;
    this.#overflow = overflow;
    this.#taken = overflow ? SERIES_TO_BEGIN : 0;
  }

  /** A new series if the budget has room, else the overflow. */
  static within(budget: SeriesBudget, peer: string, route: string, overflow: RouteSeries) {
    return budget.take(SERIES_TO_BEGIN) ? new RouteSeries(peer, route, budget, overflow) : overflow;
  }

  recordRtt(outcome: Outcome, seconds: number): void {
    const histogram = this.rtt.get(outcome) ?? this.#open(outcome);
    if (histogram) histogram.record(seconds);
    else this.#overflow?.recordRtt(outcome, seconds);
  }

  countCensored(reason: string): void {
    this.censored.set(reason, (this.censored.get(reason) ?? 0) + 1);
  }

  /** The route is gone: its series end and make room for others. */
  close(): void {
    this.#budget.giveBack(this.#taken);
    this.#taken = 0;
    this.#closed = true;
  }

  #open(outcome: Outcome): BucketHistogram | undefined {
    if (this.#closed) return undefined;
    const isPaid = !this.#overflow || this.rtt.size === 0;
    const histogram = isPaid
      ? this.#budget.openUnbudgeted(RTT_BOUNDARIES_S)
      : this.#budget.openHistogram(RTT_BOUNDARIES_S);
    if (histogram) this.rtt.set(outcome, histogram);
    if (histogram && !isPaid) this.#taken += seriesOf(RTT_BOUNDARIES_S);
    return histogram;
  }
}
