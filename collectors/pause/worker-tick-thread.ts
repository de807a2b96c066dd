/** The thread that ticks on its own: see worker-tick.ts. */
import { workerData } from 'node:worker_threads';
import { GAPS_KEPT, sharedMs, type WorkerTickData } from './worker-tick.ts';

const { shared, tickMs } = workerData as WorkerTickData;
const times = new Float64Array(shared);
/** Nobody notifies: it is there to wait on. */
const never = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

let lastMs = sharedMs(performance.now());
for (let gaps = 0; ;) {
  Atomics.wait(never, 0, 0, tickMs);
  const nowMs = sharedMs(performance.now());
  if (nowMs - lastMs > 2 * tickMs) {
    const slot = 1 + 2 * (gaps++ % GAPS_KEPT);
    times[slot] = lastMs;
    times[slot + 1] = nowMs;
  }
  times[0] = lastMs = nowMs;
}
