/** What is told where nobody makes a pause: on this machine as it is, and with its CPUs taken. */
import { availableParallelism } from 'node:os';
import { PAUSE_CAUSES } from '../../src/pause/cause.ts';
import { loadNote } from '../detector/live/load-note.ts';
import { sleep } from '../detector/live/processes.ts';
import { ms, quantile } from '../detector/live/spread.ts';
import type { PartResult } from '../timeouts/report.ts';
import type { BenchRun } from './run.ts';
import { spinners } from './stoppers.ts';
import { Victim } from './victim.ts';

const FOR_MS = { full: 60_000, quick: 20_000 };
const BUSY_SHARE = 0.3;

export async function naturalPart(run: BenchRun): Promise<PartResult> {
  const cases = [
    { name: 'idle', share: 0, others: 0 },
    { name: 'half busy', share: BUSY_SHARE, others: 0 },
    { name: 'idle beside twice as many spinners as CPUs', share: 0, others: 2 },
    { name: 'busy beside them', share: BUSY_SHARE, others: 2 },
  ];
  const rows: string[][] = [];
  for (const each of cases) {
    run.progress(`natural, ${each.name}`);
    rows.push(await measure(run, each));
  }
  return {
    tables: [
      {
        title: 'Pauses that nobody made',
        columns: ['process', 'pauses/min', 'longest, ms', ...PAUSE_CAUSES],
        rows,
        notes: [`${BUSY_SHARE * 100} % busy where it is`, loadNote()],
      },
    ],
    goals: [],
    figures: rows,
  };
}

async function measure(
  run: BenchRun,
  { name, share, others }: { name: string; share: number; others: number },
): Promise<string[]> {
  const victim = await Victim.start(run.watch);
  const end = spinners(others * availableParallelism(), undefined);
  victim.tell({ kind: 'busy', share });
  await sleep(2000);
  victim.told = [];
  const forMs = run.options.quick ? FOR_MS.quick : FOR_MS.full;
  await sleep(forMs);
  end();
  await victim.end();
  const { told } = victim;
  const durations = told.map(({ durationMs }) => durationMs);
  return [
    ...[name, ((told.length * 60_000) / forMs).toFixed(1), ms(quantile(durations, 1))],
    ...PAUSE_CAUSES.map((cause) => `${told.filter((one) => one.cause === cause).length || '·'}`),
  ];
}
