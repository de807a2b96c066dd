/**
 * `node bench/leases.ts`: how many stale writes get through when the holder of a lease, or the
 * resource, is stopped; what a set wall clock does; what a look costs. Real processes, real
 * SIGSTOPs, and a real etcd for one part. `--help` lists the options.
 */
import { progressFromNow, runBench } from './command-line.ts';
import { costPart } from './leases/cost.ts';
import { type Options, type PartName, readOptions } from './leases/options.ts';
import { stepPart } from './leases/step.ts';
import { etcdPart, holderPart, resourcePart } from './leases/stops.ts';
import { machine } from './overhead/machine.ts';
import { measureParts, say } from './parts.ts';
import type { PartResult } from './timeouts/report.ts';

type Make = (
  options: Options,
  progress: (what: string) => void,
) => PartResult | Promise<PartResult>;

const MAKE: Readonly<Record<PartName, Make>> = {
  holder: holderPart,
  resource: resourcePart,
  etcd: etcdPart,
  step: stepPart,
  cost: costPart,
};

async function measure(options: Options): Promise<void> {
  const here = machine();
  const progress = progressFromNow();
  say(
    `Leases: Node ${here.node}, ${here.cpu} x ${here.processors}, seed ${options.seed}, ` +
      `load average ${here.load.toFixed(1)} at the start${options.quick ? ', quick' : ''}`,
  );
  await measureParts(options, {
    make: (name) => MAKE[name](options, progress),
  });
}

await runBench(readOptions, measure);
