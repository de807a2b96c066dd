/** What the parts share: the traces, who takes part, and replays that are done once. */
import { chosen } from '../timeouts/options.ts';
import { type Contender, CONTENDERS, TARDY } from './contenders.ts';
import type { Options } from './options.ts';
import { type Quality, replay } from './replay.ts';
import type { Trace } from './trace.ts';

export interface BenchRun {
  readonly options: Options;
  readonly traces: readonly Trace[];
  readonly contenders: readonly Contender[];
  /** At the contender's own phi. */
  quality(trace: Trace, contender: Contender, gate?: boolean): Quality;
  progress(what: string): void;
}

export function benchRun(
  options: Options,
  traces: readonly Trace[],
  progress: (what: string) => void,
): BenchRun {
  const done = new Map<string, Quality>();
  return {
    options,
    traces,
    contenders: chosen(CONTENDERS, options.only),
    progress,
    quality(trace, contender, gate = options.gate) {
      // A trace without pauses is the same either way.
      const isGated = gate || trace.pauses.length === 0;
      const key = `${trace.name} / ${contender.name} / ${isGated}`;
      const known = done.get(key);
      if (known) return known;
      const detector = contender.make(trace.intervalMs);
      const { qualities } = replay(trace, detector, { phis: [contender.phi], gate: isGated });
      const quality = qualities[0] as Quality;
      done.set(key, quality);
      return quality;
    },
  };
}

/** Whether our own detector takes part. */
export function hasTardy({ contenders }: BenchRun): boolean {
  return contenders.includes(TARDY);
}
