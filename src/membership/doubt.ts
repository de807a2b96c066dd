/**
 * How surprising it is that nothing is heard of a peer.
 *
 * We ask, so we know when: what is learned is the time from the first question without an answer
 * to the next answer, whichever question that answers. Lost questions and answers, and how soon
 * we ask again, are all in it. Time is in units of a third of the interval (the prior of
 * `LatenessCurve` then allows for pauses of three quarters of an interval), or of the spacing of
 * questions in doubt where that is longer: then a lost question costs as much.
 *
 * A peer that watches us asks too, every interval. While it does, a silence begins when both its
 * answer and its next question are due: our questions may not get through while its do, and then
 * it is the link that is broken, not the peer.
 */
import { LatenessCurve } from '../detector/lateness-curve.ts';
import { Silence } from '../detector/silence.ts';

const UNITS_PER_INTERVAL = 3;
/** An answer is overdue from here on. */
const OVERDUE_PHI = 1;
/** Who asked us within so many intervals does so regularly. */
const REGULAR_INTERVALS = 1.5;
/** A question follows another after what 19 of 20 answers take. */
const SPACING_PHI = 1.3;
const SPACINGS_PER_INTERVAL = 16;

export class Doubt {
  readonly #intervalMs: number;
  readonly #curve: LatenessCurve;
  readonly #silence = new Silence();
  /** Since when our questions go unanswered. */
  #waitingSinceMs: number | undefined;
  /** Something else happened while we waited: how long the answer took tells nothing. */
  #isDisturbed = false;
  #lastSignMs = -Infinity;
  #lastQuestionMs = -Infinity;

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
    this.#curve = new LatenessCurve(intervalMs / UNITS_PER_INTERVAL);
  }

  asked(atMs: number): void {
    if (this.#waitingSinceMs !== undefined) return;
    this.#waitingSinceMs = atMs;
    this.#isDisturbed = false;
    this.#lastSignMs = atMs;
    const isAskingUs = atMs - this.#lastQuestionMs <= REGULAR_INTERVALS * this.#intervalMs;
    this.#silence.expect(isAskingUs ? Math.max(atMs, this.#questionDueMs) : atMs);
  }

  answered(atMs: number): void {
    if (this.#waitingSinceMs === undefined) return;
    const tookMs = atMs - this.#waitingSinceMs;
    this.#waitingSinceMs = undefined;
    if (this.#isDisturbed) return;
    this.#curve.judge(tookMs);
    this.#curve.learn(tookMs, this.#unitMs());
  }

  /** A question came from it; the next one is due an interval later. */
  questioned(atMs: number): void {
    this.#lastQuestionMs = Math.max(atMs, this.#lastQuestionMs);
    if (this.#waitingSinceMs === undefined || atMs <= this.#lastSignMs) return;
    this.#lastSignMs = atMs;
    this.#isDisturbed = true;
    this.#silence.expect(Math.max(this.#questionDueMs, this.#silence.sinceMs));
  }

  /**
   * Some other sign of life, as good as an answer, except that it tells nothing of how long one
   * takes. What is told late, of before another sign, is old.
   */
  heard(atMs: number): void {
    if (atMs > this.#lastSignMs) this.#waitingSinceMs = undefined;
  }

  localPause(fromMs: number, toMs: number): void {
    if (this.#waitingSinceMs !== undefined && toMs > this.#waitingSinceMs) this.#isDisturbed = true;
    this.#silence.paused(fromMs, toMs);
  }

  /** Another life: what was left unanswered is settled; how long answers take is kept. */
  restarted(): void {
    this.#waitingSinceMs = undefined;
    this.#lastQuestionMs = -Infinity;
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

  /** Since when our questions go unanswered; undefined while none does. */
  get waitingSinceMs(): number | undefined {
    return this.#waitingSinceMs;
  }

  /** When an answer is overdue: nine of ten take less; Infinity while nothing is awaited. */
  get overdueMs(): number {
    const since = this.#waitingSinceMs;
    return since === undefined
      ? Infinity
      : since + Math.max(0, this.#curve.latenessMs(OVERDUE_PHI));
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

  get #questionDueMs(): number {
    return this.#lastQuestionMs + this.#intervalMs;
  }

  #unitMs(): number {
    return Math.max(this.#intervalMs / UNITS_PER_INTERVAL, this.spacingMs);
  }
}
