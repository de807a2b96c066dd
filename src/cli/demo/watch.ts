/** Looks at the cluster again and again, and brings about the faults that were asked for. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { TimeoutsReport } from '../../report.ts';
import type { Context } from '../command.ts';
import { nodeReport } from '../node-report.ts';
import type { Cluster } from './cluster.ts';
import { type DemoReport, demoReport, noteAdvice } from './demo-report.ts';
import { FaultRunner } from './fault-runner.ts';
import type { FaultName } from './faults.ts';
import type { Keys } from './keys.ts';
import type { Screen } from './screen.ts';
import { SERVICES } from './services.ts';

/** Time between two looks: short while somebody waits for something to happen. */
const EAGER_MS = 250;
const LOOK_MS = 1000;
/** So long there is load before a fault: until then everyone learns what is usual. */
const SETTLE_MS = 5000;

export interface WatchOptions {
  readonly context: Context;
  readonly targetRate: number;
  readonly durationS: number | undefined;
  /** What to bring about once. */
  readonly scenario: FaultName | undefined;
  /** Where to show each report; undefined if only the last one counts. */
  readonly live: Screen | undefined;
  readonly keys: Keys | undefined;
}

/** Until time is up or Ctrl-C. The last report. */
export async function watch(cluster: Cluster, options: WatchOptions): Promise<DemoReport> {
  const { context, targetRate, durationS, scenario, live, keys } = options;
  const { signal, nowMs } = context;
  const startedAtMs = nowMs();
  const untilMs = startedAtMs + 1000 * (durationS ?? Infinity);
  const first = new Map<string, number>();
  const faults = new FaultRunner(cluster, startedAtMs);
  const isForFaults = scenario !== undefined || keys !== undefined;
  let planned = scenario;
  let report: DemoReport;
  do {
    const isEager = isForFaults || first.size < SERVICES.length;
    await pause(Math.min(isEager ? EAGER_MS : LOOK_MS, untilMs - nowMs()), signal);
    await faults.tick(nowMs());
    planned = keys?.take() ?? planned;
    if (planned && nowMs() >= startedAtMs + SETTLE_MS && faults.canBegin(planned)) {
      await faults.begin(planned, nowMs());
      planned = undefined;
    }
    const known = await look(cluster, signal);
    noteAdvice(first, known, nowMs());
    const soFarS = Math.round((nowMs() - startedAtMs) / 100) / 10;
    const found = { report: known, first, targetRate, durationS: soFarS };
    report = demoReport({ cluster, ...found, faults: faults.reports(), planned });
    if (!signal.aborted) live?.show(report);
  } while (nowMs() < untilMs && !signal.aborted);
  return report;
}

/** What the gateway knows; nothing while Ctrl-C is on its way. */
async function look(cluster: Cluster, signal: AbortSignal): Promise<TimeoutsReport> {
  try {
    return await nodeReport(`${cluster.origin}/tardy`, signal);
  } catch (error) {
    if (signal.aborted) return { node: '', generatedAt: '', timeouts: [] };
    throw cluster.gatewayEnd() ?? error;
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(Math.max(0, ms), undefined, { signal }).catch(() => undefined);
}
