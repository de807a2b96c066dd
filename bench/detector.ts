/**
 * `node bench/detector.ts`: how fast and how wrong failure detectors are, ours beside the
 * published ones, by replay of traces; and, with `--part live`, the membership at work.
 * `--help` lists the options; bench/detector/README.md says what a figure means.
 */
import { progressFromNow, runBench } from './command-line.ts';
import { type BenchRun, benchRun } from './detector/bench-run.ts';
import { regimePart, shiftPart } from './detector/changes.ts';
import { costPart } from './detector/cost.ts';
import { gatePart } from './detector/gate.ts';
import { blockedPart } from './detector/live/blocked.ts';
import { footprintPart } from './detector/live/footprint.ts';
import { killPart } from './detector/live/kill.ts';
import { oneWayPart } from './detector/live/one-way.ts';
import { probingPart } from './detector/live/probing.ts';
import { scalePart } from './detector/live/scale.ts';
import { stallsPart } from './detector/live/stalls.ts';
import { type Options, type PartName, PARTS, readOptions } from './detector/options.ts';
import { reliabilityPart } from './detector/reliability.ts';
import { settingsPart } from './detector/settings.ts';
import { timingPart } from './detector/timing.ts';
import { tracesFor } from './detector/trace-list.ts';
import { machine } from './overhead/machine.ts';
import { measureParts, say } from './parts.ts';
import type { PartResult } from './timeouts/report.ts';

const MAKE: Readonly<Record<PartName, (run: BenchRun) => PartResult | Promise<PartResult>>> = {
  timing: timingPart,
  settings: settingsPart,
  gate: gatePart,
  reliability: reliabilityPart,
  shift: shiftPart,
  regime: regimePart,
  cost: costPart,
  stalls: stallsPart,
  blocked: blockedPart,
  kill: killPart,
  probing: probingPart,
  'one-way': oneWayPart,
  footprint: footprintPart,
  scale: scalePart,
};

const REPLAYED: readonly PartName[] = PARTS;

async function measure(options: Options): Promise<void> {
  const here = machine();
  const progress = progressFromNow();
  const isReplayed = options.parts.some((part) => REPLAYED.includes(part));
  if (isReplayed) progress('traces');
  const traces = isReplayed ? tracesFor(options) : [];
  say(
    `Failure detectors: Node ${here.node}, ${here.cpu} x ${here.processors}, seed ${options.seed}` +
      (isReplayed
        ? `, ${traces.length} traces for ${options.set}, gate ${options.gate ? 'on' : 'off'}`
        : `, load average ${here.load.toFixed(1)} at the start`) +
      (options.quick ? ', quick' : ''),
  );
  const run = benchRun(options, traces, progress);
  await measureParts(options, {
    make: (name) => MAKE[name](run),
  });
}

await runBench(readOptions, measure);
