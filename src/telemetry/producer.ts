/**
 * Our data as OpenTelemetry metrics, made when a reader asks.
 *
 * A MetricProducer hands ready-made data points to a reader. Against instruments of the SDK that
 * saves hashing attributes at every request (1 to 2 µs), and what is gone is no longer exported:
 * the SDK would repeat the gauges of a gone peer for ever.
 */
import { type HrTime, ValueType } from '@opentelemetry/api';
import type { CollectionResult, MetricData, MetricProducer } from '@opentelemetry/sdk-metrics';
import type { BucketHistogram } from '../histogram/bucket-histogram.ts';
import type { Diagnostics } from './diagnostics.ts';
import { type Metric, METRICS, SCOPE_NAME } from './metrics.ts';
import { type Point, points, type TelemetrySource } from './points.ts';

/** Longest stretch of one collection on the event loop. */
const TURN_MS_MAX = 1;

/**
 * Values of the SDK's enumerations, which have not changed since 1.0: importing them would load
 * an SDK into applications that have none, or a second one.
 */
const CUMULATIVE = 1;
const DATA_POINT_TYPE = { histogram: 0, gauge: 2, counter: 3 } as const;

export function createMetricProducer(
  source: TelemetrySource,
  diagnostics: Diagnostics,
): MetricProducer {
  const startTime = hrTime();
  return {
    async collect() {
      const found = new Map<keyof typeof METRICS, Point[]>();
      const errors: unknown[] = [];
      try {
        await source.drained();
        await gather(source, found);
      } catch (error) {
        diagnostics.failed('collect', error);
        errors.push(error);
      }
      const endTime = hrTime();
      const metrics = [...found].map(([name, list]) =>
        metricData(METRICS[name], list, startTime, endTime),
      );
      const scopeMetrics = [{ scope: { name: SCOPE_NAME }, metrics }];
      return { resourceMetrics: { scopeMetrics }, errors } as unknown as CollectionResult;
    },
  };
}

/** Takes the points a few at a time, so that the application runs in between. */
async function gather(
  source: TelemetrySource,
  found: Map<keyof typeof METRICS, Point[]>,
): Promise<void> {
  let startedMs = performance.now();
  for (const point of points(source, startedMs)) {
    const list = found.get(point.metric);
    if (list) list.push(point);
    else found.set(point.metric, [point]);
    if (performance.now() - startedMs < TURN_MS_MAX) continue;
    await new Promise((resolve) => setImmediate(resolve));
    startedMs = performance.now();
  }
}

function metricData(metric: Metric, list: Point[], startTime: HrTime, endTime: HrTime): MetricData {
  const { name, description, unit, kind } = metric;
  const dataPoints = list.map(({ attributes, value }) => ({
    attributes: attributes,
    startTime,
    endTime,
    value: typeof value === 'number' ? value : histogramValue(value),
  }));
  return {
    descriptor: { name, description, unit, valueType: ValueType.DOUBLE },
    aggregationTemporality: CUMULATIVE,
    dataPointType: DATA_POINT_TYPE[kind],
    dataPoints,
    ...(kind === 'counter' ? { isMonotonic: true } : {}),
  } as unknown as MetricData;
}

function histogramValue({ boundaries, counts, count, sum }: BucketHistogram) {
  return { buckets: { boundaries: [...boundaries], counts: [...counts] }, count, sum };
}

function hrTime(): HrTime {
  const ms = Date.now();
  return [Math.floor(ms / 1000), (ms % 1000) * 1e6];
}
