/**
 * The durations of the last window, with the number of requests that were cut off.
 *
 * Problem: advice needs the recent past at two significant digits, for 2,000 keys, and a dense
 * 32-bit histogram for each slice of the window would cost 26 KiB a slice.
 * Idea: the newest counts sit in one byte a bucket (`pending`), where recording is one increment;
 * when a byte is full or the slice has ended they are packed away (packed-counts.ts) and only
 * unpacked when somebody asks. Slices expire whole, so the window is between `windowMs` and
 * `windowMs + windowMs / slices` long.
 */
import { argumentError } from '../errors.ts';
import { Counts } from './counts.ts';
import { BUCKET_COUNT, bucketIndex, toMicros } from './layout.ts';
import { pack, unpackInto } from './packed-counts.ts';
import { SLICES } from './slices.ts';

/**
 * Packed slices of one histogram. With `pending` (6.5 KiB) and the joined older slices, which are
 * smaller than the slices they are made of, under 24 KiB a key.
 */
const PACKED_BYTES_MAX = 10 * 1024;
/** What a byte of `pending` can hold. */
const PENDING_MAX = 255;

/** One part of the window, oldest first in a list: counts that ended before `endMs`. */
export interface Slice {
  /** Monotonic instant at which the slice stops taking new counts. */
  readonly endMs: number;
  readonly packed: Uint8Array;
  readonly completed: number;
  readonly censored: number;
}

/** Shared by all histograms: nothing here waits, so no two use it at once. */
const scratch = new Counts();

export class RollingHistogram {
  readonly windowMs: number;
  readonly #sliceMs: number;
  readonly #pending = new Uint8Array(2 * BUCKET_COUNT);
  /** The same bytes, four at once: most are zero. */
  readonly #pendingWords = new Uint32Array(this.#pending.buffer);
  /** The slices before the newest, added up: they change once a slice, and are read often. */
  #older: Uint8Array | undefined;
  #slices: Slice[] = [];
  #endMs = -Infinity;
  #pendingCompleted = 0;
  #pendingCensored = 0;

  constructor(windowMs: number) {
    if (!(windowMs > 0)) throw argumentError('windowMs', windowMs, 'a number of milliseconds > 0');
    this.windowMs = windowMs;
    this.#sliceMs = windowMs / SLICES;
  }

