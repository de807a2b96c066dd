/**
 * How far apart a sender's heartbeats are.
 *
 * Problem: the configured interval may be wrong, may change, and single gaps are stretched by
 * pauses of the sender and by lost beats.
 * Idea: the median of the last gaps by the sender's clock, each divided by the step of its
 * sequence number. A pause or a loss moves a median not at all; a new interval is followed after
 * five beats.
 */

const GAPS = 9;

export class BeatInterval {
  readonly #gapsMs = new Float64Array(GAPS);
  readonly #sorted = new Float64Array(GAPS);
  #count = 0;
  #ms: number;

  constructor(expectedMs: number) {
    this.#ms = expectedMs;
  }

  /** `steps`: heartbeats between the two, > 0. */
  add(gapMs: number, steps: number): void {
    const slot = this.#count % GAPS;
    const known = Math.min(this.#count++, GAPS);
    if (known === GAPS) this.#drop(this.#gapsMs[slot] as number);
    this.#gapsMs[slot] = gapMs / steps;
    this.#insert(gapMs / steps, Math.min(known, GAPS - 1));
    const last = Math.min(known, GAPS - 1);
    const sorted = this.#sorted;
    this.#ms = ((sorted[last >> 1] as number) + (sorted[(last + 1) >> 1] as number)) / 2;
  }

  /** `count`: how many there are before. */
  #insert(gapMs: number, count: number): void {
    let at = count;
    for (; at > 0 && (this.#sorted[at - 1] as number) > gapMs; at--) {
      this.#sorted[at] = this.#sorted[at - 1] as number;
    }
    this.#sorted[at] = gapMs;
  }

  #drop(gapMs: number): void {
    const at = this.#sorted.indexOf(gapMs);
    this.#sorted.copyWithin(at, at + 1);
  }

  get ms(): number {
    return this.#ms;
  }
}
