import { parseArgs } from 'node:util';
import { integer, optionsOr, PART_OPTIONS, partsOf, seedOf, split } from '../command-line.ts';

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
  return optionsOr(USAGE, () => {
    const { values } = parseArgs({
      args: [...args],
      options: {
        ...PART_OPTIONS,
        only: { type: 'string', multiple: true },
        stream: { type: 'string', multiple: true },
        requests: { type: 'string' },
      },
    });
    if (values.help) return undefined;
    const { requests } = values;
    return {
      parts: partsOf(PARTS, values.part),
      quick: values.quick,
      only: split(values.only),
      streams: split(values.stream),
      requests: requests === undefined ? undefined : integer('--requests', requests, 20_000),
      seed: seedOf(values.seed),
      json: values.json,
    };
  });
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
