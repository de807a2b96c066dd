import { SLICES } from './slices.ts';

/** How often something happened in the last window, forgotten a slice of the window at a time. */
export class RollingCount {
  readonly #sliceMs: number;
  /** One more than the window has: the oldest still counts while the newest fills. */
  readonly #counts = new Uint32Array(SLICES + 1);
  #slice = -Infinity;

  constructor(windowMs: number) {
    this.#sliceMs = windowMs / SLICES;
  }

  add(atMs: number): void {
    const at = this.#advance(atMs) % this.#counts.length;
    this.#counts[at] = (this.#counts[at] as number) + 1;
  }

  total(nowMs: number): number {
    this.#advance(nowMs);
    return this.#counts.reduce((total, count) => total + count, 0);
  }

  #advance(nowMs: number): number {
    const slice = Math.max(this.#slice, Math.floor(nowMs / this.#sliceMs), 0);
    const gone = Math.min(this.#counts.length, slice - this.#slice);
    for (let i = 0; i < gone; i++) this.#counts[(slice - i) % this.#counts.length] = 0;
    this.#slice = slice;
    return slice;
  }
}
