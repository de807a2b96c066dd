import { parseArgs } from 'node:util';
import { integer, optionsOr, PART_OPTIONS, partsOf, seedOf } from '../command-line.ts';

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
  return optionsOr(USAGE, () => {
    const { values } = parseArgs({
      args: [...args],
      options: {
        ...PART_OPTIONS,
        minutes: { type: 'string', default: '1' },
      },
    });
    if (values.help) return undefined;
    return {
      parts: partsOf(PARTS, values.part),
      seed: seedOf(values.seed),
      quick: values.quick,
      minutes: integer('--minutes', values.minutes, 0),
      json: values.json,
    };
  });
}
