/** Is the truth inside, always? And is the interval narrow enough to be of use? */
import { figure, goal, type PartResult } from '../timeouts/report.ts';
import { type BenchRun, diceOf, percent, quantile } from './bench-run.ts';
import { type Contender, isInside, NO_DRIFT, PHI_15, RAW, TARDY, widthMs } from './contenders.ts';
import { type Link, LINKS, type Rate, RATES, simulate } from './links.ts';

const EXCHANGES = 20_000;
const WIDTH_MAX = 0.6;
/** Ours first. */
const WITH: readonly Contender[] = [TARDY, RAW, PHI_15, NO_DRIFT];

interface Scenario {
  readonly name: string;
  readonly link: Link;
  readonly rate: Rate;
}

const SCENARIOS: readonly Scenario[] = [
  { name: 'idle', link: LINKS.local, rate: RATES.wander },
  { name: 'loaded', link: LINKS.loaded, rate: RATES.wander },
  { name: '+180 ppm', link: LINKS.local, rate: RATES.fast },
  { name: '−180 ppm', link: LINKS.local, rate: RATES.slow },
  { name: '± 180 ppm in turns of 10 s', link: LINKS.local, rate: RATES.square },
  { name: 'rate walks within ± 180 ppm', link: LINKS.local, rate: RATES.walk },
  { name: '15 ms out, 5 ms back', link: LINKS.asymmetric, rate: RATES.walk },
  { name: 'jitter, + 180 ppm', link: LINKS.jitter, rate: RATES.fast },
  { name: 'one a second, rate walks', link: LINKS.single, rate: RATES.walk },
  { name: 'queues of 40 ms one way', link: LINKS.queues, rate: RATES.square },
];

interface Counted {
  readonly scenario: Scenario;
  readonly judged: number;
  readonly inside: readonly number[];
  readonly steps: number;
  readonly widthMs: number;
  readonly rawMs: number;
}

export function containmentPart(run: BenchRun): PartResult {
  const all = SCENARIOS.map((scenario) => countedOf(run, scenario));
  const judged = all.reduce((sum, counted) => sum + counted.judged, 0);
  const inside = all.reduce((sum, counted) => sum + counted.inside[0]!, 0);
  const loaded = all.find(({ scenario }) => scenario.name === 'loaded')!;
  const steps = all.reduce((sum, counted) => sum + counted.steps, 0);
  return {
    tables: [
      {
        title: `Containment: is the truth inside? ${judged} exchanges`,
        columns: [
          'scenario',
          'exchanges',
          ...WITH.map(({ name }) => name),
          'raw δ p50, ms',
          'width p50, ms',
          'of raw δ',
        ],
        rows: all.map((counted) => [
          counted.scenario.name,
          String(counted.judged),
          ...counted.inside.map((n) => percent(n, counted.judged)),
          figure(counted.rawMs),
          figure(counted.widthMs),
          figure(counted.widthMs / counted.rawMs),
        ]),
        notes: ['judged at the end of each exchange'],
      },
    ],
    goals: [
      goal({ what: 'truth outside, of all exchanges', measured: judged - inside, high: 0 }),
      goal({ what: 'false steps', measured: steps, high: 0 }),
      goal({
        what: 'loaded: width p50 / raw δ p50',
        measured: loaded.widthMs / loaded.rawMs,
        high: WIDTH_MAX,
      }),
    ],
    figures: all.map(({ scenario, ...counted }) => ({ name: scenario.name, ...counted })),
  };
}

function countedOf(run: BenchRun, scenario: Scenario): Counted {
  run.progress(`containment: ${scenario.name}`);
  const { link, rate } = scenario;
  const most = EXCHANGES / (run.options.quick ? 10 : 1);
  const estimators = WITH.map(({ make }) => make());
  const inside = WITH.map(() => 0);
  const widthsMs: number[] = [];
  const rawsMs: number[] = [];
  let steps = 0;
  for (const { exchange, offsetMs } of simulate(link, rate, diceOf(run), Infinity)) {
    estimators.forEach((estimator, k) => {
      if (estimator.exchange(exchange) === 'step') steps++;
      const answer = estimator.at(exchange.t4MonoMs);
      if (answer && isInside(answer, offsetMs)) inside[k]!++;
    });
    widthsMs.push(widthMs(estimators[0]!.at(exchange.t4MonoMs)!));
    rawsMs.push(exchange.t4MonoMs - exchange.t1MonoMs);
    if (rawsMs.length === most) break;
  }
  return {
    scenario,
    judged: rawsMs.length,
    inside,
    steps,
    widthMs: quantile(widthsMs, 0.5),
    rawMs: quantile(rawsMs, 0.5),
  };
}
