/** What the command lines of the benches share. */

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
