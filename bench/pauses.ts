/**
 * `node bench/pauses.ts`: are our own pauses told, with their length and cause? Real processes,
 * stopped, starved and blocked in real ways. Linux; the cgroup parts need root.
 * `--help` lists the options; bench/pauses/README.md says what a figure means.
 */
import { progressFromNow, runBench } from './command-line.ts';
import { machine } from './overhead/machine.ts';
import { measureParts, say } from './parts.ts';
import { causesPart } from './pauses/causes.ts';
import { delayPart } from './pauses/delay.ts';
import { naturalPart } from './pauses/natural.ts';
import { type Options, type PartName, readOptions } from './pauses/options.ts';
import { overheadPart } from './pauses/overhead.ts';
import type { BenchRun } from './pauses/run.ts';
import { randomFrom } from '../src/testing/random.ts';
import type { PartResult } from './timeouts/report.ts';

const MAKE: Readonly<Record<PartName, (run: BenchRun) => Promise<PartResult>>> = {
  causes: causesPart,
  overhead: overheadPart,
  delay: delayPart,
  natural: naturalPart,
};

async function measure(options: Options): Promise<void> {
  const here = machine();
  say(
    `Pauses: Node ${here.node}, ${here.cpu} x ${here.processors}, seed ${options.seed}, ` +
      `load average ${here.load.toFixed(1)} at the start` +
      (options.thread ? ', with the watching thread' : '') +
      (options.quick ? ', quick' : ''),
  );
  const random = randomFrom(options.seed);
  const run: BenchRun = {
    options,
    watch: options.thread ? 'thread' : 'causes',
    random: () => random.next(),
    progress: progressFromNow(),
  };
  await measureParts(options, {
    make: (name) => MAKE[name](run),
  });
}

await runBench(readOptions, measure);
