/**
 * What the calls cost, in a process of its own that may collect its garbage: prints JSON.
 *
 * Calls are timed in blocks, and the median block is told: single calls are shorter than a tick of
 * the clock, and a neighbour hits few blocks. `timeoutMs` is asked once for each reply, as a caller
 * does, so the work that new data make is in it; what it costs is the difference between blocks
 * with it and without.
 */
import { armDeadline } from '../../src/apply/deadline.ts';
import { createAdaptiveFetch } from '../../src/apply/fetch.ts';
import type { TimeoutSource } from '../../src/apply/source.ts';
import { createTimeoutEstimator } from '../../src/timeout/index.ts';
import { randomFrom } from '../../test/support/random.ts';
import { median } from '../overhead/statistics.ts';
import type { Rule } from './rule.ts';
import { RULES } from './rules.ts';
import { OUTLIERS } from './streams.ts';
import { TARDY } from './tardy.ts';

/** What the child is told on its command line. */
export interface CostJob {
  readonly seed: number;
  readonly rules: readonly string[];
  /** Calls of a block, and blocks. */
  readonly calls: number;
  readonly blocks: number;
  /** Calls over which memory is watched. */
  readonly retainedOver: number;
}

/** ns a call. */
export interface RuleCost {
  readonly rule: string;
  readonly observeNs: number;
  readonly timeoutNs: number;
}

export interface Costs {
  readonly rules: readonly RuleCost[];
  /** begin() and end() of a request, in ns. */
  readonly beginAndEndNs: number;
  /** advice() after a new reply, in µs. */
  readonly adviceUs: number;
  /** Each in µs, by what is armed and disarmed. */
  readonly armingUs: Readonly<Record<string, number>>;
  /** Bytes kept a call. */
  readonly retained: Readonly<Record<string, number>>;
}

const TARGET = 0.001;
const GAP_MS = 10;
const MASK = 0xffff;
const ADVICE_CALLS = 200;

const job = JSON.parse(process.argv[2] ?? '{}') as CostJob;
const random = randomFrom(job.seed);
const durations = new Float64Array(MASK + 1).map(() => OUTLIERS.draw(random));

/** A rule, with the clock of its own that goes on from block to block. */
class Driven {
  readonly #rule: Rule;
  #i = 0;

  constructor(rule: Rule) {
    this.#rule = rule;
  }

  /** Replies, each after the timeout was asked for, if `asks`; so none of it can be left out. */
  run(calls: number, asks: boolean): number {
    let sum = 0;
    for (let k = 0; k < calls; k++) {
      const i = this.#i++;
      const atMs = i * GAP_MS;
      const armedMs = asks ? this.#rule.timeoutMs(atMs) : 1000;
      const durationMs = durations[i & MASK] as number;
      const outcome = durationMs > armedMs ? 'timed-out' : 'completed';
      this.#rule.observe({ atMs, durationMs: Math.min(durationMs, armedMs), outcome, armedMs });
      sum += armedMs;
    }
    return sum;
  }
}

function ruleCost(name: string): RuleCost {
  const maker = RULES.find((rule) => rule.name === name);
  if (!maker) throw new Error(`no rule is named ${name}`);
  const asked = new Driven(maker.make({ targetRate: TARGET, seed: job.seed }));
  const told = new Driven(maker.make({ targetRate: TARGET, seed: job.seed }));
  const withAsking: number[] = [];
  const without: number[] = [];
  for (let block = 0; block < job.blocks; block++) {
    withAsking.push(nsPerCall(job.calls, () => asked.run(job.calls, true)));
    without.push(nsPerCall(job.calls, () => told.run(job.calls, false)));
  }
  const observeNs = median(without);
  return { rule: name, observeNs, timeoutNs: Math.max(0, median(withAsking) - observeNs) };
}

function nsPerCall(calls: number, run: () => unknown): number {
  const startMs = performance.now();
  run();
  return ((performance.now() - startMs) * 1e6) / calls;
}

