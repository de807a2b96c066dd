/**
 * What this machine can test. A test that needs more than Node asks here and is skipped, by
 * name, where the answer is no: `describe.skipIf(!hasPrometheus())`.
 */
import { randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { hasDebianTool } from './debian.ts';
import { CACHE_DIR, findNode, NODE_VERSIONS, type NodeBinary } from './node-versions.ts';

/** True in `npm run verify`: the long run. */
export const VERIFY = process.env.TARDY_VERIFY === '1';

/** The Node.js versions at hand, oldest first: those of the list, or at least the running one. */
export function nodeBinaries(): NodeBinary[] {
  const found = NODE_VERSIONS.map(findNode).filter((node) => node !== undefined);
  return found.length > 0 ? found : [findNode(process.versions.node)!];
}

/** Whether Debian's Prometheus (and promtool, its companion) is installed. */
export function hasPrometheus(): boolean {
  return hasDebianTool('prometheus');
}

/** Written last by an install, so that an interrupted one does not count. */
export const STAMP = 'installed.json';

/** Folder of the application that has the OpenTelemetry SDK 0.223 / 2.12 line and tardy. */
export const SDK_0223_DIR = join(CACHE_DIR, 'sdk-0.223');

/**
 * An application folder with the previous SDK line (sdk-node 0.223.0, api 1.9) in whose
 * node_modules the built tardy is installed as a user's npm would do it; undefined if it is not
 * there. Programs to run in it must lie in it, or Node finds the packages of this repository.
 */
export function sdk0223Dir(): string | undefined {
  return existsSync(join(SDK_0223_DIR, STAMP)) ? SDK_0223_DIR : undefined;
}

/** Number of runs of a property: `normal`, and `verify` in `npm run verify`. */
export function fcRuns(normal: number, verify: number): number {
  return VERIFY ? verify : normal;
}

/**
 * Seed of this run: `SEED` of the environment, else random. vitest.config.ts sets and prints it,
 * so every file of one run gets the same.
 */
export function seed(): number {
  process.env.SEED ??= String(randomInt(2 ** 31));
  const value = Number(process.env.SEED);
  if (!Number.isSafeInteger(value)) {
    throw new Error(`SEED must be an integer; got ${JSON.stringify(process.env.SEED)}`);
  }
  return value;
}
