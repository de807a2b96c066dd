/** Groups of several sizes in the simulator: traffic, how soon a crash is seen, mistakes. */
import { simulate } from '../../../src/testing/index.ts';
import type { PartResult } from '../../timeouts/report.ts';
import type { BenchRun } from '../bench-run.ts';
import { ms, quantile } from './spread.ts';

const INTERVAL_MS = 1000;
const DURATION_MS = 180_000;
const CRASH_AT_MS = 120_000;
/** Nodes and seeds: about a minute in all on a processor of our own. */
const SIZES: readonly (readonly [nodes: number, seeds: number])[] = [
  [3, 60],
  [5, 30],
  [50, 2],
];

interface Scale {
  readonly nodes: number;
  readonly seeds: number;
  readonly messagesASecond: number;
  readonly bytesASecond: number;
  readonly detectionMs: readonly number[];
  readonly missed: number;
  readonly mistakes: number;
  readonly wallMs: number;
}

export function scalePart(run: BenchRun): PartResult {
  const { quick, seed } = run.options;
  const scales = SIZES.map(([nodes, full]) => {
    const seeds = quick ? Math.max(1, Math.ceil(full / 10)) : full;
    run.progress(`scale, ${nodes} nodes, ${seeds} seeds`);
    return scaleOf(nodes, seeds, seed);
  });
  return {
    tables: [
      {
        title: 'Groups in the simulator: every node watches every other, one host is lost',
        columns: [
          ...['nodes', 'seeds', 'messages/s a node', 'B/s a node'],
          ...['detection p50, ms', 'p99', 'not seen', 'mistakes', 'seconds a seed'],
        ],
        rows: scales.map((scale) => [
          ...[`${scale.nodes}`, `${scale.seeds}`, scale.messagesASecond.toFixed(1)],
          scale.bytesASecond.toFixed(0),
          ...[0.5, 0.99].map((q) => ms(quantile(scale.detectionMs, q))),
          ...[`${scale.missed}`, `${scale.mistakes}`],
          (scale.wallMs / scale.seeds / 1000).toFixed(2),
        ]),
        notes: [
          `${DURATION_MS / 1000} virtual seconds, 1 Hz, lognormal one-way delay of 1 ms, 0.5 % loss;`,
          'UDP and IP headers counted, no MAC',
        ],
      },
    ],
    goals: [],
    figures: scales,
  };
}

export function scaleOf(nodes: number, seeds: number, firstSeed: number): Scale {
  const startMs = performance.now();
  const runs = Array.from({ length: seeds }, (_, i) =>
    simulate(firstSeed + i, {
      ...{ nodes, intervalMs: INTERVAL_MS, durationMs: DURATION_MS },
      faults: [{ kind: 'crash', atMs: CRASH_AT_MS + 17 * i, node: 0, how: 'host' }],
      link: { delay: { kind: 'lognormal', medianMs: 1, sigma: 0.3 }, lossRate: 0.005 },
      bufferMessages: 256,
    }),
  );
  const total = (of: (simulation: (typeof runs)[number]) => number) =>
    runs.reduce((sum, simulation) => sum + of(simulation), 0);
  const nodeSeconds =
    (seeds * (nodes * CRASH_AT_MS + (nodes - 1) * (DURATION_MS - CRASH_AT_MS))) / 1000;
  const detectionMs = runs.flatMap((simulation) => simulation.detectionMs);
  return {
    ...{ nodes, seeds, detectionMs },
    messagesASecond: total(({ messages }) => messages) / nodeSeconds,
    bytesASecond: total(({ bytes }) => bytes) / nodeSeconds,
    missed: seeds * (nodes - 1) - detectionMs.length,
    mistakes: total(({ mistakes }) => mistakes),
    wallMs: performance.now() - startMs,
  };
}
