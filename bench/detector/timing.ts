/** How soon a crash is found and how often a live sender is blamed, beside Pekko and Cassandra. */
import { median } from '../overhead/statistics.ts';
import { figure, goal, type Goal, type PartResult, type Table } from '../timeouts/report.ts';
import { type BenchRun, hasTardy } from './bench-run.ts';
import { CASSANDRA, type Contender, PEKKO, TARDY } from './contenders.ts';
import { type Quality, replay } from './replay.ts';
import type { Trace } from './trace.ts';

const RIVALS = [PEKKO, CASSANDRA];
/** T_D that we may need, as a share of the rival's: median over the traces. */
const SHARE_MAX = new Map([
  [PEKKO, 0.75],
  [CASSANDRA, 0.35],
]);
const WORST_SHARE_MAX = 1.2;
/** Each phi is so many times the one before. */
const GRID_STEP = 1.25;
const GRID = Array.from({ length: 26 }, (_, i) => 0.25 * GRID_STEP ** i);
const FINE_STEPS = 12;
const PHI_STEP = 1.01;
const TRIES = 20;

/** Ours, when it is allowed as many mistakes as the rival, or as much time. */
interface Matched {
  readonly rival: Contender;
  readonly theirs: Quality;
  /** The smallest phi with no more mistakes. */
  readonly phi: number;
  readonly equalMistakes: Quality;
  /** The largest phi of a fine grid that is no slower; undefined if none is that fast. */
  readonly equalTime: Quality | undefined;
}

interface Row {
  readonly trace: Trace;
  readonly own: Quality;
  readonly matched: readonly Matched[];
}

export function timingPart(run: BenchRun): PartResult {
  if (!hasTardy(run)) return { tables: [], goals: [], figures: undefined };
  const rows = run.traces.map((trace): Row => {
    run.progress(`timing: ${trace.name}`);
    return { trace, own: run.quality(trace, TARDY), matched: match(run, trace) };
  });
  return {
    tables: [qualityTable(rows), defaultTable(rows), matchedTable(rows)],
    goals: rows.length > 0 ? RIVALS.flatMap((rival) => goalsFor(rows, rival)) : [],
    figures: rows.map(({ trace, own, matched }) => ({
      trace: trace.name,
      own: brief(own),
      matched: matched.map(({ rival, theirs, phi, equalMistakes, equalTime }) => ({
        ...{ rival: rival.name, phi, theirs: brief(theirs), equalMistakes: brief(equalMistakes) },
        equalTime: equalTime && brief(equalTime),
      })),
    })),
  };
}

function brief({ mistakes, ...rest }: Quality) {
  return { ...rest, mistakes: mistakes.length };
}

function match(run: BenchRun, trace: Trace): Matched[] {
  const { gate } = run.options;
  const all = replay(trace, TARDY.make(trace.intervalMs), { phis: GRID, gate, wantsPhi: true });
  const descending = all.phiAtArrival.slice().sort().reverse();
  return RIVALS.map((rival) => {
    const theirs = run.quality(trace, rival);
    const equalTime = noSlower(trace, gate, all.qualities, theirs.meanTdMs);
    const least = descending[theirs.mistakes.length] ?? 0;
    return { rival, theirs, equalTime, ...noMoreMistakes(trace, gate, theirs, least) };
  });
}

/** Between the last phi of the grid that is no slower, and the next, there may be a better one. */
function noSlower(
  trace: Trace,
  gate: boolean,
  coarse: readonly Quality[],
  meanTdMs: number,
): Quality | undefined {
  const isNoSlower = (quality: Quality) => quality.meanTdMs <= meanTdMs;
  const at = coarse.findLastIndex(isNoSlower);
  const fromPhi = GRID[at];
  if (fromPhi === undefined) return undefined;
  const phis = Array.from(
    { length: FINE_STEPS },
    (_, i) => fromPhi * GRID_STEP ** (i / FINE_STEPS),
  );
  const { qualities } = replay(trace, TARDY.make(trace.intervalMs), { phis, gate });
  return qualities.findLast(isNoSlower);
}

/** What phi was at an arrival is where mistakes end, but for rounding: try on until they do. */
function noMoreMistakes(
  trace: Trace,
  gate: boolean,
  theirs: Quality,
  leastPhi: number,
): { readonly phi: number; readonly equalMistakes: Quality } {
  let phi = Math.max(1e-3, leastPhi * (1 + 1e-9));
  for (let tries = 1; ; tries++) {
    const { qualities } = replay(trace, TARDY.make(trace.intervalMs), { phis: [phi], gate });
    const equalMistakes = qualities[0] as Quality;
    const isEnough = equalMistakes.mistakes.length <= theirs.mistakes.length;
    if (isEnough || tries === TRIES) return { phi, equalMistakes };
    phi *= PHI_STEP;
  }
}

