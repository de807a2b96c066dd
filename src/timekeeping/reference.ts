/**
 * What true time is, as far as all sources together say: the smallest interval that a majority of
 * them holds. Sources that lie outside are named.
 *
 * Servers, daemons and shared memory of this machine come first; only if there is none, peers that
 * know of some are asked, so that nobody hears its own word again through others.
 */
import { intersect } from '../clock/intersection.ts';
import type { Leap, OffsetBounds } from '../clock/types.ts';

/** A source of true time. */
export interface Source {
  readonly name: string;
  /** True time less our wall clock; undefined: it says nothing now. */
  readonly bounds: OffsetBounds | undefined;
  readonly leap: Leap;
}

export interface Reference {
  /** True time less our wall clock; undefined: nobody knows, or no majority agrees. */
  readonly bounds: OffsetBounds | undefined;
  /** The names of those it rests on; empty without bounds. */
  readonly sources: readonly string[];
  /** Sources that disagree with the majority. */
  readonly falsetickers: readonly string[];
  readonly leap: Leap;
}

/** `peers`: asked only if no source of our own says anything. */
export function referenceOf(own: readonly Source[], peers: () => readonly Source[]): Reference {
  const speaking = (sources: readonly Source[]) =>
    sources.filter((source): source is Speaking => source.bounds !== undefined);
  const direct = speaking(own);
  const used = direct.length > 0 ? direct : speaking(peers());
  const { bounds, truechimers, falsetickers } = intersect(used);
  const sources = bounds ? truechimers : [];
  return { bounds, sources, falsetickers, leap: leapOf(used, sources) };
}

type Speaking = Source & { readonly bounds: OffsetBounds };

/** A leap second is coming if more than half of those relied on say so. */
function leapOf(used: readonly Source[], reliedOn: readonly string[]): Leap {
  if (reliedOn.length === 0) return 'unsynchronised';
  const leaps = used.filter(({ name }) => reliedOn.includes(name)).map(({ leap }) => leap);
  const isMajority = (said: Leap) =>
    2 * leaps.filter((leap) => leap === said).length > leaps.length;
  return (['insert', 'delete'] as const).find(isMajority) ?? 'none';
}
