import { diag } from '@opentelemetry/api';
import {
  AggregationTemporality,
  MetricReader,
  type MetricProducer,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics';

export interface PeriodicReaderOptions {
  readonly exporter: PushMetricExporter;
  readonly producer: MetricProducer;
  readonly intervalMs: number;
}

/**
 * Exports every so often, one export at a time, and never keeps the process alive for it.
 *
 * The SDK's own periodic reader arms a timer for each export that the process has to wait for,
 * and starts the next one while the last still waits: with a collector that does not answer, an
 * application that has nothing left to do would not end. A skipped export loses nothing: counts
 * are cumulative, so the next one holds it.
 */
export class PeriodicReader extends MetricReader {
  readonly #exporter: PushMetricExporter;
  readonly #timer: NodeJS.Timeout;
  #exporting = false;

  constructor({ exporter, producer, intervalMs }: PeriodicReaderOptions) {
    super({
      aggregationTemporalitySelector: (type) =>
        exporter.selectAggregationTemporality?.(type) ?? AggregationTemporality.CUMULATIVE,
      metricProducers: [producer],
    });
    this.#exporter = exporter;
    this.#timer = setInterval(() => void this.#run(), intervalMs).unref();
  }

  protected override async onForceFlush(): Promise<void> {
    await this.#run();
    await this.#exporter.forceFlush();
  }

  protected override async onShutdown(): Promise<void> {
    clearInterval(this.#timer);
    await this.#run();
    await this.#exporter.shutdown();
  }

  async #run(): Promise<void> {
    if (this.#exporting) return;
    this.#exporting = true;
    try {
      const { resourceMetrics } = await this.collect();
      await new Promise<void>((resolve) => {
        this.#exporter.export(resourceMetrics, ({ error }) => {
          if (error) diag.error('tardy: metrics were not exported', error);
          resolve();
        });
      });
    } catch (error) {
      diag.error('tardy: metrics were not collected', error);
    } finally {
      this.#exporting = false;
    }
  }
}
