/** Calibration, price and honesty of every rule on every stream. */
import { median } from '../overhead/statistics.ts';
import { binomialBand } from './binomial.ts';
import { chosen } from './options.ts';
import { inWorkers } from './pool.ts';
import {
  figure,
  fine,
  goal,
  marked,
  type Goal,
  type PartResult,
  type Run,
  type Table,
} from './report.ts';
import { RULES } from './rules.ts';
import { WARM_UP } from './score.ts';
import { type Job, ORACLE, type Outcome } from './simulate.ts';
import { type Kind, QUICK_REQUESTS, REQUESTS, STREAMS } from './streams.ts';
import { TARDY } from './tardy.ts';

const TARGETS = [0.01, 0.001];
const CALIBRATED = { low: 0.95, high: 1.05 };
const PRICE_MAX: Readonly<Record<Kind, number>> = { stationary: 1.1, shifting: 0.9, recorded: 1.1 };
const MEAN_PRICE_MAX = 0.9;
const HONEST = { low: 0.8, high: 1.25 };
const PINBALL_MAX = 1.05;
const WORST_BLOCK_MAX = 3;
/** The worst block is a goal of this target only: a block has too few cut-offs at the other. */
const WORST_BLOCK_TARGET = 0.01;

export async function simulationPart(run: Run): Promise<PartResult> {
  const requests = run.requests ?? (run.quick ? QUICK_REQUESTS : REQUESTS);
  const rules = chosen([...RULES, { name: ORACLE }], run.only).map(({ name }) => name);
  const streams = chosen(STREAMS, run.streams);
  const jobs = TARGETS.flatMap((targetRate) =>
    streams.map(({ name }): Job => ({ stream: name, targetRate, rules, seed: run.seed, requests })),
  );
  const outcomes = await inWorkers('simulate', jobs, ({ stream, targetRate }, finished) =>
    run.progress(`stream ${stream} at ${percent(targetRate)}: ${finished} of ${jobs.length}`),
  );
  const all = outcomes.flat();
  const detailed = rules.length <= 2 ? rules : rules.filter((rule) => rule === TARDY);
  const tables = TARGETS.flatMap((targetRate) => {
    const here = all.filter((outcome) => outcome.targetRate === targetRate);
    const details = detailed.map((rule) => detailTable(rule, targetRate, here));
    return rules.length === 1 ? details : [...details, ...comparison(targetRate, here, rules)];
  });
  return { tables, goals: goalsOf(all.filter(({ rule }) => rule === TARDY)), figures: all };
}

function detailTable(rule: string, targetRate: number, all: readonly Outcome[]): Table {
  const own = all.filter((outcome) => outcome.rule === rule);
  return {
    title: `${rule}, target ${percent(targetRate)}, closed loop`,
    columns: [
      ...['stream', 'requests', 'rejected', 'achieved/target', 'mean T ms', 'hindsight ms'],
      ...['price', 'deciles (cut off)', 'by chance', 'pinball', 'worst block', 'ns/request'],
    ],
    rows: [...own.map(detailRow), goalRow(targetRate)],
    notes: [
      `price: mean armed timeout / the constant that rejects as many; geometric mean ${fine(meanPrice(own))}, goal ≤ ${MEAN_PRICE_MAX}`,
      `the first ${WARM_UP} requests of a stream are not counted; worst block: of 10,000 requests`,
      '✗: goal missed; ✗?: by no more than chance makes of a perfect rule (95 %)',
    ],
  };
}

function detailRow(outcome: Outcome): string[] {
  const { stream, score, nsPerRequest } = outcome;
  const goals = goalsOfOne(outcome);
  const { deciles, pinball } = score;
  const cells = `${figure(deciles.min)} (${deciles.minCutOff}) … ${figure(deciles.max)} (${deciles.maxCutOff})`;
  return [
    ...[stream, String(score.requests), String(score.rejected)],
    marked(fine(score.achieved), goals.achieved),
    ...[figure(score.meanArmedMs), figure(score.hindsightMs)],
    marked(fine(score.price), goals.price),
    marked(cells, goals.decileMin, goals.decileMax),
    deciles.band.map(figure).join(' … '),
    pinball === undefined ? '-' : marked(fine(pinball), goals.pinball),
    marked(figure(score.worstBlock), goals.worstBlock),
    Number.isNaN(nsPerRequest) ? '-' : nsPerRequest.toFixed(0),
  ];
}

function goalRow(targetRate: number): string[] {
  const range = ({ low, high }: { low: number; high: number }) => `${low} … ${high}`;
  const { stationary, shifting } = PRICE_MAX;
  return [
    ...['goal', '', '', range(CALIBRATED), '', '', `≤ ${stationary}, shifting ≤ ${shifting}`],
    ...[range(HONEST), '', `≤ ${PINBALL_MAX}`],
    targetRate === WORST_BLOCK_TARGET ? `≤ ${WORST_BLOCK_MAX}` : '',
  ];
}

