/**
 * A clock that can be set wrong: that of one service. By libfaketime where it is installed, which
 * every program on the machine would believe; else by an offset added to `Date.now`.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ParentMessage } from './messages.ts';

export interface SkewableClock {
  /** By what it is set, in a word or three. */
  readonly how: string;
  /** What the service has to be started with. */
  readonly env: Readonly<Record<string, string>>;
  readonly imports: readonly URL[];
  /** Sets it so far ahead. `tell`: to the service. */
  set(aheadMs: number, tell: (message: ParentMessage) => void): Promise<void>;
  close(): void;
}

/** Where Debian, Fedora and others put it. */
const LIBRARIES = [
  ...['x86_64', 'aarch64'].map((cpu) => `/usr/lib/${cpu}-linux-gnu/faketime/libfaketime.so.1`),
  ...['/usr/lib64/faketime/libfaketime.so.1', '/usr/lib/faketime/libfaketime.so.1'],
];

/** `injected`: a program that sets `Date.now`, for where no library is installed. */
export async function skewableClock(
  injected: URL,
  libraries: readonly string[] = LIBRARIES,
): Promise<SkewableClock> {
  const library = libraries.find((path) => existsSync(path));
  return library === undefined ? injectedOffset(injected) : fakeTime(library);
}

function injectedOffset(program: URL): SkewableClock {
  return {
    how: 'an offset injected into Date.now',
    env: {},
    imports: [program],
    set(skewMs, tell) {
      tell({ skewMs });
      return Promise.resolve();
    },
    close: () => undefined,
  };
}

async function fakeTime(library: string): Promise<SkewableClock> {
  const dir = mkdtempSync(join(tmpdir(), 'tardy-demo-'));
  const remove = (): void => rmSync(dir, { recursive: true, force: true });
  // Whatever ends the program: a second Ctrl-C, a reader who has gone.
  process.once('exit', remove);
  const file = join(dir, 'clock');
  // Renamed into place: nobody reads half of it.
  const write = async (aheadMs: number): Promise<void> => {
    await writeFile(`${file}.new`, `+${aheadMs / 1000}\n`);
    await rename(`${file}.new`, file);
  };
  await write(0);
  return {
    how: 'libfaketime',
    env: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_CACHE_DURATION: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    },
    imports: [],
    set: write,
    close() {
      process.off('exit', remove);
      remove();
    },
  };
}
