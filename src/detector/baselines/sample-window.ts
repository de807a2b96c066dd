/** The last n samples with their mean and standard deviation, each in O(1). */
import { argumentError } from '../../errors.ts';

export class SampleWindow {
  readonly #samples: Float64Array;
  #pushed = 0;
  /** Sums are over what exceeds the first sample: instants are large, and differ little. */
  #origin = 0;
  #sum = 0;
  #squares = 0;

  constructor(capacity: number) {
    if (!Number.isSafeInteger(capacity) || capacity < 1) {
      throw argumentError('windowSize', capacity, 'an integer >= 1');
    }
    this.#samples = new Float64Array(capacity);
  }

  /** The sample that falls out of the window, if one does. */
  push(sample: number): number | undefined {
    const capacity = this.#samples.length;
    const at = this.#pushed % capacity;
    let dropped: number | undefined;
    if (this.#pushed === 0) this.#origin = sample;
    if (this.#pushed >= capacity) {
      dropped = this.#samples[at] ?? 0;
      this.#add(dropped - this.#origin, -1);
    }
    this.#samples[at] = sample;
    this.#add(sample - this.#origin, 1);
    this.#pushed++;
    return dropped;
  }

  get size(): number {
    return Math.min(this.#pushed, this.#samples.length);
  }

  /** NaN of no samples. */
  get mean(): number {
    return this.#origin + this.#sum / this.size;
  }

  /** Divided by n, as the rivals do; rounding never makes it NaN. */
  get standardDeviation(): number {
    const mean = this.#sum / this.size;
    return Math.sqrt(Math.max(0, this.#squares / this.size - mean * mean));
  }

  #add(excess: number, sign: 1 | -1): void {
    this.#sum += sign * excess;
    this.#squares += sign * excess * excess;
  }
}
