/**
 * The correction of a whole curve from that of a few levels: straight lines between them in phi,
 * rising, so that survival, phi, timeout and hedge delay are read from one curve.
 */
import type { Account } from './calibration.ts';

export interface Level {
  readonly account: Account;
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
  for (const { account, theta } of levels) {
    const promised = account.phi;
    const above = { promised, read: Math.max(below.read + APART, promised + theta) };
    if (above[from] >= at) {
      const part = (at - below[from]) / (above[from] - below[from]);
      return below[to] + part * (above[to] - below[to]);
    }
    below = above;
  }
  return at + below[to] - below[from];
}
