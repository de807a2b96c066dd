/**
 * How surprising it is that a peer does not answer.
 *
 * We ask, so we know when: what is learned is the time from the first question without an answer
 * to the next answer, whichever question that answers. Lost questions and answers, and how soon
 * we ask again, are all in it. Time is in units of a third of the interval (the prior of
 * `LatenessCurve` then allows for pauses of three quarters of an interval), or of the spacing of
 * questions in doubt where that is longer: then a lost question costs as much.
 */
import { LatenessCurve } from '../detector/lateness-curve.ts';
import { Silence } from '../detector/silence.ts';

const UNITS_PER_INTERVAL = 3;
/** A question follows another after what 19 of 20 answers take. */
const SPACING_PHI = 1.3;
const SPACINGS_PER_INTERVAL = 16;

export class Doubt {
  readonly #intervalMs: number;
  readonly #curve: LatenessCurve;
  readonly #silence = new Silence();
  /** Since when our questions go unanswered. */
  #waitingSinceMs: number | undefined;
  /** Another sign of life came while we waited. */
  #isDisturbed = false;

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
    this.#curve = new LatenessCurve(intervalMs / UNITS_PER_INTERVAL);
  }

  asked(atMs: number): void {
    if (this.#waitingSinceMs !== undefined) return;
    this.#waitingSinceMs = atMs;
    this.#isDisturbed = false;
    this.#silence.expect(atMs);
  }

  answered(atMs: number): void {
    if (this.#waitingSinceMs === undefined) return;
    this.#waitingSinceMs = undefined;
    if (this.#isDisturbed || this.#silence.pausedMs(atMs) > 0) return;
    this.#curve.learn(this.#silence.lastedMs(atMs), this.#unitMs());
  }

  /**
   * A sign of life other than an answer. `isQuestion`: the next one comes an interval later; while
   * we wait, that is what is expected then, for our questions may not get through at all.
   */
  heard(atMs: number, isQuestion: boolean): void {
    if (this.#waitingSinceMs === undefined || atMs <= this.#silence.sinceMs) return;
    this.#isDisturbed = true;
    this.#silence.expect(atMs + (isQuestion ? this.#intervalMs : 0));
  }

  localPause(fromMs: number, toMs: number): void {
    this.#silence.paused(fromMs, toMs);
  }

  /** Another life: what was left unanswered is settled; how long answers take is kept. */
  restarted(): void {
    this.#waitingSinceMs = undefined;
  }

  /** 0 while nothing is awaited. */
  phi(nowMs: number): number {
    if (this.#waitingSinceMs === undefined) return 0;
    const lastedMs = this.#silence.lastedMs(nowMs);
    return lastedMs <= 0 ? 0 : this.#curve.phi(lastedMs);
  }

  /** When phi will be reached if nothing is heard; Infinity while nothing is awaited. */
  instantMs(phi: number): number {
    if (this.#waitingSinceMs === undefined) return Infinity;
    return this.#silence.instantMs(Math.max(0, this.#curve.latenessMs(phi)));
  }

  /** Since when nothing was heard though it was due; undefined while nothing is awaited. */
  get silentSinceMs(): number | undefined {
    return this.#waitingSinceMs === undefined ? undefined : this.#silence.sinceMs;
  }

  silentMs(nowMs: number): number {
    return this.#waitingSinceMs === undefined ? 0 : Math.max(0, this.#silence.lastedMs(nowMs));
  }

  /** What 999 of 1000 answers take. */
  get usualMs(): number {
    return this.#curve.latenessMs(3);
  }

  /** How far apart questions are in doubt. */
  get spacingMs(): number {
    const usualMs = this.#curve.latenessMs(SPACING_PHI);
    const leastMs = this.#intervalMs / SPACINGS_PER_INTERVAL;
    return Math.min(this.#intervalMs, Math.max(leastMs, usualMs));
  }

  #unitMs(): number {
    return Math.max(this.#intervalMs / UNITS_PER_INTERVAL, this.spacingMs);
  }
}
