/**
 * A run of timeouts without any reply: a slowdown so far as anybody can tell, until a reply shows
 * that it was one, or a refused connection that the peer was dead.
 *
 * Problem: late and never must not mix, or one dead hour makes every timeout huge; and a caller
 * that does not raise its timeout in a slowdown never sees its end.
 * Idea: the run is learned from at once, but provisionally. A reply makes it final; evidence of
 * death takes it back, and the timeout is what it was before. So does a first reply in the old
 * time after timeouts many times as long have fired too: had the peer been slow, they would have
 * seen it answer, so it was away.
 */
/** Waits of one run that are kept for the window; more of the same tell nothing new. */
const KEPT_MAX = 1024;
/** While nobody answers the timeout grows 16-fold at most, and twofold for each hundred more. */
const DOUBLINGS = 4;
const TIMEOUTS_A_DOUBLING = 100;
/** Timeouts so many times as long as before, so many of them, tell an outage from a slowdown. */
const OUTAGE_FACTOR = 8;
const OUTAGE_TIMEOUTS = 5;

/** What learns from a run, and can forget it. */
export interface Learner {
  /** From here on everything can be taken back by what this returns, until `commit`. */
  checkpoint(): () => void;
  commit(): void;
}

export class Silence {
  readonly #learner: Learner;
  #rollBack: (() => void) | undefined;
  #waitsMs: number[] = [];
  #timeouts = 0;
  #longTimeouts = 0;
  #armedBeforeMs = Infinity;

  constructor(learner: Learner) {
    this.#learner = learner;
  }

  /** A timeout fired; before the model is told. */
  add(waitedMs: number, armedMs: number): void {
    if (!this.#rollBack) {
      this.#rollBack = this.#learner.checkpoint();
      this.#armedBeforeMs = armedMs;
    }
    this.#timeouts++;
    if (waitedMs >= OUTAGE_FACTOR * this.#armedBeforeMs) this.#longTimeouts++;
    if (this.#waitsMs.length < KEPT_MAX) this.#waitsMs.push(waitedMs);
  }

  /** A reply came: the timeouts were slow replies, or it was away. Their waits, for the window. */
  end(durationMs: number): readonly number[] {
    if (!this.#rollBack) return NONE;
    if (this.#longTimeouts >= OUTAGE_TIMEOUTS && durationMs <= this.#armedBeforeMs) {
      this.forget();
      return NONE;
    }
    const waits = this.#waitsMs;
    this.#learner.commit();
    this.#clear();
    return waits;
  }

  /** The peer was dead: nothing of it is to be learned. */
  forget(): void {
    this.#rollBack?.();
    this.#clear();
  }

  bounded(timeoutMs: number): number {
    if (!this.#rollBack) return timeoutMs;
    const doublings = DOUBLINGS + this.#timeouts / TIMEOUTS_A_DOUBLING;
    return Math.min(timeoutMs, this.#armedBeforeMs * 2 ** doublings);
  }

  /** Waits that no reply has ended yet. */
  get waitsMs(): readonly number[] {
    return this.#waitsMs;
  }

  #clear(): void {
    this.#rollBack = undefined;
    this.#waitsMs = [];
    this.#timeouts = this.#longTimeouts = 0;
    this.#armedBeforeMs = Infinity;
  }
}

const NONE: readonly number[] = [];
