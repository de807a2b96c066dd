import { parseArgs } from 'node:util';
import { integer, optionsOr, PART_OPTIONS, partsOf, seedOf } from '../command-line.ts';

export const PARTS = ['causes', 'overhead', 'delay', 'natural'] as const;
export type PartName = (typeof PARTS)[number];

export interface Options {
  readonly parts: readonly PartName[];
  /** Pauses of each cause. */
  readonly each: number;
  /** Whether a thread of its own watches, too. */
  readonly thread: boolean;
  readonly quick: boolean;
  readonly seed: number;
  readonly json: string | undefined;
}

export const USAGE = `node bench/pauses.ts [options]: are our own pauses told, with their length and cause?

  --part NAMES     only these parts: ${PARTS.join(', ')} (default: all)
  --each N         pauses of each cause (default 50)
  --thread         with the watching thread
  --quick          a fifth of the pauses, a third of the time
  --seed N         the same lengths of pauses again
  --json FILE      the figures, for machines
  --help           this text`;

/** Options of the command line, or the text that says what is wrong with them. */
export function readOptions(args: readonly string[]): Options | string {
  return optionsOr(USAGE, () => {
    const { values } = parseArgs({
      args: [...args],
      options: {
        ...PART_OPTIONS,
        each: { type: 'string' },
        thread: { type: 'boolean', default: false },
      },
    });
    if (values.help) return undefined;
    return {
      parts: partsOf(PARTS, values.part),
      each: integer('--each', values.each ?? (values.quick ? 10 : 50), 1),
      thread: values.thread,
      quick: values.quick,
      seed: seedOf(values.seed),
      json: values.json,
    };
  });
}
