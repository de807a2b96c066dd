/** Where rivals keep what they saw: a sliced histogram, and a ring of the last replies. */
import { BUCKET_COUNT, bucketEndMs, bucketIndex, toMicros } from '../../src/histogram/layout.ts';

export interface WindowOptions {
  readonly sliceMs: number;
  readonly slices: number;
  /** Whether the slice that still fills is read too. */
  readonly readsNewest: boolean;
}

/** Counts of the last `slices` × `sliceMs`, two significant digits, forgotten a slice at a time. */
export class SlicedWindow {
  readonly #options: WindowOptions;
  readonly #total = new Uint32Array(BUCKET_COUNT);
  readonly #slices: Uint32Array[] = [];
  #newest: Uint32Array = new Uint32Array(BUCKET_COUNT);
  #slice = -Infinity;
  #count = 0;

  constructor(options: WindowOptions) {
    this.#options = options;
  }

  /** Values that a quantile rests on. */
  get count(): number {
    return this.#count;
  }

  record(atMs: number, ms: number): void {
    this.advance(atMs);
    const index = bucketIndex(toMicros(ms));
    this.#newest[index] = (this.#newest[index] as number) + 1;
    if (!this.#options.readsNewest) return;
    this.#total[index] = (this.#total[index] as number) + 1;
    this.#count++;
  }

  advance(nowMs: number): void {
    const slice = Math.floor(nowMs / this.#options.sliceMs);
    if (slice <= this.#slice) return;
    const { slices, readsNewest } = this.#options;
    const kept = readsNewest ? slices - 1 : slices;
    for (let i = Math.min(slice - this.#slice, slices + 1); i > 0; i--) this.#endSlice(kept);
    this.#slice = slice;
  }

  #endSlice(kept: number): void {
    if (!this.#options.readsNewest) this.#add(this.#newest, 1);
    this.#slices.push(this.#newest);
    const oldest = this.#slices.length > kept ? this.#slices.shift() : undefined;
    if (oldest) this.#add(oldest, -1);
    this.#newest = oldest?.fill(0) ?? new Uint32Array(BUCKET_COUNT);
  }

  #add(counts: Uint32Array, sign: 1 | -1): void {
    for (let i = 0; i < BUCKET_COUNT; i++) {
      const change = sign * (counts[i] as number);
      this.#total[i] = (this.#total[i] as number) + change;
      this.#count += change;
    }
  }

  /** The value that ⌈q n⌉ of the n are not above, as the upper edge of its bucket; NaN of none. */
  quantileMs(q: number): number {
    const rank = Math.max(1, Math.ceil(q * this.#count - 1e-9));
    let upTo = this.#count;
    for (let i = BUCKET_COUNT - 1; i >= 0; i--) {
      const here = this.#total[i] as number;
      if (here > 0 && (upTo -= here) < rank) return bucketEndMs(i);
    }
    return NaN;
  }
}

/** The last `size` values. */
export class Ring {
  readonly values: Float64Array;
  #next = 0;
  #count = 0;

  constructor(size: number) {
    this.values = new Float64Array(size);
  }

  push(value: number): void {
    this.values[this.#next] = value;
    this.#next = (this.#next + 1) % this.values.length;
    if (this.#count < this.values.length) this.#count++;
  }

  get count(): number {
    return this.#count;
  }

  /** Those that are there, in no order that means anything. */
  filled(): Float64Array {
    return this.values.subarray(0, this.#count);
  }

  clear(): void {
    this.#count = 0;
    this.#next = 0;
  }
}
