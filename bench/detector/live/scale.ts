/** Groups of several sizes in the simulator: traffic, how soon a crash is seen, mistakes. */
import { simulate } from '../../../src/testing/index.ts';
import type { PartResult } from '../../timeouts/report.ts';
import type { BenchRun } from '../bench-run.ts';
import { ms, quantile } from './spread.ts';

const INTERVAL_MS = 1000;
/** The crash is seen within that. */
const AFTER_MS = 20_000;
/** About a minute in all on a processor of our own: large groups for a shorter time. */
const SIZES: readonly Size[] = [
  { nodes: 3, seeds: 60, liveMs: 120_000 },
  { nodes: 5, seeds: 40, liveMs: 120_000 },
  { nodes: 50, seeds: 2, liveMs: 20_000 },
];

interface Size {
  readonly nodes: number;
  readonly seeds: number;
  /** Until a host is lost. */
  readonly liveMs: number;
}

interface Scale extends Size {
  readonly messagesASecond: number;
  readonly bytesASecond: number;
  readonly detectionMs: readonly number[];
  readonly missed: number;
  readonly mistakes: number;
  readonly wallMs: number;
}

export function scalePart(run: BenchRun): PartResult {
  const { quick, seed } = run.options;
  const scales = SIZES.map((size) => {
    const seeds = quick ? Math.ceil(size.seeds / 10) : size.seeds;
    run.progress(`scale, ${size.nodes} nodes, ${seeds} seeds`);
    return scaleOf({ ...size, seeds }, seed);
  });
  return {
    tables: [
      {
        title: 'Groups in the simulator: every node watches every other, one host is lost',
        columns: [
          ...['nodes', 'seeds', 'virtual s', 'messages/s a node', 'B/s a node'],
          ...['detection p50, ms', 'p99', 'not seen', 'mistakes', 'seconds a seed'],
        ],
        rows: scales.map((scale) => [
          ...[`${scale.nodes}`, `${scale.seeds}`, `${(scale.liveMs + AFTER_MS) / 1000}`],
          scale.messagesASecond.toFixed(1),
          scale.bytesASecond.toFixed(0),
          ...[0.5, 0.99].map((q) => ms(quantile(scale.detectionMs, q))),
          ...[`${scale.missed}`, `${scale.mistakes}`],
          (scale.wallMs / scale.seeds / 1000).toFixed(2),
        ]),
        notes: [
          `the host is lost ${AFTER_MS / 1000} virtual s before the end; 1 Hz, lognormal one-way delay of 1 ms, 0.5 % loss;`,
          'UDP and IP headers counted, no MAC',
        ],
      },
    ],
    goals: [],
    figures: scales,
  };
}

export function scaleOf(size: Size, firstSeed: number): Scale {
  const { nodes, seeds, liveMs } = size;
  const startMs = performance.now();
  const runs = Array.from({ length: seeds }, (_, i) =>
    simulate(firstSeed + i, {
      ...{ nodes, intervalMs: INTERVAL_MS, durationMs: liveMs + AFTER_MS, quietMs: 0 },
      faults: [{ kind: 'crash', atMs: liveMs + 17 * i, node: 0, how: 'host' }],
      link: { delay: { kind: 'lognormal', medianMs: 1, sigma: 0.3 }, lossRate: 0.005 },
      bufferMessages: 256,
    }),
  );
  const total = (of: (simulation: (typeof runs)[number]) => number) =>
    runs.reduce((sum, simulation) => sum + of(simulation), 0);
  const nodeSeconds = (seeds * (nodes * liveMs + (nodes - 1) * AFTER_MS)) / 1000;
  const detectionMs = runs.flatMap((simulation) => simulation.detectionMs);
  return {
    ...size,
    detectionMs,
    messagesASecond: total(({ messages }) => messages) / nodeSeconds,
    bytesASecond: total(({ bytes }) => bytes) / nodeSeconds,
    missed: seeds * (nodes - 1) - detectionMs.length,
    mistakes: total(({ mistakes }) => mistakes),
    wallMs: performance.now() - startMs,
  };
}
