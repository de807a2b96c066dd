/** What it costs to watch for pauses in a process that has nothing else to do. */
import { loadNote } from '../detector/live/load-note.ts';
import { sleep } from '../detector/live/processes.ts';
import { goal, type PartResult } from '../timeouts/report.ts';
import type { BenchRun } from './run.ts';
import { Victim } from './victim.ts';
import type { VictimJob } from './victim-types.ts';

const WATCHES: readonly VictimJob['watch'][] = ['none', 'pauses', 'causes', 'thread'];
const WARM_UP_MS = 3000;
const FOR_MS = { full: 30_000, quick: 10_000 };
const GOAL_PERCENT = 1;

export async function overheadPart(run: BenchRun): Promise<PartResult> {
  run.progress('overhead');
  const victims = await Promise.all(WATCHES.map((watch) => Victim.start(watch)));
  await sleep(WARM_UP_MS);
  const before = await Promise.all(victims.map((victim) => victim.cpu()));
  await sleep(run.options.quick ? FOR_MS.quick : FOR_MS.full);
  const after = await Promise.all(victims.map((victim) => victim.cpu()));
  await Promise.all(victims.map((victim) => victim.end()));
  const percents = after.map(({ atMs, cpuMs }, i) => {
    const start = before[i] as (typeof before)[number];
    return (100 * (cpuMs - start.cpuMs)) / (atMs - start.atMs);
  });
  const of = (watch: VictimJob['watch']) => percents[WATCHES.indexOf(watch)] as number;
  return {
    tables: [
      {
        title: 'CPU of an idle process, in percent of a core',
        columns: ['watched', 'CPU %', 'more than none', 'RSS, MiB'],
        rows: WATCHES.map((watch, i) => [
          ...[watch, of(watch).toFixed(2), (of(watch) - of('none')).toFixed(2)],
          (after[i] as (typeof after)[number]).rssMiB.toFixed(1),
        ]),
        notes: [
          'pauses: the tick alone; causes: with all counters; thread: with the watching thread as well',
          'all four at the same time',
          loadNote(),
        ],
      },
    ],
    goals: [
      goal({
        what: 'causes without the thread, % of a core',
        measured: of('causes') - of('none'),
        high: GOAL_PERCENT,
      }),
    ],
    figures: { percents, after },
  };
}