/** Achieved / target and price of all rules, a column a stream. */
function comparison(
  targetRate: number,
  all: readonly Outcome[],
  chosenRules: readonly string[],
): Table[] {
  const streams = [...new Set(all.map(({ stream }) => stream))];
  // The oracle knows nothing of recordings.
  const rules = chosenRules.filter((rule) => all.some((outcome) => outcome.rule === rule));
  const ofRule = (rule: string) => all.filter((outcome) => outcome.rule === rule);
  const within = (outcomes: readonly Outcome[]) =>
    outcomes.filter(({ score }) => goal({ what: '', measured: score.achieved, ...CALIBRATED }).met);
  const row = (rule: string, cell: (outcome: Outcome) => string) =>
    streams.map((stream) => {
      const found = ofRule(rule).find((outcome) => outcome.stream === stream);
      return found ? cell(found) : '-';
    });
  return [
    {
      title: `Achieved / target ${percent(targetRate)}, closed loop`,
      columns: ['rule', ...streams, 'in 0.95…1.05', 'worst decile', 'pinball'],
      rows: rules.map((rule) => {
        const own = ofRule(rule);
        return [
          rule,
          ...row(rule, ({ score }) => figure(score.achieved)),
          `${within(own).length} of ${own.length}`,
          figure(Math.max(...own.map(({ score }) => score.deciles.max))),
          pinballOf(own),
        ];
      }),
      notes: [
        'worst decile: the largest of all streams; pinball: the median',
        'oracle: armed the true quantile of each regime; with bursts, of all requests together',
      ],
    },
    {
      title: `Mean armed timeout / hindsight constant, target ${percent(targetRate)}`,
      columns: ['rule', ...streams, 'geometric mean'],
      rows: rules.map((rule) => [
        rule,
        ...row(rule, ({ score }) => figure(score.price)),
        figure(meanPrice(ofRule(rule))),
      ]),
      notes: ['beside a constant that cuts off as many as the rule did, not as many as it should'],
    },
  ];
}

type Figure = 'achieved' | 'price' | 'decileMin' | 'decileMax' | 'pinball' | 'worstBlock';
type GoalsOfOne = Readonly<Record<Figure, Goal | undefined>>;

function goalsOfOne({ stream, targetRate, score }: Outcome): GoalsOfOne {
  const what = (name: string) => `${name}, ${stream}, ${percent(targetRate)}`;
  const { requests, achieved, price, deciles, pinball, worstBlock } = score;
  const { min, max, band } = deciles;
  const kind = STREAMS.find(({ name }) => name === stream)?.kind ?? 'stationary';
  return {
    achieved: goal({
      what: what('achieved/target'),
      measured: achieved,
      chance: binomialBand(requests, targetRate),
      ...CALIBRATED,
    }),
    price: goal({ what: what('price'), measured: price, high: PRICE_MAX[kind] }),
    decileMin: goal({ what: what('decile min'), measured: min, chance: band, ...HONEST }),
    decileMax: goal({ what: what('decile max'), measured: max, chance: band, ...HONEST }),
    pinball:
      pinball === undefined
        ? undefined
        : goal({ what: what('pinball'), measured: pinball, high: PINBALL_MAX }),
    worstBlock:
      targetRate === WORST_BLOCK_TARGET
        ? goal({ what: what('worst block'), measured: worstBlock, high: WORST_BLOCK_MAX })
        : undefined,
  };
}

function goalsOf(outcomes: readonly Outcome[]): Goal[] {
  const each = outcomes
    .flatMap((outcome) => Object.values(goalsOfOne(outcome)))
    .filter((found) => found !== undefined);
  const means = TARGETS.map((targetRate) => {
    const measured = meanPrice(outcomes.filter((outcome) => outcome.targetRate === targetRate));
    return goal({ what: `price, all, ${percent(targetRate)}`, measured, high: MEAN_PRICE_MAX });
  });
  return outcomes.length > 0 ? [...each, ...means] : [];
}

function pinballOf(outcomes: readonly Outcome[]): string {
  const known = outcomes.flatMap(({ score }) => score.pinball ?? []);
  return known.length > 0 ? figure(median(known)) : '-';
}

function meanPrice(outcomes: readonly Outcome[]): number {
  const logs = outcomes.map(({ score }) => Math.log(score.price));
  return Math.exp(logs.reduce((a, b) => a + b, 0) / logs.length);
}

function percent(rate: number): string {
  return `${rate * 100} %`;
}
