/** What the core part times beside Tardy: other histograms, and the channels themselves. */
import { channel } from 'node:diagnostics_channel';
import { createHistogram } from 'node:perf_hooks';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { build } from 'hdr-histogram-js';
import { Histogram } from 'prom-client';
import { createTardy } from 'tardy';
import { lognormalMs, MASK, toMicros } from './durations.ts';
import type { Subject } from './subjects.ts';

const HIGHEST_MICROS = 3_600_000_000;

export function perfHooks(seed: number): Subject {
  const micros = toMicros(lognormalMs(seed));
  const histogram = createHistogram({ lowest: 1, highest: HIGHEST_MICROS, figures: 2 });
  return (operations) => {
    for (let i = 0; i < operations; i++) histogram.record(micros[i & MASK] as number);
    return histogram.count;
  };
}

export function hdrHistogramJs(seed: number): Subject {
  const micros = toMicros(lognormalMs(seed));
  const histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: HIGHEST_MICROS,
    numberOfSignificantValueDigits: 2,
    autoResize: false,
  });
  return (operations) => {
    for (let i = 0; i < operations; i++) histogram.recordValue(micros[i & MASK] as number);
    return histogram.totalCount;
  };
}

export function promClient(seed: number): Subject {
  const durations = lognormalMs(seed);
  const labelNames = ['peer', 'route'];
  const histogram = new Histogram({ name: 'rtt_seconds', help: 'rtt', labelNames });
  return (operations) => {
    for (let i = 0; i < operations; i++) {
      const labels = { peer: 'orders.internal:8080', route: 'GET /items/:id' };
      histogram.observe(labels, (durations[i & MASK] as number) / 1000);
    }
    return operations;
  };
}

export function otelMetrics(seed: number): Subject {
  const durations = lognormalMs(seed);
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter });
  const histogram = new MeterProvider({ readers: [reader] })
    .getMeter('bench')
    .createHistogram('rtt');
  return (operations) => {
    for (let i = 0; i < operations; i++) {
      const attributes = { 'server.address': 'orders.internal', 'http.route': '/items/:id' };
      histogram.record((durations[i & MASK] as number) / 1000, attributes);
    }
    return operations;
  };
}

/** Requests on their way at once: so that their durations are of many buckets. */
const BATCH = 1000;
/** What undici passes on: alternating names and values. */
const RESPONSE_HEADERS = [
  ...['content-type', 'application/json', 'date', 'Mon, 01 Jan 2024 00:00:00 GMT'],
  ...['connection', 'keep-alive', 'content-length', '120'],
].map((text) => Buffer.from(text));

/** The four events of an undici request, published, and nobody listens. */
export function channelsAlone(): Subject {
  const [created, sent, replied, ended] = (
    ['request:create', 'client:sendHeaders', 'request:headers', 'request:trailers'] as const
  ).map((name) => channel(`undici:${name}`)) as [Channel, Channel, Channel, Channel];
  const socket = { remoteAddress: '10.0.0.1' };
  const response = { statusCode: 200, headers: RESPONSE_HEADERS };
  return (operations) => {
    for (let done = 0; done < operations; done += BATCH) {
      const requests = Array.from({ length: Math.min(BATCH, operations - done) }, makeRequest);
      for (const request of requests) created.publish({ request });
      for (const request of requests) sent.publish({ request, socket });
      for (const request of requests) replied.publish({ request, response });
      for (const request of requests) ended.publish({ request, trailers: [] });
    }
    return operations;
  };
}

/** The same with Tardy listening: collectors and core together, less what makes the events. */
export function channelsTardy(): Subject {
  createTardy().start();
  return channelsAlone();
}

type Channel = ReturnType<typeof channel>;

function makeRequest() {
  const headers = ['accept', '*/*', 'user-agent', 'undici'];
  return { origin: 'http://orders.internal:8080', method: 'GET', path: '/items/list', headers };
}