  /**
   * Records one duration. `atMs`: when it ended, monotonic; one from the past joins the newest
   * slice. `censored`: the reply had not come by then. NaN is ignored, others are clamped.
   */
  record(atMs: number, durationMs: number, censored: boolean): void {
    if (Number.isNaN(durationMs)) return;
    if (atMs >= this.#endMs) this.advance(atMs);
    const index = bucketIndex(toMicros(durationMs));
    const at = censored ? BUCKET_COUNT + index : index;
    if (this.#pending[at] === PENDING_MAX) this.#flush();
    this.#pending[at] = (this.#pending[at] as number) + 1;
    if (censored) this.#pendingCensored++;
    else this.#pendingCompleted++;
  }

  /** Ends slices whose time is up and drops those that left the window. */
  advance(nowMs: number): void {
    if (nowMs < this.#endMs || !Number.isFinite(nowMs)) return;
    this.#flush();
    const slice = Math.floor(nowMs / this.#sliceMs);
    const oldestMs = (slice - SLICES) * this.#sliceMs; // whole slices, so that equal ends are equal
    if ((this.#slices[0]?.endMs ?? Infinity) <= oldestMs) {
      this.#changeSlices(this.#slices.filter(({ endMs }) => endMs > oldestMs));
    }
    this.#endMs = (slice + 1) * this.#sliceMs;
  }

  /** Adds the window's counts to `into`. Allocates nothing, but for once a slice. */
  addTo(into: Counts): void {
    this.#older ??= joined(this.#slices.slice(0, -1));
    unpackInto(this.#older, into.all);
    const newest = this.#slices.at(-1);
    if (newest) unpackInto(newest.packed, into.all);
    this.#addPending(into.all);
  }

  /** Replies in the window. */
  get completed(): number {
    return this.#slices.reduce((total, slice) => total + slice.completed, this.#pendingCompleted);
  }

  /** Requests in the window that ended without a reply. */
  get censored(): number {
    return this.#slices.reduce((total, slice) => total + slice.censored, this.#pendingCensored);
  }

  /** The slices, oldest first, for snapshots and for looking at each by itself. */
  slices(): readonly Slice[] {
    this.#flush();
    return this.#slices;
  }

  /** Takes in the counts of other slices, each at its own time: as if recorded here. */
  merge(slices: readonly Slice[]): void {
    this.#flush();
    const gone = this.#endMs - this.#sliceMs - this.windowMs;
    const all = [...this.#slices, ...slices.filter((slice) => slice.endMs > gone)];
    all.sort((a, b) => a.endMs - b.endMs);
    const merged: Slice[] = [];
    for (const slice of all) {
      const last = merged.at(-1);
      if (last && this.#sameSlice(last, slice)) merged[merged.length - 1] = join(last, slice);
      else merged.push(slice);
    }
    this.#changeSlices(merged);
    this.#endMs = Math.max(this.#endMs, merged.at(-1)?.endMs ?? -Infinity);
    this.#fit();
  }

  #changeSlices(slices: Slice[]): void {
    this.#slices = slices;
    this.#older = undefined;
  }

  #addPending(into: Uint32Array): void {
    if (this.#pendingCompleted + this.#pendingCensored === 0) return;
    const words = this.#pendingWords;
    for (let word = 0; word < words.length; word++) {
      if (words[word] === 0) continue;
      for (let i = 4 * word; i < 4 * word + 4; i++) {
        into[i] = (into[i] as number) + (this.#pending[i] as number);
      }
    }
  }

  #sameSlice(a: Slice, b: Slice): boolean {
    return Math.floor((a.endMs - 1) / this.#sliceMs) === Math.floor((b.endMs - 1) / this.#sliceMs);
  }

  #flush(): void {
    if (this.#pendingCompleted + this.#pendingCensored === 0) return;
    const last = this.#slices.at(-1);
    const open = last?.endMs === this.#endMs ? last : undefined;
    scratch.clear();
    if (open) unpackInto(open.packed, scratch.all);
    this.#addPending(scratch.all);
    const slice = {
      endMs: this.#endMs,
      packed: pack(scratch.all),
      completed: this.#pendingCompleted + (open?.completed ?? 0),
      censored: this.#pendingCensored + (open?.censored ?? 0),
    };
    if (open) this.#slices[this.#slices.length - 1] = slice;
    else this.#changeSlices([...this.#slices, slice]);
    this.#pending.fill(0);
    this.#pendingCompleted = 0;
    this.#pendingCensored = 0;
    this.#fit();
  }

  /** Keeps the packed slices within their memory, by coarser buckets in the largest of them. */
  #fit(): void {
    while (packedBytes(this.#slices) > PACKED_BYTES_MAX) {
      const sizes = this.#slices.map((slice) => slice.packed.length);
      const largest = sizes.indexOf(Math.max(...sizes));
      this.#slices[largest] = coarsen(this.#slices[largest] as Slice);
      this.#older = undefined;
    }
  }
}

function packedBytes(slices: readonly Slice[]): number {
  let bytes = 0;
  for (const slice of slices) bytes += slice.packed.length;
  return bytes;
}

/** The counts of several slices. */
function joined(slices: readonly Slice[]): Uint8Array {
  scratch.clear();
  for (const slice of slices) unpackInto(slice.packed, scratch.all);
  return pack(scratch.all);
}

/** Two slices as one that expires with the later. */
function join(a: Slice, b: Slice): Slice {
  return {
    endMs: Math.max(a.endMs, b.endMs),
    packed: joined([a, b]),
    completed: a.completed + b.completed,
    censored: a.censored + b.censored,
  };
}

/**
 * A slice with its buckets joined by twos, or as many as make it smaller: for routes that fill
 * thousands of buckets. Replies move to the upper bucket and cut-off requests to the lower: no
 * survival is made to look shorter.
 */
function coarsen(slice: Slice): Slice {
  scratch.clear();
  unpackInto(slice.packed, scratch.all);
  let { packed } = slice;
  for (let width = 2; packed.length >= slice.packed.length; width *= 2) {
    joinBuckets(scratch, width);
    packed = pack(scratch.all);
  }
  return { ...slice, packed };
}

function joinBuckets({ completed, censored }: Counts, width: number): void {
  for (let from = 0; from < BUCKET_COUNT; from += width) {
    const last = Math.min(from + width, BUCKET_COUNT) - 1;
    for (let i = from; i < last; i++) move(completed, i, last);
    for (let i = from + 1; i <= last; i++) move(censored, i, from);
  }
}

function move(counts: Uint32Array, from: number, to: number): void {
  counts[to] = (counts[to] as number) + (counts[from] as number);
  counts[from] = 0;
}
