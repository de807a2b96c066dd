/** An OpenTelemetry collector that only remembers what it was sent, over HTTP or gRPC. */
import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingHttpHeaders } from 'node:http';
import { createServer as createHttp2Server, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { onTestFinished } from 'vitest';

export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Collector {
  readonly port: number;
  readonly url: string;
  /** Requests so far, oldest first. */
  readonly received: readonly Received[];
}

/** What OTLP/JSON says, as far as tests read it. */
export interface OtlpMetrics {
  readonly resourceMetrics: readonly {
    readonly resource: { readonly attributes: readonly OtlpAttribute[] };
    readonly scopeMetrics: readonly {
      readonly scope: { readonly name: string };
      readonly metrics: readonly OtlpMetric[];
    }[];
  }[];
}
interface OtlpMetric {
  readonly name: string;
  readonly unit: string;
  readonly histogram?: OtlpPoints;
  readonly gauge?: OtlpPoints;
  readonly sum?: OtlpPoints;
}
interface OtlpPoints {
  readonly dataPoints: readonly {
    readonly attributes: readonly OtlpAttribute[];
    readonly count?: number;
    readonly sum?: number;
  }[];
}
interface OtlpAttribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string; readonly intValue?: number };
}

/** Answers with `status`, or never. */
export async function startCollector(status: number | 'silent' = 200): Promise<Collector> {
  const received: Received[] = [];
  const server = createHttpServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { url: path = '', headers } = request;
      received.push({ path, headers, body: Buffer.concat(chunks) });
      if (status === 'silent') return;
      response.writeHead(status, { 'content-type': headers['content-type'] }).end();
    });
  });
  onTestFinished(() => server.closeAllConnections());
  return listening(server, received);
}

export async function startGrpcCollector(): Promise<Collector> {
  const received: Received[] = [];
  const server = createHttp2Server((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { url: path, headers } = request;
      received.push({ path, headers, body: Buffer.concat(chunks) });
      response.writeHead(200, { 'content-type': 'application/grpc', trailer: 'grpc-status' });
      response.addTrailers({ 'grpc-status': '0' });
      response.end(Buffer.alloc(5)); // an empty message, uncompressed
    });
  });
  const sessions = new Set<ServerHttp2Session>();
  server.on('session', (session) => sessions.add(session));
  onTestFinished(() => sessions.forEach((session) => session.destroy()));
  return listening(server, received);
}

async function listening(server: Server, received: Received[]): Promise<Collector> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return { port, url: `http://127.0.0.1:${port}`, received };
}

export function metricsIn({ body }: Received): OtlpMetrics {
  return JSON.parse(body.toString('utf8')) as OtlpMetrics;
}

/** The points of a metric in one message, with their attributes as a record. */
export function otlpPoints(message: OtlpMetrics, name: string) {
  return message.resourceMetrics
    .flatMap(({ scopeMetrics }) => scopeMetrics)
    .flatMap(({ metrics }) => metrics)
    .filter((metric) => metric.name === name)
    .flatMap(({ histogram, gauge, sum }) => (histogram ?? gauge ?? sum)?.dataPoints ?? [])
    .map(({ attributes, ...values }) => ({ ...values, attributes: recordOf(attributes) }));
}

export function recordOf(attributes: readonly OtlpAttribute[]): Record<string, string | undefined> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [key, value.stringValue ?? String(value.intValue)]),
  );
}
