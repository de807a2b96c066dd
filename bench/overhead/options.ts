import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';

export const PARTS = ['client', 'server', 'core', 'footprint'] as const;
export type PartName = (typeof PARTS)[number];

export interface Options {
  readonly parts: readonly PartName[];
  /** Paired rounds of each comparison. */
  readonly pairs: number;
  readonly quick: boolean;
  readonly json: boolean;
  readonly seed: number;
}

export const PAIRS = 150;
/** Enough to see that all runs; the intervals are wide. */
const QUICK_PAIRS = 20;

export const USAGE = `npm run bench:overhead -- [options]: what Tardy costs, beside what else there is

  --pairs N      paired rounds of each comparison (default ${PAIRS}; with --quick ${QUICK_PAIRS})
  --quick        within a minute, with wide intervals
  --part NAMES   only these parts: ${PARTS.join(', ')} (default all)
  --seed N       draw the same order of blocks and the same durations again
  --json         one JSON document instead of tables
  --help         this text`;

/** What a part is given. */
export interface Run {
  readonly pairs: number;
  /** Sets of processes among which the rounds are divided. */
  readonly sets: number;
  readonly quick: boolean;
  readonly seed: number;
  /** For the rounds of one comparison, so that a slow machine ends in time too. */
  readonly budgetMs: number;
  /** Says what is measured now. */
  progress(what: string): void;
}

/** Options of the command line, or the text that says what is wrong with them. */
export function readOptions(args: readonly string[]): Options | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        pairs: { type: 'string' },
        part: { type: 'string', multiple: true },
        seed: { type: 'string' },
        quick: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) return USAGE;
    const { quick, json } = values;
    return {
      quick,
      json,
      parts: partsOf(values.part),
      pairs: integer('--pairs', values.pairs ?? (quick ? QUICK_PAIRS : PAIRS), 2),
      seed: integer('--seed', values.seed ?? process.env.SEED ?? randomInt(2 ** 31), 0),
    };
  } catch (error) {
    return `${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`;
  }
}

function partsOf(given: readonly string[] | undefined): PartName[] {
  if (!given) return [...PARTS];
  return given
    .flatMap((names) => names.split(','))
    .map((name) => {
      const part = PARTS.find((known) => known === name.trim());
      if (!part) throw new Error(`--part must be among ${PARTS.join(', ')}; got ${name}`);
      return part;
    });
}

function integer(name: string, given: string | number, least: number): number {
  const value = Number(given);
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new Error(`${name} must be an integer >= ${least}; got ${given}`);
}
