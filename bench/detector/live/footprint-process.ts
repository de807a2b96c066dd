/** What many peers cost, in a process of its own that may collect its garbage. */
import { Hub } from './hub.ts';
import type { FootprintJob } from './footprint.ts';

/** By then everyone was asked once. */
const WARM_MS = 1000;
/** Longer than what is remembered of questions. */
const SETTLED_MS = 45_000;
/** Virtual time is taken in such steps, until the time on the wall is up. */
const STEP_MS = 100;
const CALIBRATION = 100_000;

const job = JSON.parse(process.argv[2] ?? '{}') as FootprintJob;
let usedUs = 0;
let calls = 0;

/** CPU of this thread: what others take of the processor is not in it. */
function timed<T>(call: () => T): T {
  const before = process.threadCpuUsage();
  const result = call();
  const after = process.threadCpuUsage();
  usedUs += after.user + after.system - before.user - before.system;
  calls++;
  return result;
}

/** What looking at the clock itself adds to a call, in µs. */
function overheadUs(): number {
  usedUs = 0;
  for (let i = 0; i < CALIBRATION; i++) timed(() => undefined);
  return usedUs / CALIBRATION;
}

function bytesInUse(): number {
  for (let i = 0; i < 5; i++) globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

if (job.kind === 'cpu') {
  const overhead = overheadUs();
  const hub = new Hub({ ...job, timed });
  hub.run(WARM_MS);
  usedUs = calls = 0;
  const startMs = performance.now();
  let spanMs = 0;
  while (spanMs < job.spanMs && performance.now() - startMs < job.wallMs) {
    spanMs += STEP_MS;
    hub.run(WARM_MS + spanMs);
  }
  const cpuMs = Math.max(0, usedUs - calls * overhead) / 1000;
  process.send?.({ cpuMs, spanMs, calls, watched: hub.watched });
} else {
  settled(2); // what is loaded and compiled on the way is no peer's
  const empty = bytesInUse();
  const few = settled(job.members / 3);
  const withFew = bytesInUse();
  const many = settled(job.members);
  const withMany = bytesInUse();
  // Of the two, the difference is peers: what a group takes by itself is in both.
  const added = withMany - withFew - (withFew - empty);
  process.send?.({ bytes: added / (many.watched - few.watched), watched: many.watched });
}

function settled(members: number): Hub {
  const hub = new Hub({ ...job, members, observers: members + 1, timed: (call) => call() });
  hub.run(SETTLED_MS);
  return hub;
}
