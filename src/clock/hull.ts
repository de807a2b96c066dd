/**
 * The lower convex hull of points that come in order of time.
 *
 * Problem: of thousands of points (t, v), the least of `v − slope · t` is asked for many slopes.
 * Idea: only vertices of the lower hull can be the least. A new point is the last in time, so it
 * is pushed like on a stack, and takes along what it uncovers: amortised O(1). Edges rise in
 * slope from left to right, so the least is where the edges pass the slope asked for.
 * Source: Andrew 1979 (monotone chain).
 */

/**
 * Vertices kept at most. Random points have about 2 ln n of them (15 of a thousand); only points
 * on a parabola have many, and then the oldest go.
 */
const VERTICES_MAX = 64;

export class Hull {
  readonly #t: number[] = [];
  readonly #v: number[] = [];

  /** `t` must not be less than the last. */
  push(t: number, v: number): void {
    while (this.#covers(t, v)) {
      this.#t.pop();
      this.#v.pop();
    }
    if (t === this.#t.at(-1)) return;
    this.#t.push(t);
    this.#v.push(v);
    if (this.#t.length <= VERTICES_MAX) return;
    this.#t.shift();
    this.#v.shift();
  }

  /** Vertices there are. */
  get size(): number {
    return this.#t.length;
  }

  /** Where a vertex is. */
  time(i: number): number {
    return this.#t[i]!;
  }

  /** The slope of the edge that ends at a vertex; −∞ at the first. */
  slopeBefore(i: number): number {
    if (i === 0) return -Infinity;
    return (this.#v[i]! - this.#v[i - 1]!) / (this.#t[i]! - this.#t[i - 1]!);
  }

  /** The slope of the edge that begins at a vertex; ∞ at the last. */
  slopeAfter(i: number): number {
    return i === this.size - 1 ? Infinity : this.slopeBefore(i + 1);
  }

  /** The vertex, by number, at which v − slope · t is least; the earliest of several. */
  support(slope: number): number {
    let from = 0;
    let to = this.size - 1;
    while (from < to) {
      const middle = (from + to) >> 1;
      if (this.slopeAfter(middle) >= slope) to = middle;
      else from = middle + 1;
    }
    return from;
  }

  /** The least of v + slope · (atT − t). */
  least(slope: number, atT: number): number {
    const i = this.support(slope);
    return this.#v[i]! + slope * (atT - this.#t[i]!);
  }

  /** Whether the last vertex is none any more once there is this point. */
  #covers(t: number, v: number): boolean {
    const last = this.size - 1;
    if (last < 0) return false;
    const overMs = t - this.#t[last]!;
    const above = v - this.#v[last]!;
    if (overMs <= 0) return above < 0;
    return last > 0 && this.slopeBefore(last) * overMs >= above;
  }
}
