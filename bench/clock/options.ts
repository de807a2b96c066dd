import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { integer, split } from '../command-line.ts';

export const PARTS = ['jitter', 'containment', 'drift', 'loopback', 'steps'] as const;
export type PartName = (typeof PARTS)[number];

export interface Options {
  readonly parts: readonly PartName[];
  readonly seed: number;
  readonly quick: boolean;
  /** How long to look for steps of the wall clock that are none. */
  readonly minutes: number;
  /** File that takes the figures. */
  readonly json: string | undefined;
}

export const USAGE = `node bench/clock.ts [options]: how far off the clocks of others are taken to be

  --part NAMES     only these parts: ${PARTS.join(', ')} (default all);
                   loopback asks a real chronyd for minutes, steps sets the clock of a live
                   process, all others are simulated
  --minutes N      how long to look for false steps in part steps (default 1)
  --quick          a tenth of the exchanges
  --seed N         the same simulations again
  --json FILE      the figures, for machines
  --help           this text`;

/** Options of the command line, or the text that says what is wrong with them. */
export function readOptions(args: readonly string[]): Options | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        part: { type: 'string', multiple: true },
        seed: { type: 'string' },
        minutes: { type: 'string', default: '1' },
        quick: { type: 'boolean', default: false },
        json: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) return USAGE;
    return {
      parts: values.part ? split(values.part).map(partOf) : [...PARTS],
      seed: integer('--seed', values.seed ?? process.env.SEED ?? randomInt(2 ** 31), 0),
      quick: values.quick,
      minutes: integer('--minutes', values.minutes, 0),
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
