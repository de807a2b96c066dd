/** A process that stands still, by itself or by others, and says what its watch makes of it. */
import { execFileSync, execSync, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { collectRuntime, type Runtime } from '../../collectors/runtime.ts';
import { PauseLog } from '../../src/pause/pause-log.ts';
import { Diagnostics } from '../../src/telemetry/diagnostics.ts';
import type { Act, FromVictim, ToVictim, VictimJob } from './victim-types.ts';

const TICK = { tickMs: 20, lateMs: 20 };
const MICROS = 1e3;
const NANOS = 1e6;
const { watch } = JSON.parse(process.argv[2] ?? '{}') as VictimJob;
const directory = mkdtempSync(join(tmpdir(), 'tardy-pauses-'));
const fifo = join(directory, 'fifo');
execFileSync('mkfifo', [fifo]);
const startMs = performance.now();
process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
process.on('disconnect', () => process.exit());

/** A bench must not hide what fails. */
class LoudDiagnostics extends Diagnostics {
  override failed(where: string, error: unknown): void {
    console.error(where, error);
    process.exit(1);
  }
}

function say(message: FromVictim | 'ready'): void {
  process.send?.(message);
}

const runtime = watch === 'none' ? undefined : start();
const nodeDelay = monitorEventLoopDelay({ resolution: 10 });

function start(): Runtime {
  const common = { pauses: new PauseLog(TICK), diagnostics: new LoudDiagnostics() };
  if (watch === 'pauses') return collectRuntime({ ...common, arrivals: () => 0 });
  return collectRuntime({
    ...common,
    arrivals: () => 0,
    watchThread: watch === 'thread',
    onCause: (event) => say({ kind: 'pause', ...event, toldMs: performance.now() }),
  });
}

function spin(forMs: number): void {
  const endMs = performance.now() + forMs;
  while (performance.now() < endMs);
}

const ACTS: Readonly<Record<Exclude<Act, 'gc natural'>, (forMs: number) => void>> = {
  'sync-code': spin,
  gc: () => globalThis.gc?.(),
  'Atomics.wait': (forMs) => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, forMs);
  },
  execSync: (forMs) => void execSync(`sleep ${forMs / 1000}`),
  readSync: (forMs) => {
    const script = `sleep ${forMs / 1000}; echo > ${fifo}`;
    spawn('sh', ['-c', script], { stdio: 'ignore' }).unref();
    const fd = openSync(fifo, 'r');
    readSync(fd, Buffer.alloc(1));
    closeSync(fd);
  },
};

/** Live objects with pointers, built in slices so that building is no pause. */
let heap: object[] = [];
const SLICE_MS = 4;

function build(objects: number, done: () => void): void {
  const endMs = performance.now() + SLICE_MS;
  while (heap.length < objects && performance.now() < endMs) {
    heap.push({ i: heap.length, before: heap[heap.length - 7], text: [heap.length] });
  }
  if (heap.length < objects) setTimeout(build, 1, objects, done);
  else done();
}

/**
 * Whole generations that live on: the scavenger has to copy them. In pieces: a long array that
 * grows is copied as well, by code.
 */
function buildUntilTold(forMs: number, done: () => void, endMs = performance.now() + forMs): void {
  const sliceEndMs = performance.now() + SLICE_MS;
  const piece: object[] = [];
  while (performance.now() < sliceEndMs) piece.push({ before: piece.at(-1), text: [piece.length] });
  heap.push(piece);
  if (performance.now() < endMs) setTimeout(buildUntilTold, 1, forMs, done, endMs);
  else done();
}

function act(name: Act, forMs: number): void {
  const fromMs = performance.now();
  const cpuBeforeMs = processCpuMs();
  const acted = () => {
    const toMs = performance.now();
    say({ kind: 'acted', fromMs, toMs, cpuMs: processCpuMs() - cpuBeforeMs });
  };
  if (name === 'gc natural') {
    return buildUntilTold(forMs, () => {
      heap = [];
      acted();
    });
  }
  ACTS[name](forMs);
  acted();
}

function processCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / MICROS;
}

const OBJECTS_PER_MS = 12_000;

let busyTimer: NodeJS.Timeout | undefined;
const BUSY_PERIOD_MS = 12;

function receive(message: ToVictim): void {
  switch (message.kind) {
    case 'act':
      if (message.act !== 'gc') return act(message.act, message.forMs);
      return build(Math.round(message.forMs * OBJECTS_PER_MS), () => {
        setTimeout(() => act('gc', 0), 200);
      });
    case 'busy':
      clearInterval(busyTimer);
      if (message.share > 0) {
        busyTimer = setInterval(() => spin(message.share * BUSY_PERIOD_MS), BUSY_PERIOD_MS);
      }
      return;
    case 'measure delays':
      return void nodeDelay.enable();
    case 'delays':
      return delays();
    case 'cpu': {
      const { user, system } = process.cpuUsage();
      const cpuMs = (user + system) / MICROS;
      const rssMiB = process.memoryUsage.rss() / 2 ** 20;
      return say({ kind: 'cpu', atMs: performance.now(), cpuMs, rssMiB });
    }
  }
}

function delays(): void {
  const nowMs = performance.now();
  const ours = [0.5, 0.99, 1].map((q) => runtime?.loopDelay.quantileMs(q, nowMs));
  const node = [50, 99, 100].map((q) => nodeDelay.percentile(q) / NANOS);
  say({ kind: 'delays', forMs: nowMs - startMs, ours, node });
}

process.on('message', receive);
// What it takes to start is a pause as well; nobody asked for that one.
setTimeout(() => say('ready'), 500);
