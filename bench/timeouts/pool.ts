/** Divides jobs among a few worker threads. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { JobOf, ResultOf, TaskName } from './worker.ts';

const WORKERS = 2;
const SCRIPT = new URL('worker.ts', import.meta.url);

/** The results in the order of the jobs. */
export async function inWorkers<Name extends TaskName>(
  task: Name,
  jobs: readonly JobOf<Name>[],
  done: (job: JobOf<Name>, finished: number) => void,
): Promise<ResultOf<Name>[]> {
  const results: ResultOf<Name>[] = [];
  let next = 0;
  let finished = 0;
  async function work(): Promise<void> {
    const worker = new Worker(SCRIPT);
    try {
      while (next < jobs.length) {
        const at = next++;
        const job = jobs[at] as JobOf<Name>;
        worker.postMessage({ task, job });
        const [result] = (await once(worker, 'message')) as [ResultOf<Name>];
        results[at] = result;
        done(job, ++finished);
      }
    } finally {
      await worker.terminate();
    }
  }
  await Promise.all(Array.from({ length: Math.min(WORKERS, jobs.length) }, work));
  return results;
}
