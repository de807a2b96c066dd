import { expect, it, onTestFinished, vi } from 'vitest';
import { WorkerTick } from '../../../collectors/pause/worker-tick.ts';
import { collectRuntime } from '../../../collectors/runtime.ts';
import type { PauseEvent } from '../../../src/pause/pause-event.ts';
import { type Pause, PauseLog } from '../../../src/pause/pause-log.ts';
import { Diagnostics } from '../../../src/telemetry/diagnostics.ts';

const TICK_MS = 20;

function sleepInACall(forMs: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, forMs);
}

it('tells of a pause at once, and of its cause afterwards', async () => {
  const told: (Pause | PauseEvent)[] = [];
  const diagnostics = new Diagnostics();
  const runtime = collectRuntime({
    pauses: new PauseLog({ tickMs: TICK_MS, lateMs: TICK_MS }),
    diagnostics,
    arrivals: () => 0,
    onPause: (pause) => told.push(pause),
    onCause: (event) => told.push(event),
  });
  onTestFinished(() => runtime.stop());
  sleepInACall(200);
  await vi.waitFor(() => expect(told.some((each) => 'cause' in each)).toBe(true));
  const [pause, event] = told;
  expect(pause).not.toHaveProperty('cause');
  expect(event).toMatchObject({ toMs: pause!.toMs });
  expect(event!.fromMs).toBeLessThanOrEqual(pause!.fromMs);
  expect(runtime.loopDelay.quantileMs(1, performance.now())).toBeGreaterThan(100);
  expect(diagnostics.errors).toBe(0);
});

it('leaves nothing behind', () => {
  const before = process.listenerCount('SIGCONT');
  const runtime = collectRuntime({
    pauses: new PauseLog({ tickMs: TICK_MS, lateMs: TICK_MS }),
    diagnostics: new Diagnostics(),
    arrivals: () => 0,
    onCause: () => undefined,
  });
  expect(process.listenerCount('SIGCONT')).toBe(before + 1);
  runtime.stop();
  expect(process.listenerCount('SIGCONT')).toBe(before);
});

it('looks for no causes that nobody wants', () => {
  const before = process.listenerCount('SIGCONT');
  const runtime = collectRuntime({
    pauses: new PauseLog({ tickMs: TICK_MS, lateMs: TICK_MS }),
    diagnostics: new Diagnostics(),
    arrivals: () => 0,
  });
  expect(process.listenerCount('SIGCONT')).toBe(before);
  runtime.stop();
});

it('has a thread that knows how long it stood still, from when it is up until it is stopped', async () => {
  const thread = new WorkerTick(TICK_MS, new Diagnostics());
  expect(thread.gapMs(0, performance.now())).toBeUndefined();
  await vi.waitFor(() => expect(thread.gapMs(0, 1)).toBe(0), { timeout: 15_000 });
  // From its last tick on, none is known of.
  const nowMs = performance.now();
  expect(thread.gapMs(nowMs, nowMs + 60_000)).toBeGreaterThan(50_000);
  thread.stop();
  expect(thread.gapMs(0, 1)).toBeUndefined();
});
