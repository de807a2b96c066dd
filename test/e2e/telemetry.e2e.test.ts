/**
 * Where the data go: the same `OTEL_*` variables do the same as in OpenTelemetry's SDK, and what
 * is sent or asked for on the way is nobody's traffic.
 */
import { describe, expect, it } from 'vitest';
import { scrape, sumOf, valuesOf } from '../support/e2e-exposition.ts';
import {
  metricsIn,
  otlpPoints,
  recordOf,
  startCollector,
  startGrpcCollector,
} from '../support/e2e-otlp.ts';
import { freePort, holdPort } from '../support/e2e-ports.ts';
import { REGISTER, startProgram } from '../support/e2e-program.ts';
import { until } from '../support/e2e-wait.ts';

/** An application under `--import tardy/register`, and the port it listens on. */
async function startApp(env: Readonly<Record<string, string>>) {
  const program = startProgram('app.mjs', { nodeArgs: REGISTER, env });
  const port = Number(await program.said(/listening on (\d+)/));
  const line = async () => (await program.said(/tardy .*/, 'stderr')).trimEnd();
  return { ...program, port, line };
}

async function prometheusApp(env: Readonly<Record<string, string>> = {}) {
  const port = await freePort();
  const app = await startApp({
    OTEL_METRICS_EXPORTER: 'prometheus',
    OTEL_EXPORTER_PROMETHEUS_PORT: String(port),
    ...env,
  });
  return { ...app, metrics: `http://localhost:${port}/metrics`, metricsPort: port };
}

describe('OTLP', () => {
  it('sends to the endpoint, at the interval, as the service that it is told to be', async () => {
    const collector = await startCollector();
    const app = await startApp({
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_METRIC_EXPORT_INTERVAL: '100',
      OTEL_SERVICE_NAME: 'shop',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test,service.name=other',
    });
    expect(await app.line()).toContain(`exporting to otlp (http/json) to ${collector.url}`);
    await until(() => collector.received.length >= 5, 'five exports');

    const last = metricsIn(collector.received.at(-1)!);
    const { resource } = last.resourceMetrics[0]!;
    expect(recordOf(resource.attributes)).toMatchObject({
      'service.name': 'shop',
      'deployment.environment.name': 'test',
    });
    const points = otlpPoints(last, 'tardy.client.rtt');
    expect(points).toHaveLength(1);
    expect(points[0]!.attributes).toEqual({
      peer: `127.0.0.1:${app.port}`,
      'server.address': '127.0.0.1',
      'server.port': String(app.port),
      route: 'GET /users/:id',
      outcome: 'completed',
    });
    expect(points[0]!.count).toBeGreaterThan(10);
    for (const { path } of collector.received) expect(path).toBe('/v1/metrics');
  });

  it('never measures its own exports', async () => {
    const collector = await startCollector();
    await startApp({
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_METRIC_EXPORT_INTERVAL: '50',
    });
    await until(() => collector.received.length >= 10, 'ten exports');
    for (const request of collector.received.slice(1)) {
      expect(request.body.toString()).not.toContain(`127.0.0.1:${collector.port}`);
    }
  });

  it('speaks protobuf over HTTP if nobody says otherwise', async () => {
    const collector = await startCollector();
    const app = await startApp({
      OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `${collector.url}/custom/path`,
      OTEL_METRIC_EXPORT_INTERVAL: '100',
    });
    expect(await app.line()).toContain('otlp (http/protobuf)');
    await until(() => collector.received.length >= 2, 'two exports');
    const { path, headers, body } = collector.received.at(-1)!;
    expect(path).toBe('/custom/path');
    expect(headers['content-type']).toBe('application/x-protobuf');
    expect(body.includes('tardy.client.rtt')).toBe(true);
    expect(body.includes(`127.0.0.1:${app.port}`)).toBe(true);
    expect(body.includes(`127.0.0.1:${collector.port}`)).toBe(false);
  });

  it('speaks gRPC where asked to', async () => {
    const collector = await startGrpcCollector();
    const app = await startApp({
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
      OTEL_METRIC_EXPORT_INTERVAL: '100',
    });
    expect(await app.line()).toContain('otlp (grpc)');
    await until(() => collector.received.length >= 2, 'two exports');
    const { path, body } = collector.received.at(-1)!;
    expect(path).toBe('/opentelemetry.proto.collector.metrics.v1.MetricsService/Export');
    expect(body.includes(`127.0.0.1:${app.port}`)).toBe(true);
    expect(body.includes(`127.0.0.1:${collector.port}`)).toBe(false);
  });
});

describe('Prometheus', () => {
  it('serves on the port it is told, for the service that it is told to be', async () => {
    const app = await prometheusApp({ OTEL_SERVICE_NAME: 'shop' });
    expect(await app.line()).toContain(`exporting to prometheus on localhost:${app.metricsPort}`);
    const samples = await scrape(app.metrics);
    expect(valuesOf(samples('target_info'), 'service_name')).toEqual(['shop']);
    expect(valuesOf(samples('tardy_client_rtt_count'), 'peer')).toEqual([`127.0.0.1:${app.port}`]);
  });

  it('does not count being scraped as a request to the application', async () => {
    const app = await prometheusApp();
    await app.line();
    for (let i = 0; i < 20; i++) await scrape(app.metrics);
    app.send('hush');
    const served = Number(await app.said(/served (\d+)/));
    const samples = await scrape(app.metrics);
    expect(sumOf(samples('tardy_server_duration_count'))).toBe(served);
    expect(sumOf(samples('tardy_client_rtt_count'))).toBe(
      served - sumOf(samples('tardy_client_censored_total', { reason: 'local-pause' })),
    );
  });

  it('says so when its port is taken, and leaves the application alone', async () => {
    const port = await holdPort();
    const app = await startApp({
      OTEL_METRICS_EXPORTER: 'prometheus',
      OTEL_EXPORTER_PROMETHEUS_PORT: String(port),
    });
    const line = await app.line();
    expect(line).toContain(`${port}`);
    expect(app.stderr()).toMatch(/EADDRINUSE|in use|cannot/);
    app.send('hush');
    await app.said('served');
  });
});

describe('elsewhere', () => {
  it('prints to the console', async () => {
    const app = await startApp({
      OTEL_METRICS_EXPORTER: 'console',
      OTEL_METRIC_EXPORT_INTERVAL: '100',
    });
    expect(await app.line()).toContain('exporting to console');
    await app.said('tardy.client.rtt');
  });

  it('exports in two ways at once', async () => {
    const collector = await startCollector();
    const app = await prometheusApp({
      OTEL_METRICS_EXPORTER: 'otlp,prometheus',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_METRIC_EXPORT_INTERVAL: '100',
    });
    expect(await app.line()).toMatch(/exporting to otlp .* to http.*, prometheus on localhost:/);
    await until(() => collector.received.length > 0, 'an export');
    expect((await scrape(app.metrics))('tardy_client_rtt_count')).toHaveLength(1);
  });

  it.each([
    [{ OTEL_METRICS_EXPORTER: 'none' }, 'exporting nowhere (switched off by'],
    [{ OTEL_SDK_DISABLED: 'true' }, 'exporting nowhere (switched off by'],
    [{ TARDY_SDK: 'off' }, 'exporting nowhere (TARDY_SDK=off)'],
  ])('exports nowhere with %o, but measures', async (env, text) => {
    const collector = await startCollector();
    const app = await startApp({
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_METRIC_EXPORT_INTERVAL: '50',
      ...env,
    });
    expect(await app.line()).toContain(text);
    await app.said('100 calls');
    expect(collector.received).toEqual([]);
  });
});
