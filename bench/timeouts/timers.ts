/** Timers for real: who blames the peer for a stall of our own, and who fires in time. */
import { once } from 'node:events';
import { get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { figure, goal, type Goal, type PartResult, type Run, type Table } from './report.ts';
import { TARDY } from './tardy.ts';
import { openClients, type TimerClient } from './timers/clients.ts';

const TRIALS = { full: 60, quick: 15 };
const STALL = { stallMs: 150, timeoutMs: 100, answerMs: 50, inMs: 10 };
const PRECISION_MS = [20, 50, 100, 500, 1000, 2000, 10_000];
const QUICK_PRECISION_MS = [20, 50, 100, 500, 1000];
const SAMPLES = { full: 100, quick: 20 };
/** Calls of one client start so far apart that no two timers are due in the same turn. */
const APART_MS = 7;
const LATE_MAX_MS = 5;
/** A reply that nobody can miss, to see that a client works at all. */
const CHECK_MS = 5000;

interface Precision {
  readonly client: string;
  readonly timeoutMs: number;
  /** How much later than asked it gave up, ascending; negative if early. */
  readonly lateMs: readonly number[];
}

export async function timersPart(run: Run): Promise<PartResult> {
  const server = new Worker(new URL('timers/server.ts', import.meta.url));
  const [port] = (await once(server, 'message')) as [number];
  const { clients, missing, stop } = await openClients();
  const origin = `http://127.0.0.1:${port}`;
  try {
    for (const { call } of clients) await call(`${origin}/0`, CHECK_MS);
    const stalls = await stallTests(clients, origin, run);
    const precisions: Precision[] = [];
    for (const timeoutMs of run.quick ? QUICK_PRECISION_MS : PRECISION_MS) {
      run.progress(`timers of ${timeoutMs} ms`);
      const samples = run.quick ? SAMPLES.quick : SAMPLES.full;
      for (const client of clients) {
        precisions.push(await precision(client, `${origin}/never`, timeoutMs, samples));
      }
    }
    const note = missing.length > 0 ? [`not installed: ${missing.join(', ')}`] : [];
    return {
      tables: [stallTable(stalls, trialsOf(run), note), precisionTable(precisions, clients)],
      goals: goalsOf(stalls, trialsOf(run), precisions),
      figures: { stalls, precisions },
    };
  } finally {
    stop();
    await server.terminate();
  }
}

function trialsOf({ quick }: Run): number {
  return quick ? TRIALS.quick : TRIALS.full;
}

/** False timeouts by client. */
type Stalls = ReadonlyMap<string, number>;

async function stallTests(
  clients: readonly TimerClient[],
  origin: string,
  run: Run,
): Promise<Stalls> {
  const trials = trialsOf(run);
  const stalls = new Map<string, number>();
  for (const client of clients) {
    run.progress(`stalls under ${client.name}`);
    let falseTimeouts = 0;
    for (let trial = 0; trial < trials; trial++) {
      const inTime = await stallTrial(client, origin);
      if (!inTime) falseTimeouts++;
    }
    stalls.set(client.name, falseTimeouts);
  }
  return stalls;
}

/** One call, and another reply in whose callback the process stands still; whether it got a reply. */
async function stallTrial({ call }: TimerClient, origin: string): Promise<boolean> {
  const reply = call(`${origin}/${STALL.answerMs}`, STALL.timeoutMs).then(
    () => true,
    () => false,
  );
  await new Promise<void>((resolve, reject) => {
    get(`${origin}/${STALL.inMs}`, (response) => {
      response.resume();
      standStill(STALL.stallMs);
      resolve();
    }).on('error', reject);
  });
  return reply;
}

function standStill(ms: number): void {
  const endMs = performance.now() + ms;
  while (performance.now() < endMs);
}

async function precision(
  { name, call }: TimerClient,
  url: string,
  timeoutMs: number,
  samples: number,
): Promise<Precision> {
  const pending: Promise<number>[] = [];
  for (let i = 0; i < samples; i++) {
    const startMs = performance.now();
    pending.push(
      call(url, timeoutMs).then(
        () => NaN,
        () => performance.now() - startMs - timeoutMs,
      ),
    );
    await sleep(APART_MS);
  }
  const lateMs = (await Promise.all(pending)).sort((a, b) => a - b);
  return { client: name, timeoutMs, lateMs };
}

function stallTable(stalls: Stalls, trials: number, notes: readonly string[]): Table {
  const { stallMs, timeoutMs, answerMs } = STALL;
  return {
    title: `${stallMs} ms stall in an I/O callback, T = ${timeoutMs} ms, the server answers after ${answerMs} ms`,
    columns: ['client', 'false timeouts'],
    rows: [...stalls].map(([client, count]) => [client, `${count} of ${trials}`]),
    notes,
  };
}

function precisionTable(all: readonly Precision[], clients: readonly TimerClient[]): Table {
  const timeouts = [...new Set(all.map(({ timeoutMs }) => timeoutMs))];
  return {
    title: 'Firing precision: p50, p99 of the lateness in ms, and how many were early',
    columns: ['client', ...timeouts.map((ms) => `${ms} ms`)],
    rows: clients.map(({ name }) => [
      name,
      ...timeouts.map((ms) => {
        const found = all.find((each) => each.client === name && each.timeoutMs === ms);
        return found ? cell(found.lateMs) : '-';
      }),
    ]),
    notes: ['from the call to its rejection; each call opens a connection, for the last was cut'],
  };
}

function cell(lateMs: readonly number[]): string {
  return `${figure(quantile(lateMs, 0.5))}, ${figure(quantile(lateMs, 0.99))}, ${earlyOf(lateMs)}`;
}

function goalsOf(stalls: Stalls, trials: number, all: readonly Precision[]): Goal[] {
  const own = all.filter(({ client }) => client === TARDY);
  const falseTimeouts = stalls.get(TARDY) ?? NaN;
  return [
    goal({ what: `false timeouts of ${trials} stalls`, measured: falseTimeouts, high: 0 }),
    ...own.map(({ timeoutMs, lateMs }) =>
      goal({
        what: `late at p99, ${timeoutMs} ms`,
        measured: quantile(lateMs, 0.99),
        high: LATE_MAX_MS,
      }),
    ),
    goal({
      what: 'early',
      measured: own.reduce((sum, { lateMs }) => sum + earlyOf(lateMs), 0),
      high: 0,
    }),
  ];
}

function earlyOf(lateMs: readonly number[]): number {
  return lateMs.filter((ms) => ms < 0).length;
}

function quantile(ascending: readonly number[], q: number): number {
  return ascending[Math.max(0, Math.ceil(q * ascending.length) - 1)] ?? NaN;
}
