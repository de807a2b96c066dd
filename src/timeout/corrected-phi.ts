/**
 * The correction of a whole curve from that of a few levels: straight lines between them in phi,
 * rising, so that survival, phi, timeout and hedge delay are read from one curve.
 */
import type { Account } from './calibration.ts';

export interface Level {
  readonly account: Account;
  /** What timeouts are read at: where levels come too near each other, the others give way. */
  readonly isTarget?: boolean;
  /** The correction that the curves were read with. */
  theta: number;
}

interface Knot {
  /** What is promised, and where the curve is read for it. */
  readonly promised: number;
  readonly read: number;
}

const ORIGIN: Knot = { promised: 0, read: 0 };
/** Levels never fall together, or phi would have no inverse. */
const APART = 0.01;
/** … nor with S = 1. */
const LEAST = 0.001;

/** From the phi that is promised to the phi that the curve is read at. `levels` rise in phi. */
export function correctedPhi(levels: readonly Level[], promised: number): number {
  return mapped(levels, promised, 'promised', 'read');
}

/** The inverse. */
export function promisedPhi(levels: readonly Level[], read: number): number {
  return mapped(levels, read, 'read', 'promised');
}

function mapped(levels: readonly Level[], at: number, from: keyof Knot, to: keyof Knot): number {
  let below = ORIGIN;
  for (const above of knotsOf(levels)) {
    if (above[from] >= at) {
      const part = (at - below[from]) / (above[from] - below[from]);
      return below[to] + part * (above[to] - below[to]);
    }
    below = above;
  }
  return at + below[to] - below[from];
}

function knotsOf(levels: readonly Level[]): Knot[] {
  const target = Math.max(
    0,
    levels.findIndex(({ isTarget }) => isTarget),
  );
  const reads = levels.map(({ account, theta }) => account.phi + theta);
  for (let i = target - 1; i >= 0; i--) {
    reads[i] = Math.min(reads[i] as number, (reads[i + 1] as number) - APART);
  }
  for (let i = target + 1; i < reads.length; i++) {
    reads[i] = Math.max(reads[i] as number, (reads[i - 1] as number) + APART);
  }
  return levels.map(({ account }, i) => ({
    promised: account.phi,
    read: Math.max(reads[i] as number, LEAST * (i + 1)),
  }));
}

/** A way back to what a level is now. */
export function levelCheckpoint(level: Level): () => void {
  const [account, { theta }] = [level.account.checkpoint(), level];
  return () => {
    account();
    level.theta = theta;
  };
}
