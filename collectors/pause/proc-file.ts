/**
 * A small file of the kernel that is read again and again: opened once, since opening costs ten
 * times a read (about 1 µs). Such files are made when they are read; no disk is waited for.
 */
import { closeSync, openSync, readSync } from 'node:fs';

/** More than what is read here; of a longer file, the beginning. */
const buffer = Buffer.alloc(4096);

export class ProcFile {
  #fd: number | undefined;

  constructor(path: string) {
    try {
      this.#fd = openSync(path, 'r');
    } catch {
      this.#fd = undefined; // another system, or not allowed
    }
  }

  /** What it says now; undefined where there is no such file, or no more. */
  read(): string | undefined {
    if (this.#fd === undefined) return undefined;
    try {
      return buffer.toString('latin1', 0, readSync(this.#fd, buffer, 0, buffer.length, 0));
    } catch {
      this.close(); // what it told of is gone
      return undefined;
    }
  }

  close(): void {
    if (this.#fd === undefined) return;
    const fd = this.#fd;
    this.#fd = undefined;
    try {
      closeSync(fd);
    } catch {
      // somebody closed it for us
    }
  }
}

/** A number out of such a text; undefined for what is none. */
export function numberOf(text: string | undefined): number | undefined {
  if (text === undefined || text.trim() === '') return undefined;
  const value = Number(text);
  return Number.isFinite(value) && value >= 0 ? value : undefined;
}
