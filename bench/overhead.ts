/**
 * `npm run bench:overhead`: what Tardy costs a request, a record, a route and a start, beside
 * OpenTelemetry's instrumentation and other histograms. `--help` lists the options.
 */
import { runBench } from './command-line.ts';
import { clientPart } from './overhead/client.ts';
import { corePart } from './overhead/core.ts';
import { footprintPart } from './overhead/footprint.ts';
import {
  doubtsAtStart,
  doubtsMeanwhile,
  type Machine,
  machine,
  missingBuild,
  watchSteal,
} from './overhead/machine.ts';
import { type Options, type PartName, PAIRS, readOptions, type Run } from './overhead/options.ts';
import { type Part, printGoals, printPart } from './overhead/report.ts';
import { serverPart } from './overhead/server.ts';

const MAKE: Readonly<Record<PartName, (run: Run) => Promise<Part>>> = {
  client: clientPart,
  server: serverPart,
  core: corePart,
  footprint: footprintPart,
};

/** Sets of processes of one comparison. */
const SETS = 5;
const QUICK_SETS = 2;
/** For one comparison, of which there are five: most of the six minutes in all. */
const BUDGET_MS = 45_000;
const QUICK_BUDGET_MS = 5000;

async function main(options: Options): Promise<void> {
  const missing = missingBuild();
  if (missing !== undefined) {
    process.stderr.write(`${missing}\n`);
    process.exitCode = 1;
    return;
  }
  await measure(options);
}

async function measure(options: Options): Promise<void> {
  const { json } = options;
  const say = json ? () => undefined : (text: string) => void process.stdout.write(`${text}\n\n`);
  const here = machine();
  const doubts = doubtsAtStart(here);
  say([heading(here, options), ...doubts.map(warning)].join('\n'));
  const said = doubts.length;

  const steal = watchSteal();
  const startMs = performance.now();
  const seconds = () => ((performance.now() - startMs) / 1000).toFixed(0);
  const progress = (what: string) => void process.stderr.write(`[${seconds()} s] ${what}\n`);
  const run = runOf(options, progress);
  const parts: Part[] = [];
  for (const name of options.parts) {
    const part = await MAKE[name](run);
    parts.push(part);
    say(printPart(part));
    doubts.push(...doubtsMeanwhile(name));
  }
  doubts.push(...steal());
  const goals = parts.flatMap((part) => part.goals);
  say(
    [...printGoals(goals), ...doubts.slice(said).map(warning), `${seconds()} s in all`].join('\n'),
  );
  const result = { ...here, ...options, warnings: doubts, parts };
  if (json) process.stdout.write(`${JSON.stringify(result)}\n`);
}

function runOf({ seed, pairs, quick }: Options, progress: (what: string) => void): Run {
  const budgetMs = quick ? QUICK_BUDGET_MS : BUDGET_MS * Math.max(1, pairs / PAIRS);
  return { seed, pairs, quick, progress, budgetMs, sets: quick ? QUICK_SETS : SETS };
}

function heading({ node, cpu, processors, load }: Machine, { seed, pairs }: Options): string {
  const where = `Node ${node}, ${cpu} x ${processors}, load average ${load.toFixed(2)}`;
  return `Tardy overhead: ${where}, seed ${seed}, ${pairs} pairs; medians with 95 % intervals`;
}

function warning(doubt: string): string {
  return `warning: ${doubt}`;
}

await runBench(readOptions, main);
