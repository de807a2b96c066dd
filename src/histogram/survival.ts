/**
 * The survival function S(t) = P(a reply takes longer than t | it will come), by Kaplan–Meier.
 *
 * Problem: requests that were given up at t, or still wait, tell only "longer than t". Dropping
 * them makes every timeout shrink towards the fast half that survived; taking them as replies at
 * t lets the timeout stick there.
 * Formula: at each bucket with d replies and n requests that lasted at least so long,
 * S := S (1 − d / n). Within a bucket, replies come before cut-offs. A step stands at the upper
 * edge of its bucket, so S is never too small by more than the bucket's width.
 * The curve ends with the last bucket that holds a reply: beyond, nobody has seen one arrive.
 * Source: Kaplan & Meier 1958.
 */
import type { Counts } from './counts.ts';
import { BUCKET_COUNT, bucketEndMs } from './layout.ts';

/** Steps kept of one curve: 10 KiB. A wider curve joins neighbouring steps at the upper one. */
const STEPS_MAX = 1024;

/**
 * How fast S falls beyond the last reply seen: as t^−2, a tail with a mean but no variance. Only
 * there to keep phi finite and rising; advice never reads a quantile from it.
 */
const TAIL_EXPONENT = 2;

export interface SurvivalCurve {
  /** Replies that the curve is made of. */
  readonly completed: number;
  /** Cut-off requests that took part. */
  readonly censored: number;
  /** Upper edge of the bucket of the slowest reply, in milliseconds. */
  readonly lastReplyMs: number;
  /**
   * S at `lastReplyMs`: what is left unread. At least 1 / (completed + 1), since seeing no
   * slower reply in n does not show that there is none.
   */
  readonly unread: number;
  /** S at a duration: in (0, 1], non-increasing. */
  at(durationMs: number): number;
  /** The smallest duration t with S(t) ≤ p; undefined where the curve ends above p. */
  quantileMs(p: number): number | undefined;
  /** The k-th fastest reply (1 … completed), cut-off requests apart; undefined beyond. */
  replyMs(k: number): number | undefined;
}

/** The q-quantile of the replies alone, q in [0, 1]. */
export function replyQuantileMs(curve: SurvivalCurve, q: number): number {
  return curve.replyMs(Math.max(1, Math.ceil(q * curve.completed))) ?? curve.lastReplyMs;
}

/** The curve of these counts; undefined without a single reply. */
export function survivalCurve(counts: Counts): SurvivalCurve | undefined {
  const { completed, censored } = counts;
  let first = 0;
  while (first < BUCKET_COUNT && completed[first] === 0) first++;
  return first === BUCKET_COUNT ? undefined : new Steps(completed, censored, first);
}

class Steps implements SurvivalCurve {
  readonly completed: number;
  readonly censored: number;
  readonly lastReplyMs: number;
  readonly unread: number;
  /** Bucket index of each step, rising. */
  readonly #ends: Uint16Array;
  /** S from that bucket's upper edge on, never rising. */
  readonly #after: Float32Array;
  /** Replies up to that bucket. */
  readonly #replies: Uint32Array;

  /** `first`: the bucket of the fastest reply. */
  constructor(completed: Uint32Array, censored: Uint32Array, first: number) {
    let end = BUCKET_COUNT;
    while (completed[end - 1] === 0) end--;
    const early = sumOf(censored, 0, first);
    this.completed = sumOf(completed, first, end);
    this.censored = early + sumOf(censored, first, BUCKET_COUNT);
    const filled = filledBuckets(completed, first, end);
    const join = Math.ceil(filled / STEPS_MAX);
    const length = Math.ceil(filled / join);
    this.#ends = new Uint16Array(length);
    this.#after = new Float32Array(length);
    this.#replies = new Uint32Array(length);
    const atRisk = this.completed + this.censored - early;
    this.#readFrom(completed, censored, { first, end, join, atRisk });
    limitBelow(this.#after, 1 / (this.completed + 1));
    this.lastReplyMs = bucketEndMs(end - 1);
    this.unread = this.#after[length - 1] as number;
  }

  at(durationMs: number): number {
    const { lastReplyMs, unread } = this;
    if (durationMs >= lastReplyMs) return unread * (lastReplyMs / durationMs) ** TAIL_EXPONENT;
    const step = this.#first((i) => bucketEndMs(this.#ends[i] as number) > durationMs);
    return step === 0 ? 1 : (this.#after[step - 1] as number);
  }

  quantileMs(p: number): number | undefined {
    const level = Math.fround(p); // as the steps are: S = p must not miss by a rounding
    if (this.unread > level) return undefined;
    return this.#endMs(this.#first((i) => (this.#after[i] as number) <= level));
  }

  replyMs(k: number): number | undefined {
    if (k > this.completed) return undefined;
    return this.#endMs(this.#first((i) => (this.#replies[i] as number) >= k));
  }

  /** Kaplan–Meier over the buckets, the fastest first. Hot: plain loops over locals. */
  #readFrom(completed: Uint32Array, censored: Uint32Array, range: Range): void {
    const ends = this.#ends;
    const after = this.#after;
    const repliesUpTo = this.#replies;
    const { first, end, join } = range;
    let { atRisk } = range;
    let survival = 1;
    let seen = 0;
    let step = 0;
    let inStep = 0;
    for (let i = first; i < end; i++) {
      const replies = completed[i] as number;
      if (replies > 0) {
        survival *= 1 - replies / atRisk;
        seen += replies;
        ends[step] = i;
        after[step] = survival;
        repliesUpTo[step] = seen;
        if (++inStep === join) {
          inStep = 0;
          step++;
        }
      }
      atRisk -= replies + (censored[i] as number);
    }
  }

  #endMs(step: number): number {
    return bucketEndMs(this.#ends[step] as number);
  }

  /** The first step from which on `holds` is true; the last one at most. */
  #first(holds: (step: number) => boolean): number {
    return firstIndex(this.#ends.length, holds);
  }
}

/** The buckets that hold replies, how many of them make a step, and who waited so long. */
interface Range {
  readonly first: number;
  readonly end: number;
  readonly join: number;
  readonly atRisk: number;
}

function limitBelow(values: Float32Array, least: number): void {
  for (let i = 0; i < values.length; i++) if ((values[i] as number) < least) values[i] = least;
}

function filledBuckets(counts: Uint32Array, from: number, to: number): number {
  let filled = 0;
  for (let i = from; i < to; i++) if (counts[i] !== 0) filled++;
  return filled;
}

function sumOf(counts: Uint32Array, from: number, to: number): number {
  let total = 0;
  for (let i = from; i < to; i++) total += counts[i] as number;
  return total;
}

/** The first index in [0, length) from which on `holds` is true; length − 1 at most. */
function firstIndex(length: number, holds: (index: number) => boolean): number {
  let low = 0;
  let high = length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
