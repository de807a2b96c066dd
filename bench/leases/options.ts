import { parseArgs } from 'node:util';
import { integer, optionsOr, PART_OPTIONS, partsOf, seedOf } from '../command-line.ts';

export const PARTS = ['holder', 'resource', 'etcd', 'step', 'cost'] as const;
export type PartName = (typeof PARTS)[number];

export interface Options {
  readonly parts: readonly PartName[];
  readonly quick: boolean;
  readonly seed: number;
  /** Stops of each kind. */
  readonly stops: number;
  readonly json: string | undefined;
}

const USAGE = `node bench/leases.ts [options]: stale writes that pauses let through

  --part NAMES     only these parts: ${PARTS.join(', ')} (default: all)
  --stops N        SIGSTOPs of each kind (default 100; 12 with --quick; a fifth of it against etcd)
  --quick          fewer
  --seed N         the same moments again, as far as processes let them be
  --json FILE      the figures, for machines
  --help           this text`;

/** Options of the command line, or the text that says what is wrong with them. */
export function readOptions(args: readonly string[]): Options | string {
  return optionsOr(USAGE, () => {
    const { values } = parseArgs({
      args: [...args],
      options: {
        ...PART_OPTIONS,
        stops: { type: 'string' },
      },
    });
    if (values.help) return undefined;
    return {
      parts: partsOf(PARTS, values.part),
      quick: values.quick,
      seed: seedOf(values.seed),
      stops: integer('--stops', values.stops ?? (values.quick ? 12 : 100), 1),
      json: values.json,
    };
  });
}
