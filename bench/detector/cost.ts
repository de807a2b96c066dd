/** What a heartbeat and a query cost, and what a detector takes. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { goal, type Goal, type PartResult } from '../timeouts/report.ts';
import type { BenchRun } from './bench-run.ts';
import { TARDY } from './contenders.ts';
import type { CostJob, DetectorCost } from './cost-process.ts';

const SCRIPT = fileURLToPath(new URL('cost-process.ts', import.meta.url));
const FULL = { beats: 20_000, blocks: 15, detectors: 500 };
const QUICK = { beats: 5000, blocks: 7, detectors: 100 };
const NS_MAX = 2000;
const BYTES_MAX = 8192;
const PEERS = 1000;
const SHARE_MAX = 2;

export async function costPart(run: BenchRun): Promise<PartResult> {
  run.progress('cost, in a process of its own');
  const { seed, quick } = run.options;
  const names = run.contenders.map(({ name }) => name);
  const job: CostJob = { seed, names, ...(quick ? QUICK : FULL) };
  const args = ['--expose-gc', SCRIPT, JSON.stringify(job)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const costs = JSON.parse(stdout) as DetectorCost[];
  return {
    tables: [
      {
        title: 'Cost',
        columns: [
          ...['detector', 'ns a heartbeat with queries', 'bytes a detector'],
          `${PEERS} peers at 1 Hz, % of a core`,
        ],
        rows: costs.map(({ name, nsPerBeat, bytes }) => [
          ...[name, nsPerBeat.toFixed(0), bytes.toFixed(0), shareOf(nsPerBeat).toFixed(3)],
        ]),
        notes: [
          `a heartbeat, deadlineMs() and phi(), through ${PEERS} detectors in turn; heap and buffers`,
        ],
      },
    ],
    goals: goalsOf(costs),
    figures: costs,
  };
}

/** Percent of a core for all peers. */
function shareOf(nsPerBeat: number): number {
  return (nsPerBeat * PEERS * 100) / 1e9;
}

function goalsOf(costs: readonly DetectorCost[]): Goal[] {
  const own = costs.find(({ name }) => name === TARDY.name);
  if (!own) return [];
  return [
    goal({ what: 'a heartbeat with queries, ns', measured: own.nsPerBeat, high: NS_MAX }),
    goal({ what: 'a detector, bytes', measured: own.bytes, high: BYTES_MAX }),
    goal({
      what: `${PEERS} peers at 1 Hz, % of a core`,
      measured: shareOf(own.nsPerBeat),
      high: SHARE_MAX,
    }),
  ];
}
