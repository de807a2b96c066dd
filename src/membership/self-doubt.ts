/**
 * Many at once: is it me?
 *
 * That half of all peers die in the same instant is unlikely; that our own link or process is ill
 * is not. When at least half of those we watch, and two or more, are silent beyond suspicion at
 * once, suspicions wait one interval longer, for each time it happens again one more.
 * Source: Lifeguard's local health (Dadgar, Phillips & Currey 2018).
 */

const SCORE_MAX = 4;
/** Intervals without such a silence that take one back. */
const CALM_INTERVALS = 4;

export class SelfDoubt {
  readonly #intervalMs: number;
  #score = 0;
  #changedAtMs = -Infinity;
  #isMassSilence = false;

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  /** `silent` of the `watched` are silent beyond suspicion; true if the score rose. */
  update(silent: number, watched: number, nowMs: number): boolean {
    const wasMassSilence = this.#isMassSilence;
    this.#isMassSilence = silent >= 2 && 2 * silent >= watched;
    if (this.#isMassSilence && !wasMassSilence) {
      this.#score = Math.min(SCORE_MAX, this.#score + 1);
      this.#changedAtMs = nowMs;
      return true;
    }
    const calmMs = CALM_INTERVALS * this.#intervalMs;
    if (!this.#isMassSilence && this.#score > 0 && nowMs - this.#changedAtMs >= calmMs) {
      this.#score--;
      this.#changedAtMs = nowMs;
    }
    return false;
  }

  get score(): number {
    return this.#score;
  }

  /** How much longer a suspicion waits, in ms. */
  get extraMs(): number {
    return this.#isMassSilence ? this.#score * this.#intervalMs : 0;
  }
}
