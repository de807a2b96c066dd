/** `tardy demo`: a real cluster on this machine, and what its gateway would advise. */
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { TardyError } from '../../errors.ts';
import type { TimeoutsReport } from '../../report.ts';
import { type Context, defineCommand, type Values } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { nodeReport } from '../node-report.ts';
import { type Cluster, startCluster } from './cluster.ts';
import { type DemoReport, demoReport, noteAdvice, withoutAdvice } from './demo-report.ts';
import { Screen } from './screen.ts';
import { RATE_PER_SERVICE, SERVICES } from './services.ts';

/** Length of a run that ends by itself. */
const ONCE_S = 20;
/** When `slowing` becomes slow: after this part of a run, or this long after an endless one began. */
const SLOW_AFTER_SHARE = 1 / 3;
const SLOW_AFTER_MS = 60_000;
/** Time between two looks: short until every service has advice, since that is what one waits for. */
const EAGER_MS = 250;
const LOOK_MS = 1000;

const options = {
  once: { type: 'flag', help: 'measure, print one report, end' },
  duration: {
    type: 'number',
    value: 'SECONDS',
    min: 1,
    max: 86_400,
    defaultText: `${ONCE_S} with --once, else until Ctrl-C`,
    help: 'how long there is load',
  },
  json: { type: 'flag', help: 'the report as JSON, with durations in ms; implies --once' },
  port: {
    type: 'number',
    value: 'PORT',
    min: 0,
    max: 65_535,
    integer: true,
    byDefault: 0,
    help: "the gateway's port on 127.0.0.1; 0 takes a free one",
  },
  'target-rate': {
    type: 'number',
    value: 'RATE',
    min: 0.0001,
    max: 0.5,
    byDefault: 0.01,
    help:
      'share of live replies that a timeout may cut off: 0.01 is learnt in seconds; 0.001, the ' +
      'default of tardy itself, in minutes',
  },
} as const;

type DemoValues = Values<typeof options>;

export const demo = defineCommand({
  name: 'demo',
  summary: 'see it work: five processes on this machine, advice within seconds',
  usage: '[--once] [--duration SECONDS] [--port PORT] [--target-rate RATE] [--json]',
  examples: [
    { line: 'tardy demo', does: 'a live table, until Ctrl-C' },
    { line: 'tardy demo --once --duration 30', does: 'one table after 30 s' },
    { line: 'tardy demo --once --json', does: 'the same for programs' },
    {
      line: 'tardy demo --port 3000',
      does: 'with a known place, so that `tardy advise` finds it from another terminal',
    },
  ],
  options,
  notes: [
    'A gateway calls four Express services, 120 requests a second, through fetch, undici, ' +
      'axios and node:http: one service is steady, one has a heavy tail, one is a cache that hits ' +
      'or misses, one becomes five times as slow after a third of the time (after 60 s without ' +
      '--duration). The gateway runs under --import tardy/register; nothing else was done to it.',
    'Exit code 1: some service never got advice.',
  ],
  run: runDemo,
});

async function runDemo(values: DemoValues, context: Context): Promise<ExitCode> {
  needExpress();
  const once = values.once || values.json;
  const durationS = values.duration ?? (once ? ONCE_S : undefined);
  const cluster = await startCluster({
    port: values.port,
    slowAfterMs: durationS === undefined ? SLOW_AFTER_MS : 1000 * SLOW_AFTER_SHARE * durationS,
    targetRate: values['target-rate'],
    env: context.env,
  });
  try {
    const about = aboutCluster(cluster);
    const live = once ? undefined : new Screen(context, about);
    if (once || !context.look.redraws) context.err(`${about.full.join('\n')}\n`);
    if (once) context.err(`one report after ${durationS} s\n`);
    const report = await watch(cluster, { values, context, durationS, live });
    if (context.signal.aborted) return once ? EXIT.interrupted : EXIT.ok;
    return finish(report, once, values.json, context);
  } finally {
    await cluster.stop();
  }
}

interface Watch {
  readonly values: DemoValues;
  readonly context: Context;
  readonly durationS: number | undefined;
  /** Where to show each report; undefined if only the last one counts. */
  readonly live: Screen | undefined;
}

/** Looks at the gateway's report again and again, until time is up or Ctrl-C. */
async function watch(cluster: Cluster, { values, context, durationS, live }: Watch) {
  const { signal, nowMs } = context;
  const startedAtMs = nowMs();
  const untilMs = startedAtMs + 1000 * (durationS ?? Infinity);
  const targetRate = values['target-rate'];
  const first = new Map<string, number>();
  let report: DemoReport;
  do {
    const lookMs = first.size < SERVICES.length ? EAGER_MS : LOOK_MS;
    await pause(Math.min(lookMs, untilMs - nowMs()), signal);
    const known = await look(cluster, signal);
    noteAdvice(first, known, nowMs());
    const soFarS = Math.round((nowMs() - startedAtMs) / 100) / 10;
    report = demoReport({ cluster, report: known, first, targetRate, durationS: soFarS });
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

function finish(report: DemoReport, once: boolean, json: boolean, context: Context): ExitCode {
  if (json) context.out(`${JSON.stringify(report, null, 2)}\n`);
  else if (once) new Screen(context).append(report);
  const without = withoutAdvice(report);
  if (without.length === 0) return EXIT.ok;
  context.err(`tardy demo: no advice for ${without.join(', ')}: too few replies in the time\n`);
  return EXIT.finding;
}

/** Who calls whom, and where to look at it. */
function aboutCluster({ origin, clients, missing }: Cluster) {
  const rate = RATE_PER_SERVICE * SERVICES.length;
  const left = missing.length === 0 ? '' : ` (not installed: ${missing.join(', ')})`;
  const what = `${rate} requests/s to ${SERVICES.length} services through ${clients.join(', ')}${left}`;
  const urls = ['timeouts', 'peers', 'metrics'].map((name) => `  ${origin}/tardy/${name}`);
  return {
    full: [`tardy demo: ${what}. The gateway's API:`, ...urls, ''],
    short: [`${origin}/tardy/timeouts  /peers  /metrics`],
  };
}

/** Express is the user's, not ours: an optional peer dependency. */
function needExpress(): void {
  try {
    createRequire(import.meta.url).resolve('express');
  } catch (cause) {
    const message = 'the services of the demo are Express applications: npm install express@5';
    throw new TardyError('ERR_TARDY_UNREACHABLE', message, { cause });
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(Math.max(0, ms), undefined, { signal }).catch(() => undefined);
}
