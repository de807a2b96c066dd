/** What timeouts do to a service that gets more work than it can do. */
import { chosen } from './options.ts';
import { type Overload, PATIENCE_MS } from './overload-jobs.ts';
import { ABANDONED_WORK, type AbandonedWork } from './overloaded-service.ts';
import { inWorkers } from './pool.ts';
import { figure, fine, goal, type Goal, type PartResult, type Run, type Table } from './report.ts';
import { CEILING_MS } from './rule.ts';
import { RULES } from './rules.ts';
import { TARDY } from './tardy.ts';

const TARGET = 0.001;
/** The best of these, found with hindsight, is what a rule is compared with. */
const FIXED_GRID_MS = [100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 60_000];

export async function overloadPart(run: Run): Promise<PartResult> {
  const rules = chosen(RULES, run.only).map(({ name }) => name);
  const jobs = ABANDONED_WORK.flatMap((abandoned) =>
    [...rules, ...FIXED_GRID_MS].map((rule) => ({
      ...{ rule, abandoned, seed: run.seed, targetRate: TARGET },
    })),
  );
  const found = await inWorkers('underOverload', jobs, ({ rule, abandoned }, finished) =>
    run.progress(`overload, ${rule}, ${abandoned}: ${finished} of ${jobs.length}`),
  );
  return {
    tables: ABANDONED_WORK.map((abandoned) => overloadTable(abandoned, found)),
    goals: ABANDONED_WORK.flatMap((abandoned) => goalsOf(abandoned, found)),
    figures: found,
  };
}

function overloadTable(abandoned: AbandonedWork, all: readonly Overload[]): Table {
  const found = all.filter((each) => each.abandoned === abandoned);
  const best = bestFixed(found);
  const named = found.filter(({ rule }) => typeof rule === 'string');
  return {
    title: `10 minutes at 120 % of capacity (400 a second); abandoned work is ${abandoned}`,
    columns: [
      ...['rule', 'goodput/s', 'of best fixed', 'mean T ms', 'max T ms'],
      ...['reversals > x2 a minute', 'refused'],
    ],
    rows: [...named, best].map((each) => [
      typeof each.rule === 'number' ? `best fixed: ${each.rule / 1000} s` : each.rule,
      ...[figure(each.goodput), fine(each.goodput / best.goodput), figure(each.meanArmedMs)],
      ...[figure(each.maxArmedMs), figure(each.reversalsPerMinute)],
      `${figure(100 * each.refused)} %`,
    ]),
    notes: [
      `goodput: replies within the timeout and within ${PATIENCE_MS / 1000} s; the queue holds 2.5 s of work`,
      `best fixed, in hindsight, of ${FIXED_GRID_MS.map((ms) => ms / 1000).join(', ')} s`,
    ],
  };
}

function goalsOf(abandoned: AbandonedWork, all: readonly Overload[]): Goal[] {
  const found = all.filter((each) => each.abandoned === abandoned);
  const own = found.find(({ rule }) => rule === TARDY);
  if (!own) return [];
  const what = (name: string) => `${name}, abandoned work ${abandoned}`;
  const share = own.goodput / bestFixed(found).goodput;
  return [
    goal({ what: what('largest T / ceiling'), measured: own.maxArmedMs / CEILING_MS, high: 1 }),
    goal({ what: what('goodput / best fixed'), measured: share, low: 1 }),
    goal({ what: what('reversals > x2 a minute'), measured: own.reversalsPerMinute, high: 0 }),
  ];
}

function bestFixed(found: readonly Overload[]): Overload {
  const fixed = found.filter(({ rule }) => typeof rule === 'number');
  return fixed.reduce((best, each) => (each.goodput > best.goodput ? each : best));
}
