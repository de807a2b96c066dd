/** How far off the point is after a minute of bursts of four, ours beside the others'. */
import { figure, goal, type PartResult, type Table } from '../timeouts/report.ts';
import { type BenchRun, diceOf, percent, quantile } from './bench-run.ts';
import { type Answer, CONTENDERS, isInside, TARDY, widthMs } from './contenders.ts';
import { type Link, LINKS, type Rate, RATES, simulate } from './links.ts';

const FOR_MS = 60_000;
const RUNS = 1000;
const P99_MAX_MS = 0.6;

interface Score {
  readonly name: string;
  readonly errorsMs: readonly number[];
  readonly inside: number;
  readonly bounded: number;
  readonly widthMs: number;
}

export function jitterPart(run: BenchRun): PartResult {
  const others: readonly (readonly [Link, Rate, string])[] = [
    [LINKS.sparse, RATES.steady, 'steady'],
    [LINKS.single, RATES.steady, 'steady'],
    [LINKS.lossy, RATES.steady, 'steady'],
    [LINKS.heavy, RATES.steady, 'steady'],
    [LINKS.local, RATES.wander, 'wanders by 2 ppm a minute'],
    [LINKS.jitter, RATES.wander, 'wanders by 2 ppm a minute'],
    [LINKS.jitter, RATES.square, '± 180 ppm in turns of 10 s'],
    [LINKS.queues, RATES.steady, 'steady'],
    [LINKS.asymmetric, RATES.steady, 'steady'],
  ];
  const scores = scoresOf(run, LINKS.jitter, RATES.steady);
  const p99 = quantile(scores.find(({ name }) => name === TARDY.name)!.errorsMs, 0.99);
  return {
    tables: [
      scoreTable(scores),
      otherTable(others.map(([link, rate, of]) => [link, of, scoresOf(run, link, rate)])),
    ],
    goals: [
      goal({ what: '5 + exp(3) ms, 60 s: p99 |error|, ms', measured: p99, high: P99_MAX_MS }),
    ],
    figures: scores.map(({ name, errorsMs }) => ({ name, p99Ms: quantile(errorsMs, 0.99) })),
  };
}

function scoresOf(run: BenchRun, link: Link, rate: Rate): Score[] {
  run.progress(`jitter: ${link.name}`);
  const runs = RUNS / (run.options.quick ? 10 : 1);
  const answers = CONTENDERS.map((): { answer: Answer; truthMs: number }[] => []);
  for (let i = 0; i < runs; i++) {
    const estimators = CONTENDERS.map(({ make }) => make());
    let truthMs = NaN;
    let atMs = NaN;
    for (const { exchange, offsetMs } of simulate(link, rate, diceOf(run, i), FOR_MS)) {
      for (const estimator of estimators) estimator.exchange(exchange);
      truthMs = offsetMs;
      atMs = exchange.t4MonoMs;
    }
    estimators.forEach((estimator, k) => {
      const answer = estimator.at(atMs);
      if (answer) answers[k]!.push({ answer, truthMs });
    });
  }
  return CONTENDERS.map(({ name }, k) => scoreOf(name, answers[k]!));
}

function scoreOf(name: string, of: readonly { answer: Answer; truthMs: number }[]): Score {
  const bounded = of.filter(({ answer }) => answer.lowMs !== undefined);
  return {
    name,
    errorsMs: of.map(({ answer, truthMs }) => Math.abs(answer.offsetMs - truthMs)),
    inside: bounded.filter(({ answer, truthMs }) => isInside(answer, truthMs)).length,
    bounded: bounded.length,
    widthMs: quantile(
      bounded.map(({ answer }) => widthMs(answer)),
      0.5,
    ),
  };
}

function scoreTable(scores: readonly Score[]): Table {
  return {
    title: 'Jitter: 5 + exp(3) ms each way, bursts of 4 a second, after 60 s',
    columns: ['estimator', '|error| p50, ms', 'p99', 'truth inside', 'width p50, ms'],
    rows: scores.map(({ name, errorsMs, inside, bounded, widthMs: width }) => [
      name,
      figure(quantile(errorsMs, 0.5)),
      figure(quantile(errorsMs, 0.99)),
      percent(inside, bounded),
      bounded > 0 ? figure(width) : '',
    ]),
    notes: ['rates differ by a constant within ± 180 ppm; a clock of its own for each run'],
  };
}

function otherTable(of: readonly (readonly [Link, string, readonly Score[]])[]): Table {
  return {
    title: 'The same over other links: |error| p50 / p99 after 60 s, µs',
    columns: ['link', 'rate', ...CONTENDERS.map(({ name }) => name)],
    rows: of.map(([link, rate, scores]) => [
      link.name,
      rate,
      ...scores.map(({ errorsMs }) =>
        [0.5, 0.99].map((share) => (1000 * quantile(errorsMs, share)).toFixed(0)).join(' / '),
      ),
    ]),
    notes: [
      '15 ms out and 5 ms back cannot be told from a clock that is 5 ms ahead: all are 5 ms off',
    ],
  };
}
