/**
 * A NodeSDK of our own, for applications that have none: the same `OTEL_*` variables do the same
 * as in OpenTelemetry's SDK. The readers are made here because only a reader's constructor takes
 * our producer.
 *
 * Loaded when needed: an SDK costs hundreds of milliseconds and many megabytes.
 */
import { type ContextManager, createNoopMeter, diag, metrics } from '@opentelemetry/api';
import type { IMetricReader, MetricProducer, PushMetricExporter } from '@opentelemetry/sdk-metrics';
import type { NodeSDK } from '@opentelemetry/sdk-node';

export interface OwnSdk {
  /** What is exported where, for the start-up line: `to prometheus on localhost:9464`. */
  readonly exporters: readonly string[];
  /** What is telemetry, not the application's: ports it is served on, origins it is sent to. */
  readonly own: OwnTraffic;
  shutdown(): Promise<void>;
}

export interface OwnTraffic {
  readonly ports: readonly number[];
  readonly origins: readonly string[];
}

interface MadeReader {
  /** Undefined for an exporter that nobody knows. */
  readonly reader?: IMetricReader;
  readonly text: string;
  readonly port?: number;
  readonly origin?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

const PROMETHEUS_PORT = 9464;
const INTERVAL_MS = 60_000;
const OTLP_HTTP = 'http://localhost:4318';
const OTLP_GRPC = 'http://localhost:4317';

/**
 * Starts an SDK that exports our metrics; undefined where the environment asks for nothing. It
 * keeps away from OpenTelemetry's global API: an application that sets up its own SDK later would
 * find the places taken, and lose its metrics.
 */
export async function startOwnSdk(
  producer: MetricProducer,
  environment: Environment = process.env,
): Promise<OwnSdk | undefined> {
  if (environment.OTEL_SDK_DISABLED?.toLowerCase() === 'true') return undefined;
  const made = await makeReaders(producer, environment);
  if (made.length === 0) return undefined;
  const readers = made.flatMap(({ reader }) => reader ?? []);
  const { NodeSDK } = await import('@opentelemetry/sdk-node');
  const shutdown = startQuietly(NodeSDK, readers);
  return {
    exporters: made.map(({ text }) => text),
    own: {
      ports: made.flatMap(({ port }) => port ?? []),
      origins: made.flatMap(({ origin }) => origin ?? []),
    },
    shutdown,
  };
}

/** What the SDK takes for "register none"; its type does not say so. */
const NOT_REGISTERED = null as unknown as ContextManager;

/** Metrics alone: no spans, no logs, no propagator, and nothing left in the global API. */
function startQuietly(sdkClass: typeof NodeSDK, metricReaders: IMetricReader[]) {
  const logs = process.env.OTEL_LOGS_EXPORTER;
  process.env.OTEL_LOGS_EXPORTER = 'none'; // an empty list of processors would still register
  try {
    const sdk = new sdkClass({
      metricReaders,
      spanProcessors: [],
      instrumentations: [],
      contextManager: NOT_REGISTERED,
      textMapPropagator: null,
    });
    const wasFree = !hasMeterProvider();
    sdk.start();
    if (wasFree) metrics.disable();
    return () => sdk.shutdown();
  } finally {
    if (logs === undefined) delete process.env.OTEL_LOGS_EXPORTER;
    else process.env.OTEL_LOGS_EXPORTER = logs;
  }
}

/** True once somebody registered a MeterProvider: until then the API hands out its no-op meter. */
export function hasMeterProvider(): boolean {
  return metrics.getMeterProvider().getMeter('tardy') !== createNoopMeter();
}

/** Names in OTEL_METRICS_EXPORTER, `otlp` if there are none, as the SDK has it. */
export function exporterNames(environment: Environment): string[] {
  const names = (environment.OTEL_METRICS_EXPORTER ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (names.includes('none')) return [];
  return [...new Set(names.length > 0 ? names : ['otlp'])];
}

function makeReaders(producer: MetricProducer, environment: Environment): Promise<MadeReader[]> {
  return Promise.all(
    exporterNames(environment).map((name) => makeReader(name, producer, environment)),
  );
}

async function makeReader(
  name: string,
  producer: MetricProducer,
  environment: Environment,
): Promise<MadeReader> {
  if (name === 'prometheus') return prometheusReader(producer, environment);
  if (name === 'otlp') return otlpReader(producer, environment);
  if (name === 'console') return consoleReader(producer, environment);
  return { text: `nothing for "${name}", which is none of prometheus, otlp, console, none` };
}

async function prometheusReader(
  producer: MetricProducer,
  environment: Environment,
): Promise<MadeReader> {
  const { PrometheusExporter } = await import('@opentelemetry/exporter-prometheus');
  const port = numberIn(environment, 'OTEL_EXPORTER_PROMETHEUS_PORT') ?? PROMETHEUS_PORT;
  const host = environment.OTEL_EXPORTER_PROMETHEUS_HOST ?? 'localhost';
  const options = { host, port, metricProducers: [producer] };
  return new Promise((resolve) => {
    const reader = new PrometheusExporter(options, (error) => {
      const failed = error ? ` (it cannot: ${error.message})` : '';
      resolve({ reader, port, text: `prometheus on ${host}:${port}${failed}` });
    });
  });
}

async function otlpReader(producer: MetricProducer, environment: Environment): Promise<MadeReader> {
  const protocol = otlpProtocol(environment);
  const exporter = await otlpExporter(protocol);
  const endpoint =
    environment.OTEL_EXPORTER_OTLP_METRICS_ENDPOINT ??
    environment.OTEL_EXPORTER_OTLP_ENDPOINT ??
    (protocol === 'grpc' ? OTLP_GRPC : OTLP_HTTP);
  const reader = await periodic(exporter, producer, environment);
  const origin = URL.parse(endpoint)?.origin;
  return { reader, text: `otlp (${protocol}) to ${endpoint}`, ...(origin ? { origin } : {}) };
}

async function consoleReader(
  producer: MetricProducer,
  environment: Environment,
): Promise<MadeReader> {
  const { ConsoleMetricExporter } = await import('@opentelemetry/sdk-metrics');
  const exporter = new ConsoleMetricExporter();
  const reader = await periodic(exporter, producer, environment);
  return { reader, text: 'console' };
}

/** Every OTEL_METRIC_EXPORT_INTERVAL; how long one may take is OTEL_EXPORTER_OTLP_TIMEOUT. */
async function periodic(
  exporter: PushMetricExporter,
  producer: MetricProducer,
  environment: Environment,
): Promise<IMetricReader> {
  const { PeriodicReader } = await import('./periodic-reader.ts');
  const intervalMs = numberIn(environment, 'OTEL_METRIC_EXPORT_INTERVAL') ?? INTERVAL_MS;
  return new PeriodicReader({ exporter, producer, intervalMs });
}

type OtlpProtocol = 'grpc' | 'http/json' | 'http/protobuf';

function otlpProtocol(environment: Environment): OtlpProtocol {
  const wanted =
    environment.OTEL_EXPORTER_OTLP_METRICS_PROTOCOL ?? environment.OTEL_EXPORTER_OTLP_PROTOCOL;
  if (wanted === 'grpc' || wanted === 'http/json') return wanted;
  if (wanted && wanted !== 'http/protobuf') {
    diag.warn(`tardy: OTLP protocol "${wanted}" is none of grpc, http/json, http/protobuf`);
  }
  return 'http/protobuf';
}

async function otlpExporter(protocol: OtlpProtocol) {
  switch (protocol) {
    case 'grpc':
      return new (await import('@opentelemetry/exporter-metrics-otlp-grpc')).OTLPMetricExporter();
    case 'http/json':
      return new (await import('@opentelemetry/exporter-metrics-otlp-http')).OTLPMetricExporter();
    case 'http/protobuf':
      return new (await import('@opentelemetry/exporter-metrics-otlp-proto')).OTLPMetricExporter();
  }
}

function numberIn(environment: Environment, variable: string): number | undefined {
  const value = environment[variable];
  const number = Number(value);
  return value !== undefined && value !== '' && number > 0 ? number : undefined;
}
