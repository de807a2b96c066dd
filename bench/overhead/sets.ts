/**
 * Blocks of requests in turn on several processes: one bare, another bare, one with Tardy, one
 * with OpenTelemetry. All are alive at once and warm; in each round each does one block, in an
 * order drawn anew, so that they share whatever the machine goes through.
 *
 * With less bare is what a collector costs; bare less bare is what the measurement sees where
 * there is nothing: the noise floor. Processes differ by luck (where memory lies, what V8 chose to
 * inline), so several sets of them are made, and the bootstrap draws sets first, then rounds.
 *
 * Switching a collector on and off within one process would need fewer of them, but V8 throws
 * code away and compiles it again at each switch: with blocks of 400 that alone made node:http
 * look 4 µs dearer (10 instead of 6) where this was tried.
 */
import type { Random } from '../../test/support/random.ts';
import { clusteredInterval, type Interval, median, ratioInterval } from './statistics.ts';

export const LANES = ['bare', 'null', 'tardy', 'otel'] as const;
export type Lane = (typeof LANES)[number];

/** Microseconds per request: of the measured process' CPU, and of the clock on the wall. */
export interface Block {
  readonly cpuUs: number;
  readonly wallUs: number;
}

export type Round = Readonly<Record<Lane, Block>>;

/** Processes that are measured together. */
export interface ProcessSet {
  block(lane: Lane): Promise<Block>;
  end(): Promise<unknown>;
}

export interface SetsOptions {
  /** Rounds in all, or a few more, so that the sets have as many each. */
  readonly pairs: number;
  readonly sets: number;
  /** Each set has its share of this time, its processes' start included; then no new round. */
  readonly budgetMs: number;
  readonly random: Random;
  readonly makeSet: () => Promise<ProcessSet>;
}

/** First rounds of a set, left out: connections open, caches fill. */
const WARM_ROUNDS = 2;
/** Rounds of each set, however long they take. */
const ROUNDS_MIN = 3;

/** The rounds of each set. */
export async function runSets(options: SetsOptions): Promise<Round[][]> {
  const { pairs, sets, budgetMs, random, makeSet } = options;
  const all: Round[][] = [];
  for (let i = 0; i < sets; i++) {
    const endMs = performance.now() + budgetMs / sets;
    const set = await makeSet();
    try {
      all.push(await runRounds(set, Math.ceil(pairs / sets), endMs, random));
    } finally {
      await set.end();
    }
  }
  return all;
}

async function runRounds(set: ProcessSet, rounds: number, endMs: number, random: Random) {
  const done: Round[] = [];
  for (let i = 0; i < rounds + WARM_ROUNDS; i++) {
    if (done.length >= ROUNDS_MIN && performance.now() >= endMs) break;
    const round: Partial<Record<Lane, Block>> = {};
    for (const lane of shuffled(LANES, random)) round[lane] = await set.block(lane);
    if (i >= WARM_ROUNDS) done.push(round as Round);
  }
  return done;
}

export function shuffled<T>(items: readonly T[], random: Random): T[] {
  const order = [...items];
  for (let i = order.length - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    [order[i], order[j]] = [order[j] as T, order[i] as T];
  }
  return order;
}

/** What the collectors cost, read from all rounds. */
export interface Costs {
  readonly pairs: number;
  readonly sets: number;
  /** CPU of a request without a collector, in µs. */
  readonly bareUs: number;
  /** What the measurement sees where there is nothing. */
  readonly nullUs: Interval;
  readonly tardyUs: Interval;
  readonly otelUs: Interval;
  /** How many times Tardy's cost OpenTelemetry's is. */
  readonly ratio: Interval;
  /** Requests a second with Tardy, as a share of those without. */
  readonly tardyRate: Interval;
  readonly otelRate: Interval;
}

export function costsOf(sets: readonly (readonly Round[])[], random: Random): Costs {
  const each = (value: (round: Round) => number) => sets.map((rounds) => rounds.map(value));
  const tardy = each((round) => addedUs(round, 'tardy'));
  const otel = each((round) => addedUs(round, 'otel'));
  const interval = (groups: readonly (readonly number[])[]) => clusteredInterval(groups, random);
  return {
    pairs: sets.flat().length,
    sets: sets.length,
    bareUs: median(each(({ bare }) => bare.cpuUs).flat()),
    nullUs: interval(each((round) => round.null.cpuUs - round.bare.cpuUs)),
    tardyUs: interval(tardy),
    otelUs: interval(otel),
    ratio: ratioInterval(otel, tardy, random),
    tardyRate: interval(each((round) => rate(round, 'tardy'))),
    otelRate: interval(each((round) => rate(round, 'otel'))),
  };
}

function addedUs(round: Round, lane: Lane): number {
  return round[lane].cpuUs - (round.bare.cpuUs + round.null.cpuUs) / 2;
}

function rate(round: Round, lane: Lane): number {
  return (round.bare.wallUs + round.null.wallUs) / 2 / round[lane].wallUs;
}

/** Fewer than this, and the ends of the intervals are a matter of luck. */
const PAIRS_WANTED = 100;
const SETS_WANTED = 4;
/** Why not to trust the costs. `what` names them. */
export function doubtsOf(what: string, costs: Costs): string[] {
  const { pairs, sets, nullUs } = costs;
  const doubts: string[] = [];
  if (pairs < PAIRS_WANTED || sets < SETS_WANTED) {
    const wanted = `${PAIRS_WANTED} in ${SETS_WANTED} wanted`;
    doubts.push(`${what}: ${pairs} pairs in ${sets} sets of processes are few; ${wanted}`);
  }
  for (const [name, { low, high }] of [
    ['Tardy', costs.tardyUs] as const,
    ['OTel', costs.otelUs] as const,
  ]) {
    if (low > 0 || high < 0) continue;
    doubts.push(`${what}, ${name}: the interval spans 0: this run cannot tell it from nothing`);
  }
  const floor = `the noise floor is ${nullUs.low.toFixed(1)} to ${nullUs.high.toFixed(1)} µs`;
  if (nullUs.low > 0 || nullUs.high < 0) doubts.push(`${what}: ${floor}, and should hold 0`);
  if (Math.max(-nullUs.low, nullUs.high) > Math.abs(costs.tardyUs.median)) {
    doubts.push(`${what}: ${floor}, beyond what Tardy was seen to add`);
  }
  return doubts;
}
