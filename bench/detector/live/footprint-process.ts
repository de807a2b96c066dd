/** What many peers cost, in a process of its own that may collect its garbage. */
import { Hub } from './hub.ts';
import type { FootprintJob } from './footprint.ts';

const WARM_MS = 5000;
const SETTLED_MS = 60_000;
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
  hub.run(WARM_MS + job.spanMs);
  const cpuMs = Math.max(0, usedUs - calls * overhead) / 1000;
  process.send?.({ cpuMs, calls, watched: hub.watched });
} else {
  const plain = <T>(call: () => T) => call();
  const few = new Hub({ ...job, members: 1, timed: plain });
  few.run(SETTLED_MS);
  const before = bytesInUse();
  const hub = new Hub({ ...job, timed: plain });
  hub.run(SETTLED_MS);
  const bare = bytesInUse();
  process.send?.({ bytes: (bare - before) / hub.watched, watched: hub.watched, kept: few.watched });
}
