import type { IncomingMessage, ServerResponse } from 'node:http';
import type { MetricProducer } from '@opentelemetry/sdk-metrics';

export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * A handler for `/metrics` on the application's own port: Prometheus text, from a reader of its
 * own, beside whatever else exports. The exporter is loaded at the first request.
 */
export function metricsHandler(producer: MetricProducer): RequestHandler {
  let handler: Promise<RequestHandler> | undefined;
  return (request, response) => {
    handler ??= loadHandler(producer);
    handler.then(
      (handle) => handle(request, response),
      (error: unknown) => {
        response.statusCode = 500;
        response.end(`# tardy: cannot serve metrics: ${String(error)}\n`);
      },
    );
  };
}

async function loadHandler(producer: MetricProducer): Promise<RequestHandler> {
  const [{ PrometheusExporter }, { MeterProvider }, resources] = await Promise.all([
    import('@opentelemetry/exporter-prometheus'),
    import('@opentelemetry/sdk-metrics'),
    import('@opentelemetry/resources'),
  ]);
  const reader = new PrometheusExporter({ preventServerStart: true, metricProducers: [producer] });
  const detectors = [resources.resourceAttributesEnvDetector, resources.serviceNameEnvDetector];
  const detected = resources.detectResources({ detectors });
  const resource = resources.defaultResource().merge(detected);
  new MeterProvider({ readers: [reader], resource });
  return (request, response) => reader.getMetricsRequestHandler(request, response);
}
