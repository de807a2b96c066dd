/**
 * The decisions that safety rests on, each a pure function: who counts, how many are enough, and
 * how long a word holds. The simulator replaces one at a time by a wrong one, and must notice.
 */

/** What is heard by another counts for so long. */
const WITNESS_INTERVALS = 3;

/** When another heard the peer, and since when we do not, by our clock. */
export interface Witness {
  readonly heardAtMs: number;
  readonly silentSinceMs: number;
  readonly nowMs: number;
  readonly intervalMs: number;
}

export interface Rules {
  /**
   * Enough votes to call a peer dead, of so many that count: more than half of them and the peer
   * itself, so that of two halves of a group neither passes verdicts on the other.
   */
  isMajority(votes: number, counted: number): boolean;
  /** How many observers count: the assigned, never those who happen to report. */
  counted(assigned: number, reporting: number): number;
  /** A vote holds for so long without being said again, in ms. */
  voteTtlMs(intervalMs: number): number;
  /** Opinions count only among those who know the same members. */
  isSameDigest(theirs: number, ours: number): boolean;
  /** A vote is about one life of a peer; `''`: the life is not known. */
  isSameLife(voted: string, known: string): boolean;
  /** Somebody hears the peer since we do not: the link is broken, not the peer. */
  vouches(witness: Witness): boolean;
  /** What of a pause of our own is no silence of others, in ms. */
  subtracted(pauseMs: number): number;
  /** Whether a vote falls when the peer is heard again. */
  retracts(): boolean;
  /** Whether who said goodbye is taken at its word. */
  believesGoodbye(): boolean;
}

export const RULES: Rules = {
  isMajority: (votes, counted) => votes >= 2 && 2 * votes > counted + 1,
  counted: (assigned) => assigned,
  voteTtlMs: (intervalMs) => 3 * intervalMs,
  isSameDigest: (theirs, ours) => theirs === ours,
  isSameLife: (voted, known) => voted === '' || known === '' || voted === known,
  vouches: ({ heardAtMs, silentSinceMs, nowMs, intervalMs }) =>
    heardAtMs > silentSinceMs && nowMs - heardAtMs <= WITNESS_INTERVALS * intervalMs,
  subtracted: (pauseMs) => pauseMs,
  retracts: () => true,
  believesGoodbye: () => true,
};
