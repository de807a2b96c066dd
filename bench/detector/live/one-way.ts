/** What one node sends another is lost, and nothing else: which cells of the matrix change. */
import type { MembershipEvent } from '../../../src/membership/types.ts';
import { randomFrom, simulate, type Simulation } from '../../../src/testing/index.ts';
import { goal, type PartResult } from '../../timeouts/report.ts';
import type { BenchRun } from '../bench-run.ts';
import { quantile } from './spread.ts';

const INTERVAL_MS = 1000;
const SEEDS = { full: 300, quick: 60 };
const CUT_AFTER_MS = 60_000;
/** So long after it began, what never changed has not changed. */
const WATCH_MS = 30_000;
const INTERVALS_MAX = 3;
/** One-way delays, median in ms and deviation of the logarithm, by seed in turn. */
const DELAYS: readonly (readonly [number, number])[] = [
  [0.5, 0.3],
  [5, 0.3],
  [25, 0.3],
];

/** What became of one cut of the way from node 0 to node 1. */
export interface OneWay {
  /** Until node 1 no longer calls node 0 alive or slow, in intervals; Infinity: never. */
  readonly rightIntervals: number;
  /** Node 0 says of node 1, or node 2 of either, that it is silent, gone or stalled. */
  readonly others: number;
  readonly dead: number;
  /** Node 1 ends up calling it disputed, as node 2 hears it. */
  readonly isDisputed: boolean;
}

export function oneWayPart(run: BenchRun): PartResult {
  const { quick, seed } = run.options;
  const seeds = quick ? SEEDS.quick : SEEDS.full;
  run.progress(`one way, ${seeds} seeds`);
  const all = Array.from({ length: seeds }, (_, i) => cutOneWay(seed + i));
  const groups = DELAYS.map(([medianMs], i) => ({
    name: `${2 * medianMs} ms RTT`,
    cuts: all.filter((_, n) => n % DELAYS.length === i),
  }));
  const rows = [...groups, { name: 'all', cuts: all }].map(({ name, cuts }) => rowOf(name, cuts));
  return {
    tables: [
      {
        title:
          'One-way drop from A to B among three nodes: intervals until B no longer calls A alive',
        columns: ['link', 'cuts', 'p50', 'p99', 'max', 'disputed', 'other cells changed', 'dead'],
        rows,
        notes: [`simulated; at a random phase, watched for ${WATCH_MS / INTERVAL_MS} intervals`],
      },
    ],
    goals: [
      goal({
        what: 'right cell changes, intervals, slowest',
        measured: quantile(
          all.map(({ rightIntervals }) => rightIntervals),
          1,
        ),
        high: INTERVALS_MAX,
      }),
      goal({ what: 'other cells that change', measured: sum(all, 'others'), high: 0 }),
      goal({ what: 'dead', measured: sum(all, 'dead'), high: 0 }),
    ],
    figures: all,
  };
}

function rowOf(name: string, cuts: readonly OneWay[]): string[] {
  const intervals = cuts.map(({ rightIntervals }) => rightIntervals);
  const disputed = cuts.filter(({ isDisputed }) => isDisputed).length;
  return [
    ...[name, `${cuts.length}`],
    ...[0.5, 0.99, 1].map((q) => quantile(intervals, q).toFixed(2)),
    ...[`${disputed}`, `${sum(cuts, 'others')}`, `${sum(cuts, 'dead')}`],
  ];
}

function sum(cuts: readonly OneWay[], key: 'others' | 'dead'): number {
  return cuts.reduce((total, cut) => total + cut[key], 0);
}

export function cutOneWay(seed: number): OneWay {
  const atMs = CUT_AFTER_MS + randomFrom(seed).next() * INTERVAL_MS;
  const [medianMs, sigma] = DELAYS[seed % DELAYS.length] as readonly [number, number];
  const links = { from: [0], to: [1], direction: 'one-way' } as const;
  const simulation = simulate(seed, {
    ...{ nodes: 3, intervalMs: INTERVAL_MS, durationMs: atMs + WATCH_MS },
    faults: [{ kind: 'cut', atMs, links, forMs: 10 * WATCH_MS }],
    link: { delay: { kind: 'lognormal', medianMs, sigma } },
    bufferMessages: 256,
  });
  return judged(simulation, atMs);
}

function judged({ events }: Simulation, cutAtMs: number): OneWay {
  const changes = events.flatMap((entry) =>
    entry.kind === 'event' && entry.event.type === 'state' && entry.atMs >= cutAtMs
      ? [{ atMs: entry.atMs, node: entry.node, ...stateOf(entry.event) }]
      : [],
  );
  const isRight = ({ node, peer }: { node: string; peer: string }) =>
    node === 'node-1' && peer === 'node-0';
  const isWorse = ({ to }: { to: string }) => to !== 'alive' && to !== 'slow';
  const right = changes.filter(isRight);
  return {
    rightIntervals: ((right.find(isWorse)?.atMs ?? Infinity) - cutAtMs) / INTERVAL_MS,
    others: changes.filter((change) => !isRight(change) && isWorse(change)).length,
    dead: changes.filter(({ to }) => to === 'dead').length,
    isDisputed: right.at(-1)?.to === 'disputed',
  };
}

function stateOf(event: Extract<MembershipEvent, { type: 'state' }>) {
  return { peer: event.peer, to: event.to };
}
