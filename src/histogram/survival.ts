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
import { type Counts, sum } from './counts.ts';
import { BUCKET_COUNT, bucketEndMs } from './layout.ts';

/** Steps kept of one curve: 6 KiB. A wider curve joins neighbouring steps at the upper one. */
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
}

/** The curve of these counts; undefined without a single reply. */
export function survivalCurve(counts: Counts): SurvivalCurve | undefined {
  const completed = sum(counts.completed);
  if (completed === 0) return undefined;
  const censored = sum(counts.censored);
  return curveOf(kaplanMeier(counts, completed, censored), completed, censored);
}

interface Steps {
  /** Bucket index of each step, rising. */
  readonly ends: Uint16Array;
  /** S from that bucket's upper edge on, never rising. */
  readonly after: Float32Array;
}

function kaplanMeier(counts: Counts, completed: number, censored: number): Steps {
  const join = Math.ceil(filledBuckets(counts.completed) / STEPS_MAX);
  const ends = new Uint16Array(STEPS_MAX);
  const after = new Float32Array(STEPS_MAX);
  let atRisk = completed + censored;
  let survival = 1;
  let seen = 0;
  let steps = 0;
  for (let i = 0; i < BUCKET_COUNT; i++) {
    const replies = counts.completed[i] as number;
    if (replies > 0) {
      survival *= 1 - replies / atRisk;
      steps = Math.ceil(++seen / join);
      ends[steps - 1] = i;
      after[steps - 1] = survival;
    }
    atRisk -= replies + (counts.censored[i] as number);
  }
  const unread = 1 / (completed + 1);
  for (let i = 0; i < steps; i++) after[i] = Math.max(after[i] as number, unread);
  return { ends: ends.slice(0, steps), after: after.slice(0, steps) };
}

function filledBuckets(counts: Uint32Array): number {
  let filled = 0;
  for (let i = 0; i < counts.length; i++) if (counts[i] !== 0) filled++;
  return filled;
}

function curveOf({ ends, after }: Steps, completed: number, censored: number): SurvivalCurve {
  const lastReplyMs = bucketEndMs(ends.at(-1) as number);
  const unread = after.at(-1) as number;
  return {
    completed,
    censored,
    lastReplyMs,
    unread,
    at(durationMs) {
      if (durationMs >= lastReplyMs) return unread * (lastReplyMs / durationMs) ** TAIL_EXPONENT;
      const step = firstIndex(ends.length, (i) => bucketEndMs(ends[i] as number) > durationMs);
      return step === 0 ? 1 : (after[step - 1] as number);
    },
    quantileMs(p) {
      const level = Math.fround(p); // as the steps are: S = p must not miss by a rounding
      if (unread > level) return undefined;
      const step = firstIndex(ends.length, (i) => (after[i] as number) <= level);
      return bucketEndMs(ends[step] as number);
    },
  };
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
