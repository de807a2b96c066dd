/**
 * What all rivals share, so that they differ in their rule only: the order of heartbeats,
 * restarts of the sender, our own pauses, and the way from silence to instants.
 *
 * Our own pauses are taken the same way for all: of the silence that follows the last heartbeat
 * the part in which we stood still does not count, neither for phi nor for what is learned of
 * the gap. None of the published rules has this; without calls of `localPause` they are as
 * published.
 */
import { argumentError } from '../../errors.ts';
import type { Detector, Heartbeat } from '../types.ts';

/** A published rule, told as what it makes of a silence. */
export interface SilenceRule {
  /** A heartbeat. `gapMs`: since the one before, without our own pauses; undefined for the first. */
  learn(beat: Heartbeat, gapMs: number | undefined): void;
  /** How suspicious a silence is that has lasted so long; never falls while the silence grows. */
  phi(silenceMs: number): number;
  /** The shortest silence that is so suspicious; finite, may be negative for a phi near 0. */
  silenceMs(phi: number): number;
}

/** A detector out of a rule. A sender that restarted is a new one, so it gets a new rule. */
export function createBaseline(makeRule: () => SilenceRule): Detector {
  return new Baseline(makeRule);
}

class Baseline implements Detector {
  readonly #makeRule: () => SilenceRule;
  #rule: SilenceRule;
  #last: Heartbeat | undefined;
  /** How much of the silence since the last heartbeat we stood still. */
  #pausedMs = 0;

  constructor(makeRule: () => SilenceRule) {
    this.#makeRule = makeRule;
    this.#rule = makeRule();
  }

  heartbeat(beat: Heartbeat): void {
    checkBeat(beat);
    const last = this.#last;
    if (last && isOlder(beat, last)) return;
    const restarted = last !== undefined && beat.bootId !== last.bootId;
    if (restarted) this.#rule = this.#makeRule();
    const gapMs =
      last === undefined || restarted
        ? undefined
        : Math.max(0, beat.arrivedAtMs - last.arrivedAtMs - this.#pausedMs);
    this.#rule.learn(beat, gapMs);
    this.#last = beat;
    this.#pausedMs = 0;
  }

  localPause(fromMs: number, toMs: number): void {
    checkFinite('fromMs', fromMs);
    checkFinite('toMs', toMs);
    if (this.#last === undefined) return;
    this.#pausedMs += Math.max(0, toMs - Math.max(fromMs, this.#last.arrivedAtMs));
  }

  phi(nowMs: number): number | undefined {
    checkFinite('nowMs', nowMs);
    if (this.#last === undefined) return undefined;
    const silenceMs = nowMs - this.#last.arrivedAtMs - this.#pausedMs;
    return this.#rule.phi(Math.max(0, silenceMs));
  }

  deadlineMs(phi: number): number {
    if (!(phi >= 0 && phi < Infinity)) throw argumentError('phi', phi, 'a finite number >= 0');
    if (this.#last === undefined) return Infinity;
    const silenceMs = Math.max(0, this.#rule.silenceMs(phi));
    return this.#last.arrivedAtMs + this.#pausedMs + silenceMs;
  }
}

function checkBeat({ arrivedAtMs, sentAtMs, seq }: Heartbeat): void {
  checkFinite('arrivedAtMs', arrivedAtMs);
  if (sentAtMs !== undefined) checkFinite('sentAtMs', sentAtMs);
  if (seq !== undefined) checkFinite('seq', seq);
}

function checkFinite(name: string, value: number): void {
  if (!Number.isFinite(value)) throw argumentError(name, value, 'a finite number');
}

/** Overtaken on its way by the last one, or the same once more. */
function isOlder(beat: Heartbeat, last: Heartbeat): boolean {
  if (beat.arrivedAtMs < last.arrivedAtMs) return true;
  if (beat.bootId !== last.bootId) return false;
  if (beat.seq !== undefined && last.seq !== undefined) return beat.seq <= last.seq;
  return (
    beat.sentAtMs !== undefined && last.sentAtMs !== undefined && beat.sentAtMs <= last.sentAtMs
  );
}
