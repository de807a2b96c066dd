/**
 * A process with a wall clock that ticks every 20 ms, for part `steps`: tells its parent
 * each step that it sees, and on request what its clock costs and how well it knows the time.
 */
import type { WallStep } from '../../src/clock/wall-base.ts';
import { WallClock } from '../../src/timekeeping/wall-clock.ts';

const TICK_MS = 20;
/** Others ask what time it is: so many times a second, in a run for false steps. */
const ASK_EVERY_MS = Number(process.argv[2] ?? 0);

export type Detector = 'ours' | 'difference';

export type Message =
  | { readonly type: 'ready' }
  | {
      readonly type: 'step';
      readonly detector: Detector;
      /** Of `process.hrtime`, which all processes share: when a reading showed it. */
      readonly seenAtMs: number;
      /** And when it was told: its size is known then. */
      readonly toldAtMs: number;
      readonly byMs: number;
      readonly errorMs: number;
    }
  | ({ readonly type: 'cost' } & Cost);

export interface Cost {
  readonly readings: number;
  readonly ticks: number;
  /** Of the time that passed, what the ticks took. */
  readonly tickShare: number;
  readonly tickMaxMs: number;
  readonly errorP50Ms: number;
  readonly errorP99Ms: number;
  readonly nowNs: number;
}

const sharedNowMs = () => Number(process.hrtime.bigint()) / 1e6;
const tell = (message: Message) => process.send?.(message);

function step(detector: Detector, { atMs, byMs, errorMs }: WallStep): void {
  const toldAtMs = sharedNowMs();
  const seenAtMs = toldAtMs - (performance.now() - atMs);
  tell({ type: 'step', detector, seenAtMs, toldAtMs, byMs, errorMs });
}

const clock = new WallClock();
clock.onStep((found) => step('ours', found));

/** What one writes without a library: the clocks' difference, and by how much it has changed. */
let differenceMs = Date.now() - performance.now();
function compareDifference(): void {
  const now = Date.now() - performance.now();
  if (Math.abs(now - differenceMs) >= 1)
    step('difference', { atMs: performance.now(), byMs: now - differenceMs, errorMs: 1 });
  differenceMs = now;
}

const startMs = performance.now();
const errorsMs: number[] = [];
let ticksMs = 0;
let tickMaxMs = 0;
let readings = 0;

setInterval(() => {
  const fromMs = performance.now();
  clock.tick();
  const tookMs = performance.now() - fromMs;
  ticksMs += tookMs;
  tickMaxMs = Math.max(tickMaxMs, tookMs);
  errorsMs.push(clock.base().errorMs);
  compareDifference();
}, TICK_MS);

if (ASK_EVERY_MS > 0) {
  setInterval(() => {
    clock.now();
    readings++;
  }, ASK_EVERY_MS);
}

process.on('message', () => tell({ type: 'cost', ...cost() }));
process.on('disconnect', () => process.exit());
clock.refine();
setTimeout(() => tell({ type: 'ready' }), 500);

function cost(): Cost {
  const sorted = errorsMs.slice(25).sort((a, b) => a - b);
  const atShare = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? NaN;
  return {
    readings,
    ticks: errorsMs.length,
    tickShare: ticksMs / (performance.now() - startMs),
    tickMaxMs,
    errorP50Ms: atShare(0.5),
    errorP99Ms: atShare(0.99),
    nowNs: nowNs(),
  };
}

function nowNs(): number {
  const calls = 20_000;
  const fromMs = performance.now();
  for (let i = 0; i < calls; i++) clock.now();
  return ((performance.now() - fromMs) / calls) * 1e6;
}
