/** A host lost or cut off, with probes on doubt and indirect probes, beside Pekko and Cassandra. */
import { goal, type Goal, type PartResult, type Table } from '../../timeouts/report.ts';
import type { BenchRun } from '../bench-run.ts';
import { loadNote } from './load-note.ts';
import { type LiveProbing, probingLive } from './probing-live.ts';
import { type Outcome, probingRun, SCENES } from './probing-sim.ts';
import { mean, ms, quantile } from './spread.ts';

const SEEDS = { full: 100, quick: 10 };
const GOALS = { pekko: 0.4, cassandra: 0.15 };
const RIVALS = ['pekko', 'cassandra'] as const;
const ALL = ['tardy', ...RIVALS] as const;

/** Detection in ms, and mistakes, of each. */
type Scores = Readonly<
  Record<
    (typeof ALL)[number],
    { readonly detectionMs: readonly number[]; readonly mistakes: number }
  >
>;

export async function probingPart(run: BenchRun): Promise<PartResult> {
  const { quick, seed } = run.options;
  const seeds = quick ? SEEDS.quick : SEEDS.full;
  const outcomes = SCENES.flatMap((scene, n) => {
    run.progress(`probing, simulated, ${scene.name}, ${seeds} seeds`);
    // Each scene has seeds of its own, or they would all meet the same pauses.
    return Array.from({ length: seeds }, (_, i) => probingRun(seed + n * seeds + i, scene));
  });
  const live = await probingLive(run);
  return {
    tables: [simulatedTable(outcomes), liveTable(live)],
    goals: [
      ...goalsOf('simulated', pooled(outcomes)),
      ...goalsOf('real processes', scoresOf(live)),
    ],
    figures: { outcomes, live },
  };
}

function goalsOf(where: string, scores: Scores): Goal[] {
  const median = (who: (typeof ALL)[number]) => quantile(scores[who].detectionMs, 0.5);
  return RIVALS.flatMap((rival) => [
    goal({
      what: `${where}: median detection / ${rival}`,
      measured: median('tardy') / median(rival),
      high: GOALS[rival],
    }),
    goal({
      what: `${where}: mistakes more than ${rival}`,
      measured: scores.tardy.mistakes - scores[rival].mistakes,
      high: 0,
    }),
  ]);
}

function pooled(outcomes: readonly Outcome[]): Scores {
  const of = (who: (typeof ALL)[number]) => ({
    detectionMs: outcomes.flatMap((outcome) => outcome[who].detectionMs),
    mistakes: outcomes.reduce((sum, outcome) => sum + outcome[who].mistakes, 0),
  });
  return { tardy: of('tardy'), pekko: of('pekko'), cassandra: of('cassandra') };
}

function simulatedTable(outcomes: readonly Outcome[]): Table {
  const scenes = SCENES.map((scene) => ({
    name: scene.name,
    some: outcomes.filter((outcome) => outcome.scene === scene),
  }));
  return {
    title:
      'Host lost or partitioned, simulated, 5 nodes: ms from the loss to the suspicion, p50 / mean / p99',
    columns: ['link', 'losses', ...ALL, 'mistakes', 'messages/s', 'B/s', 'rivals every, ms'],
    rows: [...scenes, { name: 'all', some: outcomes }].map(({ name, some }) => {
      const scores = pooled(some);
      return [
        ...[
          name,
          `${scores.tardy.detectionMs.length}`,
          ...ALL.map((who) => cell(scores[who].detectionMs)),
        ],
        ALL.map((who) => scores[who].mistakes).join(' / '),
        mean(some.map(({ messagesASecond }) => messagesASecond)).toFixed(2),
        mean(some.map(({ bytesASecond }) => bytesASecond)).toFixed(0),
        mean(some.map(({ rivalIntervalMs }) => rivalIntervalMs)).toFixed(0),
      ];
    }),
    notes: [
      'delays lognormal, RTT 1 to 50 ms; pauses lognormal, 50 ms, sigma 1, every 10 s; 2 minutes before the loss',
      'messages and bytes of a pair of nodes, both ways; rivals get as many: question, answer, both sides',
      'mistakes: tardy / pekko / cassandra; a partition hits all nodes but one, a lost host as well',
    ],
  };
}

function scoresOf({ losses }: LiveProbing): Scores {
  const of = (who: (typeof ALL)[number]) => ({
    detectionMs: losses.map((loss) => loss[`${who}Ms`]),
    mistakes: losses.reduce((sum, { mistakes }) => sum + mistakes[who], 0),
  });
  return { tardy: of('tardy'), pekko: of('pekko'), cassandra: of('cassandra') };
}

function liveTable(live: LiveProbing): Table {
  const scores = scoresOf(live);
  const pausedMs = live.losses.map((loss) => loss.pausedMs);
  return {
    title:
      'Host lost behind a UDP relay, real processes, groups of three: ms from the loss to the suspicion',
    columns: ['', 'losses', 'p50 / mean / p99', 'mistakes'],
    rows: ALL.map((who) => {
      const { detectionMs, mistakes } = scores[who];
      return [who, `${detectionMs.length}`, cell(detectionMs), `${mistakes}`];
    }),
    notes: [
      `${live.messagesASecond.toFixed(2)} messages and ${live.bytesASecond.toFixed(0)} B a second between`,
      'an observer and the host; the rivals are driven by the very answers that pass the relay;',
      `the observers stood still for ${ms(mean(pausedMs))} ms of it on average, ${ms(Math.max(...pausedMs))} at most,`,
      'which is no silence of the host, and all are told of it',
      loadNote(),
    ],
  };
}

function cell(values: readonly number[]): string {
  return [quantile(values, 0.5), mean(values), quantile(values, 0.99)].map(ms).join(' / ');
}