function qualityTable(rows: readonly Row[]): Table {
  return {
    title: `Tardy at phi ${TARDY.phi}, its one setting`,
    columns: [
      ...['trace', '', 'interval', 'beats', 'T_D mean', 'p99', 'max', 'in intervals'],
      ...['mistakes', 'lambda_M /h', 'T_M', 'P_A'],
    ],
    rows: rows.map(({ trace, own }) => [
      ...[trace.name, trace.origin, `${trace.intervalMs}`, `${own.beats}`],
      ...[own.meanTdMs, own.p99TdMs, own.maxTdMs, own.meanTdMs / trace.intervalMs].map(figure),
      ...[`${own.mistakes.length}`, figure(own.mistakesPerHour)],
      ...[own.meanTmMs === undefined ? '' : figure(own.meanTmMs), own.accuracy.toFixed(6)],
    ]),
    notes: [
      'ms; T_D from the send of the last heartbeat; of recordings without the shortest delay',
    ],
  };
}

function defaultTable(rows: readonly Row[]): Table {
  return {
    title: 'Timing with default settings: T_D in intervals, and mistakes',
    columns: [
      ...['trace', 'mean: tardy', 'pekko', 'cassandra', 'tardy/pekko', 'tardy/cassandra'],
      ...['p99: tardy', 'pekko', 'cassandra', 'mistakes: tardy', 'pekko', 'cassandra'],
    ],
    rows: [
      ...rows.map(({ trace, own, matched }) => [
        trace.name,
        ...[own, ...matched.map(({ theirs }) => theirs)].map((quality) =>
          figure(quality.meanTdMs / trace.intervalMs),
        ),
        ...matched.map(({ theirs }) => figure(own.meanTdMs / theirs.meanTdMs)),
        ...[own, ...matched.map(({ theirs }) => theirs)].map((quality) =>
          figure(quality.p99TdMs / trace.intervalMs),
        ),
        `${own.mistakes.length}`,
        ...matched.map(({ theirs }) => `${theirs.mistakes.length}`),
      ]),
      [
        'median, or sum of mistakes',
        ...['', '', ''],
        ...RIVALS.map((rival) =>
          figure(
            median(pairs(rows, rival).map(([own, { theirs }]) => own.meanTdMs / theirs.meanTdMs)),
          ),
        ),
        ...['', '', ''],
        `${sum(rows.map(({ own }) => own.mistakes.length))}`,
        ...RIVALS.map(
          (rival) => `${sum(pairs(rows, rival).map(([, m]) => m.theirs.mistakes.length))}`,
        ),
      ],
    ],
    notes: ['Pekko: phi 8, floor of the deviation 0.1 and pause 3 intervals; Cassandra: phi 8'],
  };
}

function matchedTable(rows: readonly Row[]): Table {
  return {
    title: 'Tardy with no more mistakes than the rival, and with no more time',
    columns: [
      'trace',
      ...RIVALS.flatMap(({ name }) => [
        ...[`phi as ${name}`, 'T_D share', 'mistakes', 'same T_D: tardy', name],
      ]),
    ],
    rows: [
      ...rows.map(({ trace, matched }) => [
        trace.name,
        ...matched.flatMap(({ phi, theirs, equalMistakes, equalTime }) => [
          ...[figure(phi), figure(equalMistakes.meanTdMs / theirs.meanTdMs)],
          `${equalMistakes.mistakes.length}`,
          equalTime ? `${equalTime.mistakes.length}` : '',
          `${theirs.mistakes.length}`,
        ]),
      ]),
      [
        'median',
        ...RIVALS.flatMap((rival) => ['', figure(median(shares(rows, rival))), '', '', '']),
      ],
    ],
    notes: [
      'T_D share: our mean T_D / that of the rival, at the smallest phi with no more mistakes',
      'same T_D: our mistakes at the largest phi of a grid that is no slower, beside those of the rival',
    ],
  };
}

/** With the one setting of each, and with the phi of each trace that makes as few mistakes. */
function goalsFor(rows: readonly Row[], rival: Contender): Goal[] {
  const { name } = rival;
  const high = SHARE_MAX.get(rival) ?? 1;
  const bySetting = pairs(rows, rival).map(([own, { theirs }]) => own.meanTdMs / theirs.meanTdMs);
  const mistakes = (of: (pair: readonly [Quality, Matched]) => Quality) =>
    pairs(rows, rival).reduce((sum, pair) => sum + of(pair).mistakes.length, 0);
  const theirs = mistakes(([, matched]) => matched.theirs);
  return [
    goal({ what: `T_D share of ${name}, one setting, median`, measured: median(bySetting), high }),
    goal({
      what: 'the same, worst trace',
      measured: Math.max(...bySetting),
      high: WORST_SHARE_MAX,
    }),
    goal({
      what: `mistakes beyond those of ${name}, share`,
      measured: mistakes(([own]) => own) / Math.max(1, theirs) - 1,
      high: 0,
    }),
    goal({
      what: `T_D share of ${name} at equal mistakes, median`,
      measured: median(shares(rows, rival)),
      high,
    }),
    goal({
      what: 'the same, worst trace',
      measured: Math.max(...shares(rows, rival)),
      high: WORST_SHARE_MAX,
    }),
  ];
}

function pairs(rows: readonly Row[], rival: Contender): (readonly [Quality, Matched])[] {
  return rows.flatMap(({ own, matched }) =>
    matched.filter((each) => each.rival === rival).map((each) => [own, each] as const),
  );
}

function shares(rows: readonly Row[], rival: Contender): number[] {
  return pairs(rows, rival).map(
    ([, { equalMistakes, theirs }]) => equalMistakes.meanTdMs / theirs.meanTdMs,
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
