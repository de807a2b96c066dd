/** A worker thread: takes jobs of any part, one at a time. */
import { parentPort } from 'node:worker_threads';
import { advisedBounds } from './bounds-jobs.ts';
import { underOverload } from './overload-jobs.ts';
import { freshKeys, react } from './reaction-jobs.ts';
import { simulate } from './simulate.ts';

/** What a worker can do, by name. */
const TASKS = { simulate, react, freshKeys, advisedBounds, underOverload };

export type TaskName = keyof typeof TASKS;
export type JobOf<Name extends TaskName> = Parameters<(typeof TASKS)[Name]>[0];
export type ResultOf<Name extends TaskName> = ReturnType<(typeof TASKS)[Name]>;

parentPort?.on('message', ({ task, job }: { task: TaskName; job: never }) =>
  parentPort?.postMessage(TASKS[task](job)),
);
