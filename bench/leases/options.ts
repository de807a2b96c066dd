import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { integer, split } from '../command-line.ts';

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
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        part: { type: 'string', multiple: true },
        stops: { type: 'string' },
        quick: { type: 'boolean', default: false },
        seed: { type: 'string' },
        json: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) return USAGE;
    return {
      parts: values.part ? split(values.part).map(partOf) : PARTS,
      quick: values.quick,
      seed: integer('--seed', values.seed ?? process.env.SEED ?? randomInt(2 ** 31), 0),
      stops: integer('--stops', values.stops ?? (values.quick ? 12 : 100), 1),
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
