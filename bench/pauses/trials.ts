/** Pauses of each cause, made on purpose, and what was told of them. */
import type { PauseCause } from '../../src/pause/cause.ts';
import { sleep } from '../detector/live/processes.ts';
import type { BenchRun } from './run.ts';
import { pushAside, quotaGroup, setQuota, spinners, STOPPERS } from './stoppers.ts';
import { Victim } from './victim.ts';
import type { Act, Told } from './victim-types.ts';

export interface Trial {
  readonly truth: PauseCause;
  readonly how: string;
  /** How long it was; undefined where nobody outside can tell. */
  readonly truthMs: number | undefined;
  /** Undefined: nothing was told. */
  readonly told: Told | undefined;
  /** From its end until it was told; undefined where nobody outside can tell. */
  readonly delayMs: number | undefined;
}

const STOP_MS = { from: 60, to: 2000 };
const ACT_MS = { from: 60, to: 600 };
/** A pause that the goal speaks of. */
export const PAUSE_MIN_MS = 50;
/** The victim is idle in one half of the trials, and runs code half of the time in the other. */
const BUSY_SHARE = 0.5;

function between(run: BenchRun, { from, to }: { from: number; to: number }): number {
  return from + run.random() * (to - from);
}

async function ready(run: BenchRun, victim: Victim, i: number): Promise<void> {
  victim.tell({ kind: 'busy', share: i % 2 === 0 ? 0 : BUSY_SHARE });
  await sleep(150 + run.random() * 100);
  victim.told = [];
}

/** Stopped from outside. */
export async function stopTrials(run: BenchRun, each: number): Promise<Trial[]> {
  const victim = await Victim.start(run.watch);
  const ways = [...STOPPERS];
  const trials: Trial[] = [];
  for (let i = 0; i < each; i++) {
    const [how, stop] = ways[i % ways.length] as (typeof ways)[number];
    if (i % 10 === 0) run.progress(`stopped, ${i} of ${each}`);
    await ready(run, victim, Math.floor(i / ways.length));
    const truthMs = await stop(victim.pid, between(run, STOP_MS));
    const told = await victim.longest(truthMs / 2);
    trials.push({ truth: 'stopped', how, truthMs, told, delayMs: undefined });
  }
  await victim.end();
  return trials;
}

/** It stands still by itself. */
export async function actTrials(
  run: BenchRun,
  truth: PauseCause,
  acts: readonly Act[],
  each: number,
): Promise<Trial[]> {
  const victim = await Victim.start(run.watch);
  const trials: Trial[] = [];
  let leftOut = 0;
  for (let i = 0; i < each; i++) {
    const how = acts[i % acts.length] as Act;
    if (i % 10 === 0) run.progress(`${truth}, ${i} of ${each}`);
    await ready(run, victim, Math.floor(i / acts.length));
    const acted = await victim.act({ kind: 'act', act: how, forMs: between(run, ACT_MS) });
    const truthMs = acted.toMs - acted.fromMs;
    const told = await victim.longest(truthMs / 2);
    if (truthMs < PAUSE_MIN_MS || isCrowdedOut(truth, truthMs, acted.cpuMs)) {
      if (++leftOut > each) break;
      i--;
      continue;
    }
    trials.push({ truth, how, truthMs, told, delayMs: told && told.toldMs - acted.toMs });
  }
  await victim.end();
  if (leftOut > 0) run.progress(`${truth}: ${leftOut} too short, or crowded out by others`);
  return trials;
}

/**
 * It wanted to run, and others had the CPU for more than half of the time: that is another pause
 * than the one that was to be made. Told by another counter than the one that is judged.
 */
function isCrowdedOut(truth: PauseCause, truthMs: number, cpuMs: number): boolean {
  return (truth === 'sync-code' || truth === 'gc') && cpuMs < truthMs / 2;
}

/** The longest pauses while whole generations of objects live on. */
export async function naturalGcTrials(run: BenchRun, each: number): Promise<Trial[]> {
  const victim = await Victim.start(run.watch, ['--max-semi-space-size=64']);
  const trials: Trial[] = [];
  for (let i = 0; i < 4 * each && trials.length < each; i++) {
    if (i % 5 === 0) run.progress(`gc natural, ${trials.length} of ${each}`);
    victim.told = [];
    await victim.act({ kind: 'act', act: 'gc natural', forMs: 1500 });
    await sleep(100);
    trials.push(...long(victim.told).map((told) => unmeasured('gc', 'natural', told)));
  }
  await victim.end();
  return trials.slice(0, each);
}

function long(told: readonly Told[]): Told[] {
  return told.filter(({ durationMs }) => durationMs >= PAUSE_MIN_MS);
}

function unmeasured(truth: PauseCause, how: string, told: Told): Trial {
  return { truth, how, truthMs: undefined, told, delayMs: undefined };
}

/** Last in the queue for a CPU that six others want, too. */
export async function starveTrials(run: BenchRun, each: number): Promise<Trial[]> {
  const victim = await Victim.start(run.watch);
  const cpu = 1;
  pushAside(victim.pid, cpu);
  victim.tell({ kind: 'busy', share: BUSY_SHARE });
  victim.told = [];
  const end = spinners(6, cpu);
  try {
    await collect(run, 'starved', victim, each);
  } finally {
    end();
    await victim.end();
  }
  const told = long(victim.told).slice(0, each);
  return told.map((one) => unmeasured('starved', 'nice 19 beside 6', one));
}

/** A quota of a cgroup, of three sizes. */
export async function throttleTrials(run: BenchRun, each: number): Promise<Trial[]> {
  const group = quotaGroup();
  if (!group) return [];
  const victim = await Victim.start(run.watch);
  const trials: Trial[] = [];
  try {
    victim.tell({ kind: 'busy', share: BUSY_SHARE });
    setQuota(group, 1);
    group.add(victim.pid);
    for (const share of [0.02, 0.05, 0.2]) {
      setQuota(group, share);
      await sleep(1500);
      victim.told = [];
      const wanted = Math.ceil(each / 3);
      await collect(run, `throttled to ${share}`, victim, wanted);
      const told = long(victim.told).slice(0, wanted);
      trials.push(...told.map((one) => unmeasured('throttled', `quota ${share}`, one)));
    }
  } finally {
    await group.remove(victim.pid);
    await victim.end();
  }
  return trials.slice(0, each);
}

const COLLECT_MS = 120_000;

async function collect(run: BenchRun, what: string, victim: Victim, each: number): Promise<void> {
  const endMs = performance.now() + COLLECT_MS;
  while (long(victim.told).length < each && performance.now() < endMs) {
    run.progress(`${what}, ${long(victim.told).length} of ${each}`);
    await sleep(3000);
  }
}
