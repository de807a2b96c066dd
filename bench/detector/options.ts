import { parseArgs } from 'node:util';
import { integer, optionsOr, PART_OPTIONS, seedOf, split } from '../command-line.ts';

/** By replay of traces. */
export const PARTS = [
  ...(['timing', 'settings', 'gate', 'reliability', 'shift', 'regime', 'cost'] as const),
] as const;
/** The membership at work: real processes and sockets, or the simulator. They take minutes. */
export const LIVE_PARTS = [
  ...(['stalls', 'blocked', 'kill', 'probing', 'one-way', 'footprint', 'scale'] as const),
] as const;
export type PartName = (typeof PARTS)[number] | (typeof LIVE_PARTS)[number];

export interface Options {
  readonly parts: readonly PartName[];
  readonly quick: boolean;
  readonly seed: number;
  /** Seeds of each generated trace. */
  readonly seeds: number;
  /** Names of detectors start with one of these; all, if there are none. */
  readonly only: readonly string[];
  /** The same for traces. */
  readonly traces: readonly string[];
  /** What may be tuned on, or what is judged by. */
  readonly set: 'training' | 'judging';
  /** Whether the detectors are told of the receiver's own pauses. */
  readonly gate: boolean;
  /** File that takes the figures. */
  readonly json: string | undefined;
}

export const USAGE = `node bench/detector.ts [options]: how fast and how wrong failure detectors are

  --part NAMES     only these parts: ${PARTS.join(', ')} (default: these);
                   ${LIVE_PARTS.join(', ')} (live: all of these)
  --only NAMES     only detectors whose names start so, such as tardy,pekko
  --trace NAMES    only traces whose names start so
  --train          the traces for tuning instead of those for judging
  --gate on|off    are detectors told of the receiver's own pauses? (default on; part gate shows both)
  --seeds N        seeds of each generated trace (default 1)
  --quick          a tenth of the heartbeats, fewer processes and seeds
  --seed N         the same traces again
  --json FILE      the figures, for machines
  --help           this text`;

/** Options of the command line, or the text that says what is wrong with them. */
export function readOptions(args: readonly string[]): Options | string {
  return optionsOr(USAGE, () => {
    const { values } = parseArgs({
      args: [...args],
      options: {
        ...PART_OPTIONS,
        only: { type: 'string', multiple: true },
        trace: { type: 'string', multiple: true },
        train: { type: 'boolean', default: false },
        gate: { type: 'string', default: 'on' },
        seeds: { type: 'string', default: '1' },
      },
    });
    if (values.help) return undefined;
    return {
      parts: values.part ? split(values.part).flatMap(partsOf) : [...PARTS],
      quick: values.quick,
      only: split(values.only),
      traces: split(values.trace),
      set: values.train ? 'training' : 'judging',
      gate: gateOf(values.gate),
      seeds: integer('--seeds', values.seeds, 1),
      seed: seedOf(values.seed),
      json: values.json,
    };
  });
}

function partsOf(name: string): readonly PartName[] {
  if (name === 'live') return LIVE_PARTS;
  const all: readonly PartName[] = [...PARTS, ...LIVE_PARTS];
  const part = all.find((known) => known === name);
  if (!part) throw new Error(`--part must be among ${all.join(', ')}, live; got ${name}`);
  return [part];
}

function gateOf(given: string): boolean {
  if (given === 'on' || given === 'off') return given === 'on';
  throw new Error(`--gate must be on or off; got ${given}`);
}
