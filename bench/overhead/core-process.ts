/** Times one subject, in a process of its own: what V8 learnt from others would tell here. */
import { answer } from './answers.ts';
import { median } from './statistics.ts';
import * as subjects from './subjects.ts';

type Rivals = typeof import('./rivals.ts');
export type SubjectName = keyof typeof subjects | keyof Rivals;

export interface CoreJob {
  readonly subject: SubjectName;
  readonly seed: number;
  /** Time for all rounds together. */
  readonly timeMs: number;
}

const ROUNDS = 15;
/** Of the whole time, before the first round. */
const WARM_SHARE = 0.55;

/** What the subjects gave back: V8 must not find out that nobody wants it. */
let sink = 0;

answer({
  /** CPU per operation, in ns: the median of the rounds. */
  async time({ subject, seed, timeMs }: CoreJob): Promise<number> {
    const run = await (await find(subject))(seed);
    const perRound = warm(run, timeMs);
    const rounds = Array.from({ length: ROUNDS }, () => nsPerOperation(run, perRound));
    return median(rounds);
  },
  sink: () => sink,
});

/** The rivals are loaded when they are asked for: they take longer to load than to measure. */
async function find(name: SubjectName): Promise<subjects.MakeSubject> {
  const found = name in subjects ? subjects : await import('./rivals.ts');
  return (found as Record<SubjectName, subjects.MakeSubject>)[name];
}

/** Runs it warm; how many operations make a round. */
function warm(run: subjects.Subject, timeMs: number): number {
  const endMs = performance.now() + WARM_SHARE * timeMs;
  let operations = 1;
  let ns = 0;
  while (performance.now() < endMs || ns === 0) {
    ns = nsPerOperation(run, operations);
    if (operations * ns < 2e6) operations *= 2;
  }
  const roundNs = (((1 - WARM_SHARE) * timeMs) / ROUNDS) * 1e6;
  return Math.max(1, Math.round(roundNs / ns));
}

/** CPU time: on a busy machine the clock on the wall also counts what others do. */
function nsPerOperation(run: subjects.Subject, operations: number): number {
  const before = process.cpuUsage();
  sink += run(operations);
  const { user, system } = process.cpuUsage(before);
  return ((user + system) * 1000) / operations;
}
