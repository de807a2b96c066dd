/** The clocks of servers that say what time it is in their responses. */
import { createOffsetEstimator, type OffsetEstimator } from '../clock/offset-estimator.ts';
import type { Offset } from '../clock/types.ts';
import type { ServerClock } from './clock-header.ts';

/** Servers remembered; the one not heard for longest goes first. */
const SERVERS_MAX = 1024;

/** When a request went out, at the latest, and when the headers of its response came. */
export interface RoundTrip {
  readonly sentAtMs: number;
  readonly repliedAtMs: number;
}

export class HeaderClocks {
  readonly #estimators = new Map<string, OffsetEstimator>();
  readonly #maxDriftPpm: number;
  readonly #steadyBaseMs: number;

  /** `steadyBaseMs`: our steady clock less our monotonic one. */
  constructor({ maxDriftPpm, steadyBaseMs }: { maxDriftPpm: number; steadyBaseMs: number }) {
    this.#maxDriftPpm = maxDriftPpm;
    this.#steadyBaseMs = steadyBaseMs;
  }

  replied(peer: string, { sentAtMs, repliedAtMs }: RoundTrip, server: ServerClock): void {
    const { sentAtWallMs, heldMs, errorMs } = server;
    this.#estimator(peer).exchange({
      ...{ t1MonoMs: sentAtMs, t4MonoMs: repliedAtMs },
      ...{ t1WallMs: sentAtMs + this.#steadyBaseMs, t4WallMs: repliedAtMs + this.#steadyBaseMs },
      ...{ t2WallMs: sentAtWallMs - heldMs, t3WallMs: sentAtWallMs, remoteErrorMs: errorMs },
    });
  }

  /** The wall clock of a server less our steady clock. */
  at(peer: string, nowMs: number): Offset | undefined {
    return this.#estimators.get(peer)?.at(nowMs);
  }

  #estimator(peer: string): OffsetEstimator {
    let estimator = this.#estimators.get(peer);
    if (estimator) this.#estimators.delete(peer);
    else estimator = createOffsetEstimator({ maxDriftPpm: this.#maxDriftPpm });
    this.#estimators.set(peer, estimator); // the map keeps the order of the latest
    const [oldest] = this.#estimators.keys();
    if (this.#estimators.size > SERVERS_MAX && oldest !== undefined) {
      this.#estimators.delete(oldest);
    }
    return estimator;
  }
}
