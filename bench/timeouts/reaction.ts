/** After a slowdown, after a speed-up, and at the start. */
import { median } from '../overhead/statistics.ts';
import { binomialBand } from './binomial.ts';
import { chosen } from './options.ts';
import { inWorkers } from './pool.ts';
import { AFTER_SLOWDOWN, type FreshKeys, KEY_REQUESTS, type Reaction } from './reaction-jobs.ts';
import { figure, fine, goal, type Goal, type PartResult, type Run, type Table } from './report.ts';
import { RULES } from './rules.ts';
import { TARDY } from './tardy.ts';

const REACTION_TARGET = 0.001;
const SEEDS = { full: 100, quick: 20 };
const FRESH_TARGET = 0.01;
const KEYS = { full: 1000, quick: 100 };
const FALSE_MAX = 12;
const RATIO_MAX = 2.5;
const POOLED = { low: 0.9, high: 1.1 };

export async function reactionPart(run: Run): Promise<PartResult> {
  const rules = chosen(RULES, run.only).map(({ name }) => name);
  const { seed, quick } = run;
  const seeds = quick ? SEEDS.quick : SEEDS.full;
  const keys = quick ? KEYS.quick : KEYS.full;
  const reactions = await inWorkers(
    'react',
    rules.map((rule) => ({ rule, seeds, seed, targetRate: REACTION_TARGET })),
    ({ rule }, finished) => run.progress(`reaction of ${rule}: ${finished} of ${rules.length}`),
  );
  const fresh = await inWorkers(
    'freshKeys',
    rules.map((rule) => ({ rule, keys, seed, targetRate: FRESH_TARGET })),
    ({ rule }, finished) => run.progress(`fresh keys of ${rule}: ${finished} of ${rules.length}`),
  );
  return {
    tables: [reactionTable(reactions, seeds), freshTable(fresh, keys)],
    goals: [...reactionGoals(reactions), ...freshGoals(fresh)],
    figures: { reactions, fresh },
  };
}

function reactionTable(reactions: readonly Reaction[], seeds: number): Table {
  return {
    title: `Change of level, 50 requests a second, target 0.1 %, ${seeds} seeds, closed loop`,
    columns: ['rule', 'false after x 10: median', 'p90', 'T / quantile after 1/3: median', 'p90'],
    rows: reactions.map(({ rule, falseTimeouts, ratios }) => [
      ...[rule, figure(median(falseTimeouts)), figure(p90(falseTimeouts))],
      ...[figure(median(ratios)), figure(p90(ratios))],
    ]),
    notes: [
      `x 10: false timeouts in the ${AFTER_SLOWDOWN} requests after, at most 10 in flight; 6 are wanted`,
      '1/3: armed timeout / true p99.9 of the new level, 310 s after the change',
    ],
  };
}

function freshTable(fresh: readonly FreshKeys[], keys: number): Table {
  return {
    title: `${keys} fresh keys x ${KEY_REQUESTS} requests, target 1 %, closed loop, from the first request`,
    columns: ['rule', 'rejected', 'achieved/target pooled', 'median key', 'p90 key'],
    rows: fresh.map(({ rule, rejected, ofKeys }) => [
      ...[rule, String(rejected), fine(pooled(fresh, rule))],
      ...[figure(median(ofKeys)), figure(p90(ofKeys))],
    ]),
    notes: [
      'shapes in turn: lognormal, outliers, Pareto, bimodal, tight; scale between 0.5 and 20',
    ],
  };
}

function reactionGoals(reactions: readonly Reaction[]): Goal[] {
  return reactions
    .filter(({ rule }) => rule === TARDY)
    .flatMap(({ falseTimeouts, ratios }) => [
      goal({ what: 'false after x 10, median', measured: median(falseTimeouts), high: FALSE_MAX }),
      goal({ what: 'T / quantile after 1/3, median', measured: median(ratios), high: RATIO_MAX }),
    ]);
}

function freshGoals(fresh: readonly FreshKeys[]): Goal[] {
  return fresh
    .filter(({ rule }) => rule === TARDY)
    .map(({ rule, requests }) =>
      goal({
        what: 'fresh keys, achieved/target pooled',
        measured: pooled(fresh, rule),
        chance: binomialBand(requests, FRESH_TARGET),
        ...POOLED,
      }),
    );
}

function pooled(fresh: readonly FreshKeys[], rule: string): number {
  const found = fresh.find((each) => each.rule === rule);
  return found ? found.rejected / found.requests / FRESH_TARGET : NaN;
}

function p90(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.ceil(0.9 * sorted.length) - 1] ?? NaN;
}
