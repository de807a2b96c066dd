/**
 * `npm run bench:timeouts`: how good the timeouts are that Tardy arms and advises, beside what
 * else there is. `--help` lists the options; bench/timeouts/README.md says what a figure means.
 */
import { progressFromNow, runBench } from './command-line.ts';
import { measureParts, say } from './parts.ts';
import { doubtsMeanwhile, machine } from './overhead/machine.ts';
import { boundsPart } from './timeouts/bounds.ts';
import { costPart } from './timeouts/cost.ts';
import { type Options, type PartName, readOptions } from './timeouts/options.ts';
import { overloadPart } from './timeouts/overload.ts';
import { reactionPart } from './timeouts/reaction.ts';
import type { PartResult, Run } from './timeouts/report.ts';
import { simulationPart } from './timeouts/simulation.ts';
import { timersPart } from './timeouts/timers.ts';

const MAKE: Readonly<Record<PartName, (run: Run) => Promise<PartResult>>> = {
  simulation: simulationPart,
  reaction: reactionPart,
  bounds: boundsPart,
  overload: overloadPart,
  timers: timersPart,
  cost: costPart,
};

/** Parts that a busy machine spoils. */
const REAL: readonly PartName[] = ['timers', 'cost'];

async function measure(options: Options): Promise<void> {
  const here = machine();
  say(
    `Tardy timeouts: Node ${here.node}, ${here.cpu} x ${here.processors}, seed ${options.seed}` +
      (options.quick ? ', quick' : ''),
  );
  const progress = progressFromNow();
  await measureParts(options, {
    make: (name) => MAKE[name]({ ...options, progress }),
    doubts: (name) => (REAL.includes(name) ? doubtsMeanwhile(name) : []),
  });
}

await runBench(readOptions, measure);
