/**
 * `node bench/clock.ts`: how far off the clocks of others are taken to be, ours beside what others
 * do with the same exchanges; simulated, where the truth is known, and against a real chronyd on
 * the same kernel clock, where it is 0. `--help` lists the options; bench/clock/README.md says
 * what a figure means.
 */
import type { BenchRun } from './clock/bench-run.ts';
import { containmentPart } from './clock/containment.ts';
import { driftPart } from './clock/drift.ts';
import { jitterPart } from './clock/jitter.ts';
import { loopbackPart } from './clock/loopback.ts';
import { type Options, type PartName, readOptions } from './clock/options.ts';
import { stepsPart } from './clock/steps.ts';
import { progressFromNow, runBench } from './command-line.ts';
import { machine } from './overhead/machine.ts';
import { measureParts, say } from './parts.ts';
import type { PartResult } from './timeouts/report.ts';

const MAKE: Readonly<Record<PartName, (run: BenchRun) => PartResult | Promise<PartResult>>> = {
  jitter: jitterPart,
  containment: containmentPart,
  drift: driftPart,
  loopback: loopbackPart,
  steps: stepsPart,
};

async function measure(options: Options): Promise<void> {
  const here = machine();
  say(
    `Clocks of others: Node ${here.node}, ${here.cpu} x ${here.processors}, seed ${options.seed}, ` +
      `load average ${here.load.toFixed(1)} at the start${options.quick ? ', quick' : ''}`,
  );
  const run: BenchRun = { options, progress: progressFromNow() };
  await measureParts(options, {
    make: (name) => MAKE[name](run),
  });
}

await runBench(readOptions, measure);
