/** Part 2: what a request costs an Express server, with Tardy and with OpenTelemetry. */
import { randomFrom } from '../../test/support/random.ts';
import { CONCURRENCY, EXPOSE_GC, type LoadJob, type ServerJob } from './jobs.ts';
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
import { type Costs, costsOf, doubtsOf, LANES, type ProcessSet, runSets } from './sets.ts';
import { Worker, Workers } from './worker.ts';

const ADDED_MAX_US = 6;

interface Handler {
  readonly name: string;
  readonly workUs: number;
  readonly blockRequests: number;
  readonly warmRequests: number;
  /** Share of the bare server's requests a second that must be left. */
  readonly rateMin: number;
}

const HANDLERS: readonly Handler[] = [
  {
    ...{ name: 'only answers', workUs: 0, rateMin: 0.85 },
    ...{ blockRequests: 400, warmRequests: 6000 },
  },
  {
    ...{ name: 'works for 300 µs', workUs: 300, rateMin: 0.97 },
    ...{ blockRequests: 150, warmRequests: 900 },
  },
];

interface Result {
  readonly handler: Handler;
  readonly costs: Costs;
}

export async function serverPart(run: Run): Promise<Part> {
  const load = new Worker('saturate-process.ts');
  try {
    const results: Result[] = [];
    for (const handler of HANDLERS) {
      run.progress(`server: handler that ${handler.name}`);
      const random = randomFrom(run.seed);
      const sets = await runSets({
        ...run,
        random,
        makeSet: () => makeSet(handler, load, run.quick),
      });
      results.push({ handler, costs: costsOf(sets, random) });
    }
    return report(results);
  } finally {
    await load.end();
  }
}

/** One server process for each lane, warm. */
async function makeSet(handler: Handler, load: Worker, quick: boolean): Promise<ProcessSet> {
  const { workUs, blockRequests, warmRequests } = handler;
  const servers = new Workers(LANES, 'server-process.ts', EXPOSE_GC);
  const ports = await servers.all((lane) => ['prepare', { lane, workUs } satisfies ServerJob]);
  const send = async (lane: (typeof LANES)[number], requests: number) => {
    const job: LoadJob = { port: ports.get(lane) as number, requests };
    return (await load.ask('send', job)) as number;
  };
  for (const lane of LANES) await send(lane, quick ? warmRequests / 3 : warmRequests);
  return {
    async block(lane) {
      const server = servers.of(lane);
      await server.ask('start');
      const wallUs = await send(lane, blockRequests);
      const cpuUs = (await server.ask('end')) as number;
      return { cpuUs: cpuUs / blockRequests, wallUs: wallUs / blockRequests };
    },
    async end() {
      await load.ask('forget');
      await servers.end();
    },
  };
}

function report(results: readonly Result[]): Part {
  const goals = results.map(goalsOf);
  return {
    title: '2. Server: CPU of a request in an Express 5 process, µs, and its rate at saturation',
    columns: [
      ...['handler', 'bare', 'noise floor', 'Tardy adds', `<= ${ADDED_MAX_US} µs`, 'OTel adds'],
      ...['OTel / Tardy', 'rate Tardy', 'goal', 'rate OTel'],
    ],
    rows: results.map((result, i) => rowOf(result, goals[i] as readonly [Goal, Goal])),
    notes: [
      `GET /users/:id over ${CONCURRENCY} connections from another process; blocks of ${HANDLERS.map((handler) => handler.blockRequests).join(' and ')} requests in`,
      'random order on four servers: bare, bare again, Tardy (instrument(app), Server-Timing), and',
      'OTel (instrumentation-http and -express), all under a NodeSDK for metrics alone.',
      'rate: requests a second with, as a share of those without',
    ],
    warnings: results.flatMap(({ handler, costs }) =>
      doubtsOf(`handler that ${handler.name}`, costs),
    ),
    goals: goals.flat(),
    figures: results,
  };
}

function goalsOf({ handler, costs }: Result): [Goal, Goal] {
  const what = `server, handler that ${handler.name}`;
  const rate = { measured: costs.tardyRate, goal: handler.rateMin, unit: 'of bare' };
  return [
    atMost({ what: `${what}: CPU`, measured: costs.tardyUs, goal: ADDED_MAX_US, unit: 'µs' }),
    atLeast({ what: `${what}: rate`, ...rate }),
  ];
}

function rowOf({ handler, costs }: Result, [cost, rate]: readonly [Goal, Goal]): string[] {
  return [
    handler.name,
    figure(costs.bareUs),
    added(costs.nullUs),
    added(costs.tardyUs),
    verdict(cost),
    added(costs.otelUs),
    withInterval(costs.ratio),
    withInterval(costs.tardyRate),
    `>= ${handler.rateMin} ${verdict(rate)}`,
    withInterval(costs.otelRate),
  ];
}
