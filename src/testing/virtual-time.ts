/**
 * Virtual time: it stands still until the next event, then jumps there.
 *
 * A binary heap ordered by instant and, for equal instants, by the order of scheduling, so that
 * the same schedule always runs in the same order. True time: nodes read it only through their
 * own `NodeClock`.
 */

/** Something that will happen; `cancel` makes it not happen. */
export interface Scheduled {
  readonly atMs: number;
  cancel(): void;
}

class Entry implements Scheduled {
  readonly atMs: number;
  readonly order: number;
  run: (() => void) | undefined;

  constructor(atMs: number, order: number, run: () => void) {
    this.atMs = atMs;
    this.order = order;
    this.run = run;
  }

  cancel(): void {
    this.run = undefined;
  }
}

export class VirtualTime {
  readonly #heap: Entry[] = [];
  #nowMs = 0;
  #order = 0;

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Runs it at that instant; at once, after what is already due, if that instant is past. */
  schedule(atMs: number, run: () => void): Scheduled {
    const entry = new Entry(Math.max(atMs, this.#nowMs), this.#order++, run);
    this.#heap.push(entry);
    this.#up(this.#heap.length - 1);
    return entry;
  }

  /** The next event, and none after `untilMs`. False if there is none. */
  step(untilMs = Infinity): boolean {
    for (;;) {
      const first = this.#heap[0];
      if (first === undefined || first.atMs > untilMs) return false;
      this.#pop();
      if (first.run === undefined) continue; // cancelled
      this.#nowMs = first.atMs;
      first.run();
      return true;
    }
  }

  /** All events up to and including that instant, `afterEach` after each; then it is that instant. */
  runUntil(untilMs: number, afterEach?: () => void): void {
    while (this.step(untilMs)) afterEach?.();
    this.#nowMs = Math.max(this.#nowMs, untilMs);
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    heap[0] = last;
    this.#down();
  }

  #up(from: number): void {
    const heap = this.#heap;
    const entry = heap[from] as Entry;
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent] as Entry;
      if (!before(entry, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = entry;
  }

  #down(): void {
    const heap = this.#heap;
    const entry = heap[0] as Entry;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      const right = heap[child + 1];
      if (right !== undefined && before(right, heap[child] as Entry)) child++;
      const below = heap[child] as Entry;
      if (!before(below, entry)) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = entry;
  }
}

function before(a: Entry, b: Entry): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
