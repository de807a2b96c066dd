/** The clocks of servers that say what time it is in their responses. */
import { createOffsetEstimator, type OffsetEstimator } from '../clock/offset-estimator.ts';
import type { Offset } from '../clock/types.ts';
import type { ServerClock } from './clock-header.ts';

/** Servers remembered; the one not heard for longest goes first. */
const SERVERS_MAX = 1024;
/** What was heard of a clock so long ago tells nothing of it any more. */
const STALE_MS = 600_000;

export interface RoundTrip {
  /** The request had not gone out before. */
  readonly sentAtMs: number;
  /** The headers of its response came. */
  readonly repliedAtMs: number;
}

/** How far a server is ahead, and how often its clock jumped. */
export interface ServerOffset extends Offset {
  readonly steps: number;
}

interface Server {
  readonly estimator: OffsetEstimator;
  /** What it said last. */
  readonly last: ServerClock;
  /** What was asked before may be answered by the clock as it was before it was set. */
  readonly notBeforeMs: number;
  readonly heardAtMs: number;
  readonly steps: number;
}

export class HeaderClocks {
  #servers = new Map<string, Server>();
  /** Requests that went out before are of no use. */
  #notBeforeMs = -Infinity;
  readonly #maxDriftPpm: number;
  readonly #steadyBaseMs: number;

  /** `steadyBaseMs`: our steady clock less our monotonic one. */
  constructor({ maxDriftPpm, steadyBaseMs }: { maxDriftPpm: number; steadyBaseMs: number }) {
    this.#maxDriftPpm = maxDriftPpm;
    this.#steadyBaseMs = steadyBaseMs;
  }

  replied(peer: string, { sentAtMs, repliedAtMs }: RoundTrip, server: ServerClock): void {
    if (sentAtMs < this.#notBeforeMs) return;
    const known = this.#servers.get(peer);
    const isSameLife = known?.last.life === server.life;
    const isSame = isSameLife && known.last.steps === server.steps;
    if (isSameLife && isOld(known, sentAtMs, server)) return;
    const estimator = isSame
      ? known.estimator
      : createOffsetEstimator({ maxDriftPpm: this.#maxDriftPpm });
    const { sentAtWallMs, heldMs, errorMs } = server;
    const result = estimator.exchange({
      ...{ t1MonoMs: sentAtMs, t4MonoMs: repliedAtMs },
      ...{ t1WallMs: sentAtMs + this.#steadyBaseMs, t4WallMs: repliedAtMs + this.#steadyBaseMs },
      ...{ t2WallMs: sentAtWallMs - heldMs, t3WallMs: sentAtWallMs, remoteErrorMs: errorMs },
    });
    const wasSet = isSameLife && !isSame;
    const before = known ?? { steps: 0, notBeforeMs: -Infinity };
    const steps = before.steps + Number(wasSet || result === 'step');
    const notBeforeMs = wasSet ? repliedAtMs : before.notBeforeMs;
    this.#keep(peer, { estimator, last: server, heardAtMs: repliedAtMs, notBeforeMs, steps });
  }

  /** The wall clock of a server less our steady clock. */
  at(peer: string, nowMs: number): ServerOffset | undefined {
    const server = this.#servers.get(peer);
    if (!server || nowMs - server.heardAtMs > STALE_MS) return undefined;
    const offset = server.estimator.at(nowMs);
    return offset && { ...offset, steps: server.steps };
  }

  /** The machine was suspended: our steady clock stood still, and no exchange holds any more. */
  forget(nowMs: number): void {
    this.#servers = new Map();
    this.#notBeforeMs = nowMs;
  }

  #keep(peer: string, server: Server): void {
    this.#servers.delete(peer);
    this.#servers.set(peer, server); // the map keeps the order of the latest
    const [oldest] = this.#servers.keys();
    if (this.#servers.size > SERVERS_MAX && oldest !== undefined) this.#servers.delete(oldest);
  }
}

/** Overtaken by a later response of the same process, or from a cache. */
function isOld({ last, notBeforeMs }: Server, sentAtMs: number, server: ServerClock): boolean {
  if (sentAtMs < notBeforeMs) return true;
  return server.steps === last.steps && server.sentAtWallMs <= last.sentAtWallMs;
}
