/**
 * The state file: written whole and moved into place, so that a reader finds the old or the new
 * one, never half of one. A file that cannot be read is set aside, not overwritten: it may be
 * somebody else's.
 */
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { PeerTable } from '../peers/peer-table.ts';
import {
  decodeSnapshot,
  encodeSnapshot,
  restoreSnapshot,
  type Snapshot,
  takeSnapshot,
} from './snapshot.ts';

export interface StateFileOptions {
  readonly path: string;
  readonly table: PeerTable;
  /** Monotonic and wall clock, in ms. */
  readonly now: () => { readonly monoMs: number; readonly wallMs: number };
}

export class StateFile {
  readonly #options: StateFileOptions;
  #writing = false;

  constructor(options: StateFileOptions) {
    this.#options = options;
  }

  /** Takes in the file if there is one; says in a sentence what came of it. */
  load(): string {
    const { path, table, now } = this.#options;
    try {
      removeLeftovers(path);
      if (!existsSync(path)) return `no state in ${path} yet`;
      const { monoMs, wallMs } = now();
      const routes = restoreSnapshot(table, readSnapshot(path), monoMs, wallMs);
      return routes > 0
        ? `${routes} routes from ${path}`
        : `state in ${path} is older than the window`;
    } catch (error) {
      return setAside(path, error instanceof Error ? error.message : String(error));
    }
  }

  /** Writes in the background; does nothing while a write is under way. */
  async save(): Promise<void> {
    if (this.#writing) return;
    this.#writing = true;
    const { path } = this.#options;
    const temporary = temporaryName(path);
    try {
      await writeFile(temporary, this.#text());
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    } finally {
      this.#writing = false;
    }
  }

  /** Writes at once, for the exit of the process, where nothing can be awaited. */
  saveNow(): void {
    const { path } = this.#options;
    const temporary = `${temporaryName(path)}-exit`;
    try {
      writeFileSync(temporary, this.#text());
      renameSync(temporary, path);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
  }

  #text(): string {
    const { table, now } = this.#options;
    const { monoMs, wallMs } = now();
    return encodeSnapshot(takeSnapshot(table, monoMs, wallMs));
  }
}

/** Reads a state file; throws ERR_TARDY_STATE for one that is damaged or no such file. */
export function readSnapshot(path: string): Snapshot {
  return decodeSnapshot(readFileSync(path, 'utf8'));
}

/** Half-written files of processes that were killed. */
function removeLeftovers(path: string): void {
  const folder = dirname(path);
  if (!existsSync(folder)) return;
  const start = `${basename(path)}.`;
  for (const name of readdirSync(folder).filter((each) => each.startsWith(start))) {
    const pid = TEMPORARY.exec(name.slice(start.length))?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) rmSync(join(folder, name), { force: true });
  }
}

const TEMPORARY = /^(\d+)\.tmp(-exit)?$/;

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // somebody else's, but alive
  }
}

function temporaryName(path: string): string {
  return `${path}.${process.pid}.tmp`;
}

function setAside(path: string, why: string): string {
  const aside = `${path}.unreadable-${new Date().toISOString().replace(/[:.]/g, '-')}`;
  try {
    renameSync(path, aside);
    return `${path} ${why}; set aside as ${aside}`;
  } catch (error) {
    return `${path} ${why}; it stays where it is (${String(error)})`;
  }
}