function beginAndEndNs(): number {
  const estimator = createTimeoutEstimator({ targetRate: TARGET });
  let i = 0;
  const run = () => {
    for (let k = 0; k < job.calls; k++) {
      const startMs = i * GAP_MS;
      const durationMs = durations[i++ & MASK] as number;
      const inFlight = estimator.begin(startMs);
      inFlight.end({ atMs: startMs + durationMs, durationMs, outcome: 'completed' });
    }
  };
  return median(Array.from({ length: job.blocks }, () => nsPerCall(job.calls, run)));
}

function adviceUs(): number {
  const estimator = createTimeoutEstimator({ targetRate: TARGET });
  let atMs = 0;
  const observe = (i: number) =>
    estimator.observe({
      atMs: (atMs += GAP_MS),
      durationMs: durations[i & MASK] as number,
      outcome: 'completed',
    });
  for (let i = 0; i < MASK; i++) observe(i);
  const run = () => {
    for (let i = 0; i < ADVICE_CALLS; i++) {
      observe(i);
      estimator.advice(atMs);
    }
  };
  const blocks = Array.from({ length: job.blocks }, () => nsPerCall(ADVICE_CALLS, run));
  return median(blocks) / 1000;
}

const ARMED_MS = 1000;
const reply = new Response('');
const source: TimeoutSource = {
  plan: () => ({
    ...{ peer: 'a:80', route: 'GET /', advice: () => undefined },
    ...{ connectMs: ARMED_MS, responseMs: ARMED_MS },
  }),
  whenDrained: (judge) => judge(),
};
const stub = () => Promise.resolve(reply);
const adaptive = createAdaptiveFetch(source, stub);

/** Ways to arm a timeout and to disarm it again. */
const ARMING: Readonly<Record<string, () => unknown>> = {
  'tardy, its timer': () => armDeadline(source, ARMED_MS, () => undefined).clear(),
  'setTimeout + clearTimeout': () => clearTimeout(setTimeout(() => undefined, ARMED_MS)),
  'AbortSignal.timeout': () => AbortSignal.timeout(ARMED_MS),
  'tardy, fetch over a stub': () => adaptive('http://a/'),
  'stub alone': () => stub(),
};

async function armingUs(): Promise<Record<string, number>> {
  const us: Record<string, number> = {};
  const calls = Math.ceil(job.calls / 10);
  for (const [name, arm] of Object.entries(ARMING)) {
    const blocks: number[] = [];
    for (let block = 0; block < job.blocks; block++) {
      const startMs = performance.now();
      for (let i = 0; i < calls; i++) await arm();
      blocks.push(((performance.now() - startMs) * 1000) / calls);
    }
    us[name] = median(blocks);
  }
  return us;
}

/** Bytes kept a call, after the garbage is collected. The first calls fill what is kept anyway. */
async function retained(run: (calls: number) => unknown): Promise<number> {
  await run(Math.ceil(job.retainedOver / 10));
  const before = await bytesInUse();
  await run(job.retainedOver);
  return ((await bytesInUse()) - before) / job.retainedOver;
}

async function bytesInUse(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

async function retainedAll(): Promise<Record<string, number>> {
  const estimator = createTimeoutEstimator({ targetRate: TARGET });
  const driven = new Driven({
    name: TARDY,
    timeoutMs: (atMs) => estimator.timeoutMs(atMs),
    observe: (observation) => estimator.observe(observation),
  });
  const each = (name: string) => async (calls: number) => {
    for (let i = 0; i < calls; i++) await ARMING[name]?.();
  };
  return {
    'tardy, timeoutMs and observe': await retained((calls) => driven.run(calls, true)),
    'tardy, its timer': await retained(each('tardy, its timer')),
    'tardy, fetch over a stub': await retained(each('tardy, fetch over a stub')),
  };
}

const costs: Costs = {
  rules: job.rules.map(ruleCost),
  beginAndEndNs: beginAndEndNs(),
  adviceUs: adviceUs(),
  armingUs: await armingUs(),
  retained: await retainedAll(),
};
process.stdout.write(JSON.stringify(costs));
process.exit();
