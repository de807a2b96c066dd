/** How long a request that comes at a random instant waits: ours beside Node's own histogram. */
import { loadNote } from '../detector/live/load-note.ts';
import { sleep } from '../detector/live/processes.ts';
import { ms } from '../detector/live/spread.ts';
import { type Goal, goal, type PartResult } from '../timeouts/report.ts';
import type { BenchRun } from './run.ts';
import { STOPPERS } from './stoppers.ts';
import { Victim } from './victim.ts';
import type { Delays } from './victim-types.ts';

const CASES = [
  { name: 'one stop of 2 s', stopsMs: [2000] },
  { name: 'ten stops of 150 ms', stopsMs: Array<number>(10).fill(150) },
  { name: 'stops of 1000, 300 and 100 ms', stopsMs: [1000, 300, 100] },
] as const;
const FOR_MS = 20_000;
const RATIO = [0.9, 1.1] as const;

export async function delayPart(run: BenchRun): Promise<PartResult> {
  run.progress('delay');
  const found = await Promise.all(CASES.map(({ stopsMs }) => measure(stopsMs)));
  const goals: Goal[] = found.map(({ delays, trueP99Ms }, i) =>
    goal({
      what: `${CASES[i]?.name}: p99, told / true`,
      measured: (delays.ours[1] ?? NaN) / trueP99Ms,
      ...{ low: RATIO[0], high: RATIO[1] },
    }),
  );
  return {
    tables: [
      {
        title: `What requests at random instants wait, over ${FOR_MS / 1000} s`,
        columns: ['', 'true p99, ms', 'ours p50', 'p99', 'max', 'Node p50', 'p99', 'max'],
        rows: found.map(({ delays, trueP99Ms }, i) => [
          ...[CASES[i]?.name ?? '', ms(trueP99Ms)],
          ...[...delays.ours, ...delays.node].map((value) => ms(value ?? NaN)),
        ]),
        notes: [
          'true: from the lengths of the stops, as who stopped it knows them',
          'Node: monitorEventLoopDelay with a resolution of 10 ms',
          loadNote(),
        ],
      },
    ],
    goals,
    figures: found,
  };
}

async function measure(
  stopsMs: readonly number[],
): Promise<{ readonly delays: Delays; readonly trueP99Ms: number }> {
  const victim = await Victim.start('causes');
  victim.tell({ kind: 'measure delays' });
  const stop = STOPPERS.get('SIGSTOP');
  const stood: number[] = [];
  const spareMs = FOR_MS - stopsMs.reduce((sum, each) => sum + each, 0);
  for (const forMs of stopsMs) {
    await sleep(spareMs / (stopsMs.length + 1));
    stood.push((await stop?.(victim.pid, forMs)) ?? 0);
  }
  await sleep(spareMs / (stopsMs.length + 1));
  const delays = await victim.delays();
  await victim.end();
  return { delays, trueP99Ms: waitAt(0.99, stood, delays.forMs) };
}

/** The wait w that a share q of instants stays within: Σ max(0, d − w) = (1 − q) T. */
function waitAt(q: number, stood: readonly number[], forMs: number): number {
  let [low, high] = [0, Math.max(...stood)];
  for (let i = 0; i < 60; i++) {
    const wait = (low + high) / 2;
    const longer = stood.reduce((sum, each) => sum + Math.max(0, each - wait), 0);
    if (longer > (1 - q) * forMs) low = wait;
    else high = wait;
  }
  return high;
}
