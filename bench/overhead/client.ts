/** Part 1: what an outgoing request costs its process, with Tardy and with OpenTelemetry. */
import { randomFrom } from '../../test/support/random.ts';
import { type Client, type ClientJob, CLIENTS, CONCURRENCY, EXPOSE_GC } from './jobs.ts';
import type { Run } from './options.ts';
import {
  added,
  atLeast,
  atMost,
  figure,
  type Goal,
  type Part,
  verdict,
  withInterval,
} from './report.ts';
import {
  type Block,
  type Costs,
  costsOf,
  doubtsOf,
  LANES,
  type ProcessSet,
  runSets,
} from './sets.ts';
import { Workers, Worker } from './worker.ts';

const ADDED_MAX_US = 4;
const RATIO_MIN = 3;
/** Requests of one timed block: some ten milliseconds. */
const BLOCK_REQUESTS = 400;
const WARM_REQUESTS = 4000;
const QUICK_WARM_REQUESTS = 1500;

interface Result {
  readonly client: Client;
  readonly costs: Costs;
}

export async function clientPart(run: Run): Promise<Part> {
  const server = new Worker('answer-server.ts');
  try {
    const origin = `http://127.0.0.1:${String(await server.ask('listen'))}`;
    const results: Result[] = [];
    for (const client of CLIENTS) {
      run.progress(`client: ${client}`);
      const random = randomFrom(run.seed);
      const warmRequests = run.quick ? QUICK_WARM_REQUESTS : WARM_REQUESTS;
      const job = { client, origin, warmRequests };
      const sets = await runSets({ ...run, random, makeSet: () => makeSet(job) });
      results.push({ client, costs: costsOf(sets, random) });
    }
    return report(results);
  } finally {
    await server.end();
  }
}

/** One process for each lane, warm. */
async function makeSet(job: Omit<ClientJob, 'lane'>): Promise<ProcessSet> {
  const workers = new Workers(LANES, 'client-process.ts', EXPOSE_GC);
  await workers.all((lane) => ['prepare', { ...job, lane } satisfies ClientJob]);
  return {
    block: async (lane) => (await workers.of(lane).ask('block', BLOCK_REQUESTS)) as Block,
    end: () => workers.end(),
  };
}

function report(results: readonly Result[]): Part {
  const goals = results.map(goalsOf);
  return {
    title: '1. Client: CPU of a request in the process that sends it, µs',
    columns: [
      ...['client', 'bare', 'noise floor', 'Tardy adds', `<= ${ADDED_MAX_US} µs`],
      ...['OTel adds', 'OTel / Tardy', `>= ${RATIO_MIN} x`, 'rate Tardy', 'rate OTel'],
    ],
    rows: results.map((result, i) => rowOf(result, goals[i] as readonly [Goal, Goal])),
    notes: [
      `keep-alive, concurrency ${CONCURRENCY}, the server in another process; blocks of ${BLOCK_REQUESTS} requests in random order`,
      'on four processes: bare, bare again (the noise floor), Tardy, and OTel (instrumentation-http',
      'and -undici), all under a NodeSDK for metrics alone. A block pays for its own garbage.',
      'rate: requests a second with, as a share of those without',
    ],
    warnings: results.flatMap(({ client, costs }) => doubtsOf(client, costs)),
    goals: goals.flat(),
    figures: results,
  };
}

function goalsOf({ client, costs }: Result): [Goal, Goal] {
  const what = `client CPU added to ${client}`;
  return [
    atMost({ what, measured: costs.tardyUs, goal: ADDED_MAX_US, unit: 'µs' }),
    atLeast({ what: `${what}, OTel / Tardy`, measured: costs.ratio, goal: RATIO_MIN, unit: 'x' }),
  ];
}

function rowOf({ client, costs }: Result, [cost, times]: readonly [Goal, Goal]): string[] {
  return [
    client,
    figure(costs.bareUs),
    added(costs.nullUs),
    added(costs.tardyUs),
    verdict(cost),
    added(costs.otelUs),
    withInterval(costs.ratio),
    verdict(times),
    figure(costs.tardyRate.median),
    figure(costs.otelRate.median),
  ];
}
