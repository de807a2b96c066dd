/** Runs the parts of a bench one after the other, prints what they found, and keeps it if asked. */
import { writeFileSync } from 'node:fs';
import { machine } from './overhead/machine.ts';
import { goalTable, type PartResult, printTable } from './timeouts/report.ts';

export interface PartsOptions<Name extends string> {
  readonly parts: readonly Name[];
  /** File that takes the figures. */
  readonly json: string | undefined;
}

export interface Parts<Name extends string> {
  readonly make: (name: Name) => PartResult | Promise<PartResult>;
  /** What there is to say against the figures of a part. */
  readonly doubts?: (name: Name) => readonly string[];
}

export async function measureParts<Name extends string>(
  options: PartsOptions<Name>,
  { make, doubts }: Parts<Name>,
): Promise<void> {
  const results: Partial<Record<Name, PartResult>> = {};
  for (const name of options.parts) {
    const part = await make(name);
    results[name] = part;
    for (const table of part.tables) say(printTable(table));
    for (const doubt of doubts?.(name) ?? []) say(`warning: ${doubt}`);
    if (part.goals.length > 0) say(printTable(goalTable(part.goals)));
  }
  if (options.json === undefined) return;
  writeFileSync(options.json, `${JSON.stringify({ ...machine(), ...options, parts: results })}\n`);
}

export function say(text: string): void {
  process.stdout.write(`${text}\n\n`);
}
