/** `tardy demo`: a real cluster on this machine, what its gateway would advise, and who is alive. */
import { createRequire } from 'node:module';
import { TardyError } from '../../errors.ts';
import { type Context, defineCommand, type Values } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { usageError } from '../parse.ts';
import { type Cluster, startCluster } from './cluster.ts';
import { complaints } from './complaints.ts';
import type { DemoReport } from './demo-report.ts';
import { FAULT_MS, FAULT_NAMES, type FaultName, whyImpossible } from './faults.ts';
import { keysHelp, listenToKeys } from './keys.ts';
import { Screen } from './screen.ts';
import { RATE_PER_SERVICE, SERVICES, TARGET } from './services.ts';
import { watch } from './watch.ts';

/** Length of a run that ends by itself. */
const ONCE_S = 20;
/** When `slowing` becomes slow: after this part of a run, or this long after an endless one began. */
const SLOW_AFTER_SHARE = 1 / 3;
const SLOW_AFTER_MS = 60_000;

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
  scenario: {
    type: 'text',
    value: 'NAME',
    choices: ['none', ...FAULT_NAMES],
    byDefault: 'none',
    help:
      `${FAULT_NAMES.join(', ')}: something fails for ${FAULT_MS / 1000} s once all is settled; ` +
      'who saw it, when and as what is reported',
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
  summary: 'see it work: six processes on this machine, advice within seconds',
  usage:
    '[--once] [--duration SECONDS] [--scenario NAME] [--port PORT] [--target-rate RATE] [--json]',
  examples: [
    { line: 'tardy demo', does: 'a live table, until Ctrl-C' },
    { line: 'tardy demo --once --duration 30', does: 'one table after 30 s' },
    { line: 'tardy demo --once --json', does: 'the same for programs' },
    {
      line: 'tardy demo --once --scenario kill',
      does: 'one service is killed: who notices, and when',
    },
    {
      line: 'tardy demo --port 3000',
      does: 'with a known place, so that `tardy advise` finds it from another terminal',
    },
  ],
  options,
  notes: [
    'A gateway calls five Express services, 150 requests a second, through fetch, undici, ' +
      'axios and node:http: one service is steady, two have a heavy tail, one is a cache that hits ' +
      'or misses, one becomes five times as slow after a third of the time (after 60 s without ' +
      '--duration). The gateway runs under --import tardy/register; nothing else was done to it.',
    'All six are peers of one another: STATE is what the gateway calls each. Scenarios: kill (kill ' +
      '-9 of bimodal, then started again), stop (bimodal stands still: SIGSTOP), delay (heartbeats ' +
      'between steady and tail take longer), drop (what steady sends to tail is lost, not what tail ' +
      'sends to steady), skew (the clock of bimodal is set 10 s ahead, by libfaketime where it is ' +
      'installed, else by an injected offset), lease (as stop, while bimodal writes to a ledger of ' +
      'steady under a lease: slowing takes it over, and what bimodal still writes is refused), once ' +
      'everyone trusts everyone. On a terminal, without --once, keys do the same: k, s, d, x, c, l.',
    'Exit code 1: some service never got advice, or a fault was not seen by all who should have, ' +
      'or its end was not.',
  ],
  run: runDemo,
});

async function runDemo(values: DemoValues, context: Context): Promise<ExitCode> {
  needExpress();
  const once = values.once || values.json;
  const durationS = values.duration ?? (once ? ONCE_S : undefined);
  const scenario = scenarioOf(values);
  const hasScreen = !once && context.look.redraws;
  const cluster = await startCluster({
    port: values.port,
    slowAfterMs: durationS === undefined ? SLOW_AFTER_MS : 1000 * SLOW_AFTER_SHARE * durationS,
    targetRate: values['target-rate'],
    canFail: scenario !== undefined || hasScreen,
    env: context.env,
  });
  const keys = hasScreen ? listenToKeys() : undefined;
  try {
    const about = aboutCluster(cluster, keys ? keysHelp() : undefined);
    const live = once ? undefined : new Screen(context, about);
    if (!hasScreen) context.err(`${about.full.join('\n')}\n`);
    if (once) context.err(`one report after ${durationS} s\n`);
    const targetRate = values['target-rate'];
    const report = await watch(cluster, { context, targetRate, durationS, scenario, live, keys });
    if (context.signal.aborted) return once ? EXIT.interrupted : EXIT.ok;
    return finish(report, { once, json: values.json, scenario, context });
  } finally {
    keys?.close();
    await cluster.stop();
  }
}

function scenarioOf(values: DemoValues): FaultName | undefined {
  const scenario = FAULT_NAMES.find((name) => name === values.scenario);
  const impossible = scenario && whyImpossible(scenario);
  if (impossible) throw usageError(impossible);
  return scenario;
}

interface Finish {
  readonly once: boolean;
  readonly json: boolean;
  readonly scenario: FaultName | undefined;
  readonly context: Context;
}

function finish(report: DemoReport, { once, json, scenario, context }: Finish): ExitCode {
  if (json) context.out(`${JSON.stringify(report, null, 2)}\n`);
  else if (once) new Screen(context).append(report);
  const found = complaints(report, scenario);
  for (const complaint of found) context.err(`tardy demo: ${complaint}\n`);
  return found.length === 0 ? EXIT.ok : EXIT.finding;
}

/** Who calls whom, and where to look at it. */
function aboutCluster(cluster: Cluster, keys: string | undefined) {
  const { origin, clients, missing, clockSetBy } = cluster;
  const rate = RATE_PER_SERVICE * SERVICES.length;
  const left = missing.length === 0 ? '' : ` (not installed: ${missing.join(', ')})`;
  const what = `${rate} requests/s to ${SERVICES.length} services through ${clients.join(', ')}${left}`;
  const urls = ['timeouts', 'peers', 'metrics'].map((name) => `  ${origin}/tardy/${name}`);
  return {
    full: [
      `tardy demo: ${what}. The gateway's API:`,
      ...urls,
      ...(clockSetBy === undefined ? [] : [`the clock of ${TARGET} can be set by ${clockSetBy}`]),
      ...(keys ? [keys] : []),
      '',
    ],
    short: [`${origin}/tardy/timeouts  /peers  /metrics`, ...(keys ? [keys] : [])],
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
