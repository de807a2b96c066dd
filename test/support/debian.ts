/**
 * Real components the end-to-end tests run, and the Debian package each comes in.
 * `scripts/test.ts` installs what is missing; a test asks `capabilities.ts` what is there.
 */
import { existsSync } from 'node:fs';

export interface DebianTool {
  /** What the tests call it. */
  readonly name: string;
  readonly package: string;
  /** Where the package puts the program that the tests start. */
  readonly binary: string;
  /** Services the package would start by itself: stopped after an install, tests start their own. */
  readonly services: readonly string[];
}

/** Debian's name for the processor, in paths of libraries. */
const TRIPLET = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';

/** To be preloaded: shows a program another time. */
export const LIBFAKETIME = `/usr/lib/${TRIPLET}/faketime/libfaketime.so.1`;

export const DEBIAN_TOOLS: readonly DebianTool[] = [
  {
    name: 'prometheus',
    package: 'prometheus',
    binary: '/usr/bin/prometheus',
    services: ['prometheus'],
  },
  { name: 'chrony', package: 'chrony', binary: '/usr/sbin/chronyd', services: ['chrony'] },
  { name: 'libfaketime', package: 'libfaketime', binary: LIBFAKETIME, services: [] },
  { name: 'etcd', package: 'etcd-server', binary: '/usr/bin/etcd', services: ['etcd'] },
];

/** Whether the tool of that name is installed. */
export function hasDebianTool(name: string): boolean {
  return DEBIAN_TOOLS.some((tool) => tool.name === name && existsSync(tool.binary));
}

/** The tools that are not installed. */
export function missingDebianTools(): DebianTool[] {
  return DEBIAN_TOOLS.filter((tool) => !existsSync(tool.binary));
}
