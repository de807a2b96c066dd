/** What the command lines of the benches share. */
import { randomInt } from 'node:crypto';

/** Runs a bench with its options, or says what is wrong with them, or its help. */
export async function runBench<O>(
  readOptions: (args: readonly string[]) => O | string,
  measure: (options: O) => Promise<void>,
): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (typeof options !== 'string') return measure(options);
  const asked = process.argv.includes('--help');
  (asked ? process.stdout : process.stderr).write(`${options}\n`);
  process.exitCode = asked ? 0 : 2;
}

/** Says on stderr what is under way, and for how long the bench has run. */
export function progressFromNow(): (what: string) => void {
  const startMs = performance.now();
  return (what) => {
    const seconds = ((performance.now() - startMs) / 1000).toFixed(0);
    process.stderr.write(`[${seconds} s] ${what}\n`);
  };
}

/** Names given apart, or with commas. */
export function split(given: readonly string[] = []): string[] {
  return given.flatMap((names) => names.split(',')).map((name) => name.trim());
}

/** Throws for what is no integer, or less than `least`. */
export function integer(name: string, given: string | number, least: number): number {
  const value = Number(given);
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new Error(`${name} must be an integer >= ${least}; got ${given}`);
}

/** What every bench with parts takes. */
export const PART_OPTIONS = {
  part: { type: 'string', multiple: true },
  seed: { type: 'string' },
  quick: { type: 'boolean', default: false },
  json: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const;

/** The options, or what is wrong with them and the help; the help alone if it was asked for. */
export function optionsOr<O>(usage: string, read: () => O | undefined): O | string {
  try {
    return read() ?? usage;
  } catch (error) {
    return `${error instanceof Error ? error.message : String(error)}\n\n${usage}`;
  }
}

/** The one given, that of the surroundings, or a new one. */
export function seedOf(given: string | undefined): number {
  return integer('--seed', given ?? process.env.SEED ?? randomInt(2 ** 31), 0);
}

/** The parts given; all, if there are none. Throws for one that is not known. */
export function partsOf<Name extends string>(
  known: readonly Name[],
  given: readonly string[] | undefined,
): readonly Name[] {
  if (!given) return known;
  return split(given).map((name) => {
    const part = known.find((each) => each === name);
    if (!part) throw new Error(`--part must be among ${known.join(', ')}; got ${name}`);
    return part;
  });
}
