/**
 * Cassandra's latencies and what it makes of them.
 *
 * A reservoir of 164 buckets, each a fifth wider than the one before, whose counts decay with a
 * half-life of 60 s; a snapshot is kept for 10 s. `dynamic` is speculative_retry as a percentile;
 * `expression` is the grammar of its timeouts, `10ms <= p95(rw) * 1.8^attempts <= 100ms`, at the
 * first attempt. A read that timed out is recorded at what was waited.
 * Source: apache/cassandra DecayingEstimatedHistogramReservoir.java, PercentileSpeculativeRetryPolicy
 * .java, TimeoutStrategy.java.
 */
import type { Observation } from '../../../src/timeout/types.ts';
import type { Rule, RuleMaker } from '../rule.ts';

const BUCKETS = 164;
const GROWTH = 1.2;
const HALF_LIFE_MS = 60_000;
/** Counts are rescaled so often, before they grow out of bounds. */
const LANDMARK_MS = 1_800_000;
const SNAPSHOT_MS = 10_000;
const INITIAL_MS = 10_000;
const FIRST_ATTEMPT = 1;

/** Upper edges in µs: 1, 2, 3 … each a fifth more than the last, and at least one more. */
export function bucketEdges(): number[] {
  const edges = [1];
  while (edges.length < BUCKETS) {
    const last = edges.at(-1) as number;
    edges.push(Math.max(last + 1, Math.round(last * GROWTH)));
  }
  return edges;
}

const EDGES = Float64Array.from(bucketEdges());

export class DecayingReservoir {
  readonly #weights = new Float64Array(BUCKETS + 1);
  #landmarkMs = 0;

  record(atMs: number, ms: number): void {
    if (atMs - this.#landmarkMs > LANDMARK_MS) this.#rescale(atMs);
    const at = bucketOf(ms * 1000);
    this.#weights[at] = (this.#weights[at] as number) + this.#weightAt(atMs);
  }

  /** Upper edge of the bucket with the quantile, in ms; NaN without data. */
  quantileMs(q: number): number {
    const total = this.#weights.reduce((sum, weight) => sum + weight, 0);
    let upTo = 0;
    for (let i = 0; i < this.#weights.length; i++) {
      upTo += this.#weights[i] as number;
      if (upTo > 0 && upTo >= q * total) return (EDGES[i] ?? Infinity) / 1000;
    }
    return NaN;
  }

  /** Newer counts weigh more, instead of older ones less. */
  #weightAt(atMs: number): number {
    return 2 ** ((atMs - this.#landmarkMs) / HALF_LIFE_MS);
  }

  #rescale(atMs: number): void {
    const weight = this.#weightAt(atMs);
    for (let i = 0; i < this.#weights.length; i++) {
      this.#weights[i] = (this.#weights[i] as number) / weight;
    }
    this.#landmarkMs = atMs;
  }
}

function bucketOf(micros: number): number {
  let low = 0;
  let high = EDGES.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((EDGES[middle] as number) >= micros) high = middle;
    else low = middle + 1;
  }
  return low;
}

export interface CassandraFormula {
  readonly quantile: number;
  readonly factor: number;
  readonly minMs: number;
  readonly maxMs: number;
}

export class Cassandra implements Rule {
  readonly name: string;
  readonly #formula: CassandraFormula;
  readonly #reservoir = new DecayingReservoir();
  #timeoutMs = INITIAL_MS;
  #freshUntilMs = -Infinity;

  constructor(name: string, formula: CassandraFormula) {
    this.name = name;
    this.#formula = formula;
  }

  timeoutMs(nowMs: number): number {
    if (nowMs < this.#freshUntilMs) return this.#timeoutMs;
    const { quantile, factor, minMs, maxMs } = this.#formula;
    const ms = factor * this.#reservoir.quantileMs(quantile);
    if (Number.isNaN(ms)) return this.#timeoutMs;
    this.#freshUntilMs = nowMs + SNAPSHOT_MS;
    this.#timeoutMs = Math.min(Math.max(ms, minMs), maxMs);
    return this.#timeoutMs;
  }

  observe({ atMs, durationMs }: Observation): void {
    this.#reservoir.record(atMs, durationMs);
  }
}

/** `p99 & dynamic`: the percentile of the target. */
export const cassandraDynamic: RuleMaker = {
  name: 'Cassandra dynamic',
  make: ({ targetRate }) =>
    new Cassandra('Cassandra dynamic', {
      ...{ quantile: 1 - targetRate, factor: 1 },
      ...{ minMs: 0, maxMs: Infinity },
    }),
};

export const cassandraExpression: RuleMaker = {
  name: 'Cassandra expression',
  make: () =>
    new Cassandra('Cassandra expression', {
      ...{ quantile: 0.95, factor: 1.8 ** FIRST_ATTEMPT },
      ...{ minMs: 10, maxMs: 100 },
    }),
};
