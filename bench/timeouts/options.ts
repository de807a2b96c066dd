import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { integer, split } from '../command-line.ts';

export const PARTS = ['simulation', 'reaction', 'bounds', 'overload', 'timers', 'cost'] as const;
export type PartName = (typeof PARTS)[number];

export interface Options {
  readonly parts: readonly PartName[];
  readonly quick: boolean;
  readonly seed: number;
  /** Names of rules start with one of these; all, if there are none. */
  readonly only: readonly string[];
  /** The same for streams. */
  readonly streams: readonly string[];
  /** Requests of a stream, if not as many as usual. */
  readonly requests: number | undefined;
  /** File that takes the figures. */
  readonly json: string | undefined;
}

export const USAGE = `npm run bench:timeouts -- [options]: how good the timeouts are, beside what else there is

  --quick          a tenth of the requests: goals at 0.1 % then drown in chance
  --part NAMES     only these parts: ${PARTS.join(', ')} (default all)
  --only NAMES     only rules whose names start so, such as tardy,fixed
  --stream NAMES   only streams whose names start so
  --requests N     requests of each stream (default 1,000,000; with --quick 100,000)
  --seed N         the same streams again
  --json FILE      the figures, for machines
  --help           this text`;

/** Options of the command line, or the text that says what is wrong with them. */
export function readOptions(args: readonly string[]): Options | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        part: { type: 'string', multiple: true },
        only: { type: 'string', multiple: true },
        stream: { type: 'string', multiple: true },
        requests: { type: 'string' },
        seed: { type: 'string' },
        json: { type: 'string' },
        quick: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) return USAGE;
    const { requests } = values;
    return {
      parts: values.part ? split(values.part).map(partOf) : [...PARTS],
      quick: values.quick,
      only: split(values.only),
      streams: split(values.stream),
      requests: requests === undefined ? undefined : integer('--requests', requests, 20_000),
      seed: integer('--seed', values.seed ?? process.env.SEED ?? randomInt(2 ** 31), 0),
      json: values.json,
    };
  } catch (error) {
    return `${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`;
  }
}

/** Those whose names start with one of the wanted; all, if nothing is wanted. */
export function chosen<T extends { readonly name: string }>(
  from: readonly T[],
  wanted: readonly string[],
): T[] {
  const lower = wanted.map((name) => name.toLowerCase());
  return from.filter(
    ({ name }) => lower.length === 0 || lower.some((start) => name.toLowerCase().startsWith(start)),
  );
}

function partOf(name: string): PartName {
  const part = PARTS.find((known) => known === name);
  if (!part) throw new Error(`--part must be among ${PARTS.join(', ')}; got ${name}`);
  return part;
}
