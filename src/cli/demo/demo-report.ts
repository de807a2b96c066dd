/**
 * What the demo found out, as plain data: the shape that `tardy demo --json` prints.
 */
import { z } from 'zod';
import { PEER_STATES } from '../../membership/types.ts';
import { timeoutEntrySchema, type TimeoutsReport } from '../../report.ts';
import { compare } from '../text.ts';
import type { Cluster } from './cluster.ts';
import { FAULT_NAMES, type FaultName } from './faults.ts';
import { HOST } from './messages.ts';
import { SERVICE_NAMES } from './services.ts';
import { type FaultReport, faultSchema } from './sightings.ts';

const firstAdviceMs = z
  .number()
  .optional()
  .describe('from the start of the program to the first advice; absent if there was none');

const state = z.enum(PEER_STATES).describe('what the gateway calls it now');

export const demoReportSchema = z.object({
  node: z.string().describe('who measured this: the gateway'),
  generatedAt: z.iso.datetime(),
  durationS: z.number().describe('how long there was load'),
  firstAdviceMs,
  targetRate: z.number().describe('share of live replies that a timeout may cut off'),
  clients: z.array(z.string()).describe('HTTP clients that made the load'),
  missingClients: z.array(z.string()).describe('HTTP clients that are not installed'),
  gatewayPid: z.number(),
  services: z.array(
    z.object({
      name: z.enum(SERVICE_NAMES),
      does: z.string().describe('how it answers'),
      peer: z.string().describe('host:port'),
      pid: z.number(),
      state,
      configuredTimeoutMs: z.number().describe('the timeout that the gateway sets today'),
      firstAdviceMs,
    }),
  ),
  timeouts: z.array(
    timeoutEntrySchema.extend({
      service: z.enum(SERVICE_NAMES),
      state,
      configuredTimeoutMs: z.number().describe('the timeout that the gateway sets today'),
    }),
  ),
  planned: z
    .enum(FAULT_NAMES)
    .optional()
    .describe('a fault that was asked for, and waits until everyone trusts everyone'),
  clockSetBy: z.string().optional().describe('by what a clock is set wrong, where that is planned'),
  faults: z.array(faultSchema).describe('what was brought about, and who saw it'),
});

export type DemoReport = z.infer<typeof demoReportSchema>;
export type DemoEntry = DemoReport['timeouts'][number];

/** When each peer first had advice, in ms since the start of the program. */
export type FirstAdvice = ReadonlyMap<string, number>;

export interface Findings {
  readonly cluster: Cluster;
  readonly report: TimeoutsReport;
  readonly first: FirstAdvice;
  readonly targetRate: number;
  readonly durationS: number;
  readonly faults: readonly FaultReport[];
  /** What will be brought about once everyone trusts everyone. */
  readonly planned?: FaultName | undefined;
}

export function demoReport({ cluster, report, ...found }: Findings): DemoReport {
  const { clients, missing, gatewayPid, services, clockSetBy } = cluster;
  const { first, targetRate, durationS, faults, planned } = found;
  return {
    node: report.node,
    generatedAt: report.generatedAt,
    durationS,
    ...firstOf(Math.min(...first.values())),
    targetRate,
    clients: [...clients],
    missingClients: [...missing],
    gatewayPid,
    services: services.map(({ service, port, pid }) => {
      const { name, does, configuredTimeoutMs } = service;
      const peer = `${HOST}:${port}`;
      const now = { pid, state: cluster.stateOf('gateway', name) };
      return { name, does, peer, ...now, configuredTimeoutMs, ...firstOf(first.get(peer)) };
    }),
    timeouts: services.flatMap(({ service: { name, configuredTimeoutMs }, port }) =>
      report.timeouts
        .filter(({ peer }) => peer === `${HOST}:${port}`)
        .sort((a, b) => compare(a.route, b.route))
        .map((entry) => ({
          ...{ service: name, state: cluster.stateOf('gateway', name), configuredTimeoutMs },
          ...entry,
        })),
    ),
    faults: [...faults],
    ...(planned === undefined ? {} : { planned }),
    ...(clockSetBy === undefined ? {} : { clockSetBy }),
  };
}

/** Services that never had advice. */
export function withoutAdvice({ services }: DemoReport): string[] {
  return services.filter((each) => each.firstAdviceMs === undefined).map(({ name }) => name);
}

/** Notes which peers have advice now and had none before. */
export function noteAdvice(
  first: Map<string, number>,
  report: TimeoutsReport,
  nowMs: number,
): void {
  for (const { peer, advice } of report.timeouts) {
    if (advice.timeoutMs !== undefined && !first.has(peer)) first.set(peer, Math.round(nowMs));
  }
}

function firstOf(ms: number | undefined): { firstAdviceMs?: number } {
  return ms === undefined || ms === Infinity ? {} : { firstAdviceMs: ms };
}
