/**
 * Which of several upstreams takes the next request.
 *
 * Problem: requests must not go to peers that are suspected, yet suspicions may be wrong, all at
 * once if the fault is ours, and a peer that has just come back must not be buried.
 * Idea:
 * - A peer that is disputed, stalled, suspect, dead or gone is ejected and gets nothing, but never
 *   more than `maxEjectedShare` of all: beyond that the least bad stay (fail-open).
 * - A peer that comes back gets FIRST_SHARE of what a well one gets, and linearly more until
 *   `recoveryMs` later. There are no other probes: that a peer is back is seen by its heartbeats,
 *   not by risking requests on it. As long as more are missing than may be ejected, the recovering
 *   take what is missing.
 * - Well peers compete by requests in flight, two drawn at a time (power of two choices). The
 *   recovering, and the ejected that stay, do not: whoever refuses at once has nothing in flight,
 *   and would win every time. They are drawn by their share.
 * Source: Mitzenmacher 2001 (power of two choices); Envoy's panic threshold and slow start.
 */
import type { PeerState } from '../membership/types.ts';

/** Share of a well peer's requests that a peer gets at first when it comes back. */
const FIRST_SHARE = 0.1;
/** So that 0.29 × 100 is 29. */
const ROUNDING = 1e-9;

/** How bad it is to use a peer nevertheless; 0: not bad at all. */
const BADNESS: Readonly<Record<PeerState, number>> = {
  unknown: 0,
  alive: 0,
  slow: 0,
  'clock-out': 0,
  disputed: 1,
  stalled: 2,
  suspect: 2,
  dead: 3,
  left: 3,
};

export interface BalancerOptions {
  /** All there are now, without duplicates. */
  readonly upstreams: () => readonly string[];
  /** undefined: nothing is known of it, which is no reason to avoid it. */
  readonly liveness: (origin: string) => PeerState | undefined;
  /** In [0, 1]; at least one upstream always stays. */
  readonly maxEjectedShare: number;
  /** From its return until a peer has its full share, in ms. */
  readonly recoveryMs: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

interface Upstream {
  readonly origin: string;
  inFlight: number;
  isEjected: boolean;
  /** When it was last seen to have come back; undefined if it was never ejected. */
  returnedAtMs: number | undefined;
}

interface Weighted {
  readonly upstream: Upstream;
  /** Its share of what a well one gets. */
  readonly weight: number;
}

/** Those that may be chosen. */
interface Eligible {
  readonly well: readonly Upstream[];
  readonly weighted: readonly Weighted[];
}

export class Balancer {
  readonly #options: BalancerOptions;
  readonly #known = new Map<string, Upstream>();

  constructor(options: BalancerOptions) {
    this.#options = options;
  }

  /** Who takes the next request; undefined if there is nobody, or nobody else than `except`. */
  choose(nowMs: number, except?: string): string | undefined {
    const { well, weighted } = this.#eligible(nowMs);
    return this.#draw({
      well: well.filter(({ origin }) => origin !== except),
      weighted: weighted.filter(({ upstream }) => upstream.origin !== except),
    });
  }

  started(origin: string): void {
    this.#upstream(origin).inFlight++;
  }

  /** Once for each `started`. */
  ended(origin: string): void {
    const upstream = this.#known.get(origin);
    if (upstream && upstream.inFlight > 0) upstream.inFlight--;
  }

  #eligible(nowMs: number): Eligible {
    const origins = this.#options.upstreams();
    this.#forgetOthers(origins);
    const well: Upstream[] = [];
    const back: Weighted[] = [];
    const ejected: { upstream: Upstream; badness: number }[] = [];
    for (const origin of origins) {
      const upstream = this.#upstream(origin);
      const badness = BADNESS[this.#options.liveness(origin) ?? 'unknown'];
      const weight = this.#shareOf(upstream, badness > 0, nowMs);
      if (badness > 0) ejected.push({ upstream, badness });
      else if (weight < 1) back.push({ upstream, weight });
      else well.push(upstream);
    }
    const missing = this.#fewest(origins.length) - well.length;
    const weighted = back.map((b) => ({ ...b, weight: atLeast(b.weight, missing / back.length) }));
    const stillMissing = missing - back.length;
    if (stillMissing <= 0) return { well, weighted };
    // Shuffled first, or equally bad ones later in the list would never be tried.
    const leastBad = this.#shuffled(ejected).sort((a, b) => a.badness - b.badness);
    const stay = leastBad.slice(0, stillMissing).map(({ upstream }) => ({ upstream, weight: 1 }));
    return { well, weighted: [...weighted, ...stay] };
  }

  /** Of what a well one gets: 0 while ejected, below 1 for one that has just come back. */
  #shareOf(upstream: Upstream, isEjected: boolean, nowMs: number): number {
    if (upstream.isEjected && !isEjected) upstream.returnedAtMs = nowMs;
    upstream.isEjected = isEjected;
    if (isEjected) return 0;
    if (upstream.returnedAtMs === undefined) return 1;
    const sinceMs = nowMs - upstream.returnedAtMs;
    const { recoveryMs } = this.#options;
    if (sinceMs >= recoveryMs) return 1;
    return FIRST_SHARE + ((1 - FIRST_SHARE) * sinceMs) / recoveryMs;
  }

  /** How many stay eligible, whatever is held of them. */
  #fewest(count: number): number {
    return Math.max(1, count - Math.floor(count * this.#options.maxEjectedShare + ROUNDING));
  }

  #draw({ well, weighted }: Eligible): string | undefined {
    const total = weighted.reduce((sum, { weight }) => sum + weight, well.length);
    let left = this.#options.random() * total - well.length;
    if (well.length > 0 && left < 0) return this.#lessLoaded(well).origin;
    for (const { upstream, weight } of weighted) {
      left -= weight;
      if (left < 0) return upstream.origin;
    }
    // Nobody is left, or the sum was rounded.
    return weighted.at(-1)?.upstream.origin ?? well.at(-1)?.origin;
  }

  #lessLoaded(well: readonly Upstream[]): Upstream {
    const first = this.#below(well.length);
    if (well.length === 1) return well[first]!;
    const second = (first + 1 + this.#below(well.length - 1)) % well.length;
    return well[second]!.inFlight < well[first]!.inFlight ? well[second]! : well[first]!;
  }

  /** Fisher and Yates, in place. */
  #shuffled<T>(items: T[]): T[] {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.#below(i + 1);
      [items[i], items[j]] = [items[j]!, items[i]!];
    }
    return items;
  }

  #below(count: number): number {
    return Math.floor(this.#options.random() * count);
  }

  #upstream(origin: string): Upstream {
    let upstream = this.#known.get(origin);
    if (!upstream) {
      upstream = { origin, inFlight: 0, isEjected: false, returnedAtMs: undefined };
      this.#known.set(origin, upstream);
    }
    return upstream;
  }

  /** Those that have gone from the list are kept only as long as requests to them run. */
  #forgetOthers(origins: readonly string[]): void {
    if (this.#known.size <= origins.length) return;
    const listed = new Set(origins);
    for (const { origin, inFlight } of this.#known.values()) {
      if (inFlight === 0 && !listed.has(origin)) this.#known.delete(origin);
    }
  }
}

/** A weight, raised to what is missing, and never above that of a well one. */
function atLeast(weight: number, missing: number): number {
  return Math.min(1, Math.max(weight, missing));
}
