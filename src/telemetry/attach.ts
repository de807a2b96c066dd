/**
 * Our data on somebody else's MeterProvider, to which no producer can be added.
 *
 * Gauges and counters are observable instruments; histograms cannot be observed, so each round
 * trip is recorded when it happens (1 to 2 µs, where a producer costs nothing). The SDK keeps
 * every attribute set for the life of the process and exports the last value of a gone gauge for
 * ever. So there is a cap on names ever used, and what is gone is observed as NaN, once known.
 */
import type { Histogram, Meter, MeterProvider, Observable } from '@opentelemetry/api';
import type { BucketHistogram } from '../histogram/bucket-histogram.ts';
import { OTHER } from '../peers/route-series.ts';
import { RTT_BOUNDARIES_S } from '../peers/series-budget.ts';
import type { Diagnostics } from './diagnostics.ts';
import { ATTR, type Metric, METRICS, SCOPE_NAME } from './metrics.ts';
import { histogramPoints, type Point, points, type TelemetrySource } from './points.ts';

/** Attribute sets an instrument can have before the SDK lumps the rest as overflow. */
const SETS_MAX = 2000;

/** Values caught up at most: attached after hours, the past is left to the past. */
const CATCH_UP_MAX = 1000;

type MetricName = keyof typeof METRICS;
type Attributes = Point['attributes'];

/** Attaches; call the result to detach. */
export function attachTo(
  provider: MeterProvider,
  source: TelemetrySource,
  diagnostics: Diagnostics,
): () => void {
  const meter = provider.getMeter(SCOPE_NAME);
  const sets = new AttributeSets();
  const stopMirror = mirrorHistograms(histogramsOf(meter), sets, source, diagnostics);
  const observables = observablesOf(meter);
  const observe = diagnostics.guard('observe', (result: ObservationTarget) => {
    for (const point of points(source, performance.now())) {
      const instrument = observables.get(point.metric);
      if (!instrument || typeof point.value !== 'number') continue;
      result.observe(instrument, point.value, sets.of(point.metric, point.attributes));
    }
    for (const { metric, attributes } of sets.gone()) {
      const instrument = observables.get(metric);
      if (instrument && METRICS[metric].kind === 'gauge')
        result.observe(instrument, NaN, attributes);
    }
  });
  const list = [...observables.values()];
  meter.addBatchObservableCallback(observe, list);
  return () => {
    stopMirror();
    meter.removeBatchObservableCallback(observe, list);
  };
}

/**
 * Records what our histograms record in the SDK's as well. A histogram is met in the turn after
 * it was opened; what it holds by then is caught up from its buckets.
 */
function mirrorHistograms(
  instruments: ReadonlyMap<MetricName, Histogram>,
  sets: AttributeSets,
  source: TelemetrySource,
  diagnostics: Diagnostics,
): () => void {
  const meet = diagnostics.guard('mirror histograms', () => {
    for (const { metric, attributes, value: histogram } of histogramPoints(source)) {
      const instrument = instruments.get(metric);
      if (!instrument || histogram.onRecord) continue;
      const set = sets.of(metric, attributes);
      catchUp(histogram, (value) => instrument.record(value, set));
      histogram.onRecord = (value) => instrument.record(value, set);
    }
  });
  source.table.series.onOpen = () => void setImmediate(meet);
  meet();
  return () => {
    source.table.series.onOpen = undefined;
    for (const { value } of histogramPoints(source)) value.onRecord = undefined;
  };
}

/** One value is known exactly; of several, the buckets are, so they get each bucket's bound. */
function catchUp(histogram: BucketHistogram, record: (value: number) => void): void {
  if (histogram.count > CATCH_UP_MAX) return;
  if (histogram.count === 1) return record(histogram.sum);
  histogram.counts.forEach((count, i) => {
    const bound = histogram.boundaries[i] ?? histogram.boundaries.at(-1) ?? 0;
    for (let n = 0; n < count; n++) record(bound);
  });
}

interface ObservationTarget {
  observe(instrument: Observable, value: number, attributes: Attributes): void;
}

function histogramsOf(meter: Meter): Map<MetricName, Histogram> {
  return made('histogram', (metric) =>
    meter.createHistogram(metric.name, {
      ...described(metric),
      advice: { explicitBucketBoundaries: [...RTT_BOUNDARIES_S] },
    }),
  );
}

function observablesOf(meter: Meter): Map<MetricName, Observable> {
  return new Map<MetricName, Observable>([
    ...made('gauge', (metric) => meter.createObservableGauge(metric.name, described(metric))),
    ...made('counter', (metric) => meter.createObservableCounter(metric.name, described(metric))),
  ]);
}

function made<T>(kind: Metric['kind'], make: (metric: Metric) => T): Map<MetricName, T> {
  const names = Object.keys(METRICS) as MetricName[];
  const wanted = names.filter((name) => METRICS[name].kind === kind && !isPlanned(METRICS[name]));
  return new Map(wanted.map((name) => [name, make(METRICS[name])]));
}

function isPlanned(metric: Metric): boolean {
  return metric.planned === true;
}

function described({ unit, description }: Metric) {
  return { unit, description };
}

/** The attribute sets handed to the SDK so far, each made once and capped. */
class AttributeSets {
  readonly #sets = new Map<string, { metric: MetricName; attributes: Attributes; seen: boolean }>();
  readonly #count = new Map<MetricName, number>();

  of(metric: MetricName, attributes: Attributes): Attributes {
    const key = `${metric} ${Object.values(attributes).join(' ')}`;
    const known = this.#sets.get(key);
    if (known) {
      known.seen = true;
      return known.attributes;
    }
    const count = this.#count.get(metric) ?? 0;
    if (count >= SETS_MAX - 1) return { [ATTR.peer]: OTHER };
    this.#count.set(metric, count + 1);
    this.#sets.set(key, { metric, attributes, seen: true });
    return attributes;
  }

  /** Those not asked for since the last call. */
  *gone(): Generator<{ metric: MetricName; attributes: Attributes }> {
    for (const set of this.#sets.values()) {
      if (!set.seen) yield set;
      set.seen = false;
    }
  }
}
