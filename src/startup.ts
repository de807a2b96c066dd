/**
 * Where the data go, decided late.
 *
 * `--import tardy/register` runs before the application, which may set up OpenTelemetry itself a
 * moment later. Where it does, its MeterProvider is the place to export to, so the choice waits
 * until it had time; nothing is lost meanwhile, since the data are ours and not the exporter's.
 */
import { metrics } from '@opentelemetry/api';
import type { Tardy } from './tardy.ts';
import { hasMeterProvider, type OwnSdk, startOwnSdk } from './telemetry/sdk.ts';
import { VERSION } from './version.ts';

/** How long the application has to register a MeterProvider of its own. */
export const SETTLE_MS = 1000;

/** What measures and what does not, for people. */
const MEASURED = 'fetch, undici, node:http(s) (axios, got), TCP connect, Express';
const NOT_MEASURED = 'HTTP/2 and worker threads';

/** Attaches to the application's MeterProvider, or starts an SDK of our own. Says what it did. */
export async function startExporting(tardy: Tardy): Promise<string> {
  const { sdk } = tardy.config;
  if (sdk === 'off') return 'exporting nowhere (TARDY_SDK=off)';
  if (sdk === 'auto' && hasMeterProvider()) {
    tardy.attach(metrics.getMeterProvider());
    return "exporting through the application's MeterProvider";
  }
  const own = await startOwnSdk(tardy.metricProducer);
  if (!own) return 'exporting nowhere (switched off by OTEL_SDK_DISABLED or OTEL_METRICS_EXPORTER)';
  tardy.leaveOut(own.own);
  return describe(own);
}

/** The one line at start. `loaded`: what became of the state file. */
export function startupLine(exporting: string, loaded: string | undefined): string {
  const state = loaded === undefined ? '' : `; ${loaded}`;
  return `tardy ${VERSION}: measuring ${MEASURED}; not ${NOT_MEASURED}; ${exporting}${state}`;
}

function describe({ exporters }: OwnSdk): string {
  return `exporting to ${exporters.join(', ')}`;
}
