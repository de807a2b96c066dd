/**
 * What several sources of time say together, and which of them cannot be right.
 *
 * Problem: each source gives an interval that holds the truth unless the source lies (is wrong,
 * forged, or asymmetric beyond its own bound). A mean of four, one of them 10 s off, is 2.5 s off.
 * Idea: fewer than half lie. Then the truth lies in more than half of the intervals, so it is
 * among the points that a majority of them share, and between the first and the last of these:
 *
 *     m = floor(n / 2) + 1,   bounds = hull of { x : x lies in at least m intervals }.
 *
 * No narrower interval is safe: any such x may be the truth, as those that leave it out are fewer
 * than half. A source that shares no such point has no truth in it and is a falseticker, whoever
 * else lies. If no point is shared by a majority, then half or more lie: nobody can say which,
 * so all are disputed and nothing is returned.
 *
 * Marzullo's algorithm takes the smallest number of liars that explains the readings, not the
 * largest that is tolerated, and returns where most intervals meet. That is narrower, and wrong
 * as soon as a liar overlaps with honest sources: of [-10, 10], [-1, 10] and the lie [5, 6] it
 * returns [5, 6], with the truth at 0; ours is [-1, 10]. NTP widens that until half of the
 * midpoints are inside, which mends the usual case and proves nothing (a midpoint is no bound).
 * Where most meet is still the best guess for a single point: `likeliest`.
 *
 * Source: K. Marzullo, S. Owicki, "Maintaining the time in a distributed system", 1983; RFC 5905
 * section 11.2.1; DDIA chapter 8, "Clock synchronization and accuracy".
 */
import type { OffsetBounds } from './types.ts';

/** What one source says. */
export interface TimeSource {
  readonly name: string;
  readonly bounds: OffsetBounds;
}

export interface Intersection {
  /** Holds the truth if fewer than half of the sources lie; undefined if no majority agrees. */
  readonly bounds: OffsetBounds | undefined;
  /** Where most sources meet, inside the bounds: for a point to show, not to rely on. */
  readonly likeliest: OffsetBounds | undefined;
  /** Sources that may hold the truth. Without a majority none is named, and all are disputed. */
  readonly truechimers: readonly string[];
  /** Sources that cannot hold it, by name, in the order given. */
  readonly falsetickers: readonly string[];
}

/** The ends of all intervals, each in order. */
interface Ends {
  readonly lows: readonly number[];
  readonly highs: readonly number[];
}

/**
 * The sources' common interval. Also for a fleet of clocks by their offsets to ours, with
 * ourselves as [0, 0]: the outlier is named.
 *
 * Bounds that are no interval (low above high, not a number) hold nothing, but count as a source.
 *
 * @example
 * intersect([
 *   { name: 'a', bounds: { lowMs: -1, highMs: 3 } },
 *   { name: 'b', bounds: { lowMs: 0, highMs: 4 } },
 *   { name: 'c', bounds: { lowMs: 9, highMs: 10 } },
 * ]) // bounds [0, 3], falsetickers ['c']
 */
export function intersect(sources: readonly TimeSource[]): Intersection {
  const ends = endsOf(sources.map(({ bounds }) => bounds).filter((b) => b.lowMs <= b.highMs));
  const majority = Math.floor(sources.length / 2) + 1;
  const shared = sharedBy(majority, ends);
  if (shared.length === 0) {
    return { bounds: undefined, likeliest: undefined, truechimers: [], falsetickers: [] };
  }
  const isPossible = ({ bounds }: TimeSource) => shared.some((stretch) => meet(stretch, bounds));
  return {
    bounds: hull(shared),
    likeliest: hull(sharedBy(mostShared(ends), ends)),
    truechimers: namesOf(sources.filter(isPossible)),
    falsetickers: namesOf(sources.filter((source) => !isPossible(source))),
  };
}

function endsOf(intervals: readonly OffsetBounds[]): Ends {
  return {
    lows: intervals.map(({ lowMs }) => lowMs).sort(ascending),
    highs: intervals.map(({ highMs }) => highMs).sort(ascending),
  };
}

/** The stretches that lie in at least so many intervals, > 0, in order. */
function sharedBy(least: number, { lows, highs }: Ends): OffsetBounds[] {
  const stretches: OffsetBounds[] = [];
  let lowMs = 0;
  let begun = 0;
  let ended = 0;
  while (ended < highs.length) {
    const highMs = highs[ended] as number;
    const nextMs = lows[begun];
    if (nextMs !== undefined && nextMs <= highMs) {
      begun++;
      if (begun - ended === least) lowMs = nextMs;
    } else {
      if (begun - ended === least) stretches.push({ lowMs, highMs });
      ended++;
    }
  }
  return stretches;
}

/** The most intervals that any point lies in. */
function mostShared({ lows, highs }: Ends): number {
  let most = 0;
  let begun = 0;
  highs.forEach((highMs, ended) => {
    while (begun < lows.length && (lows[begun] as number) <= highMs) begun++;
    most = Math.max(most, begun - ended);
  });
  return most;
}

/** The order of numbers: a difference of two infinities is none. */
function ascending(a: number, b: number): number {
  return a < b ? -1 : Number(a > b);
}

function hull(pieces: readonly OffsetBounds[]): OffsetBounds {
  return {
    lowMs: Math.min(...pieces.map(({ lowMs }) => lowMs)),
    highMs: Math.max(...pieces.map(({ highMs }) => highMs)),
  };
}

function meet(a: OffsetBounds, b: OffsetBounds): boolean {
  return a.lowMs <= b.highMs && b.lowMs <= a.highMs;
}

function namesOf(sources: readonly TimeSource[]): string[] {
  return sources.map(({ name }) => name);
}
