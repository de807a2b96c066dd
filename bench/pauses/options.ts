import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { integer, split } from '../command-line.ts';

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
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        part: { type: 'string', multiple: true },
        each: { type: 'string' },
        thread: { type: 'boolean', default: false },
        seed: { type: 'string' },
        json: { type: 'string' },
        quick: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) return USAGE;
    return {
      parts: values.part ? split(values.part).map(partOf) : [...PARTS],
      each: integer('--each', values.each ?? (values.quick ? 10 : 50), 1),
      thread: values.thread,
      quick: values.quick,
      seed: integer('--seed', values.seed ?? process.env.SEED ?? randomInt(2 ** 31), 0),
      json: values.json,
    };
  } catch (error) {
    return `${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`;
  }
}

function partOf(name: string): PartName {
  const part = PARTS.find((known) => known === name);
  if (!part) throw new Error(`--part must be among ${PARTS.join(', ')}; got ${name}`);
  return part;
}
