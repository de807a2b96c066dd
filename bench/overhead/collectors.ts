/**
 * What is measured in a process: nothing, Tardy, or OpenTelemetry's instrumentation.
 *
 * All run under the same NodeSDK, set up as users do for metrics alone: context manager and
 * propagators, no traces, and a reader that is collected after each block, outside the timing. So
 * what differs is the collector itself.
 */
import type { Instrumentation } from '@opentelemetry/instrumentation';
import { ExpressInstrumentation } from '@opentelemetry/instrumentation-express';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { type MetricProducer, MetricReader } from '@opentelemetry/sdk-metrics';
import { NodeSDK } from '@opentelemetry/sdk-node';
import type { Express } from 'express';
import { createTardy } from 'tardy';
import type { Lane } from './sets.ts';

export interface Collector {
  /** Tells it of the Express application, where it wants to be told. */
  instrument(app: Express): void;
  /** Reads all metrics, as an exporter would. Throws if there are none: it would look cheap. */
  collect(): Promise<void>;
}

/** To be called before anything is loaded that OpenTelemetry patches. */
export function startCollector(lane: Lane): Collector {
  switch (lane) {
    case 'bare':
    case 'null':
      return { instrument: () => undefined, collect: startSdk(undefined, [], undefined) };
    case 'tardy': {
      const tardy = createTardy();
      tardy.start();
      const collect = startSdk(tardy.metricProducer, [], 'tardy.');
      return { instrument: (app) => tardy.instrument(app), collect };
    }
    case 'otel': {
      const instrumentations = [
        new HttpInstrumentation(),
        new UndiciInstrumentation(),
        new ExpressInstrumentation(),
      ];
      return {
        instrument: () => undefined,
        collect: startSdk(undefined, instrumentations, 'http.'),
      };
    }
  }
}

class PullReader extends MetricReader {
  protected override onForceFlush(): Promise<void> {
    return Promise.resolve();
  }
  protected override onShutdown(): Promise<void> {
    return Promise.resolve();
  }
}

/** `expected`: how the name of a metric begins that must have data points when it is read. */
function startSdk(
  producer: MetricProducer | undefined,
  instrumentations: Instrumentation[],
  expected: string | undefined,
): () => Promise<void> {
  const reader = new PullReader(producer ? { metricProducers: [producer] } : {});
  const sdk = new NodeSDK({
    metricReaders: [reader],
    spanProcessors: [],
    logRecordProcessors: [],
    instrumentations,
  });
  sdk.start();
  return async () => {
    const { resourceMetrics, errors } = await reader.collect();
    if (errors.length > 0) throw new Error('metrics could not be read', { cause: errors[0] });
    const found = resourceMetrics.scopeMetrics
      .flatMap(({ metrics }) => metrics)
      .some(
        ({ descriptor, dataPoints }) =>
          dataPoints.length > 0 && descriptor.name.startsWith(expected ?? ''),
      );
    if (expected !== undefined && !found) throw new Error(`no metric ${expected}* has any data`);
  };
}
