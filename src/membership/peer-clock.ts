/**
 * How far the clock of one peer is ahead of ours.
 *
 * Against our steady clock (monotonic + a constant), so that a step of our own wall clock is none
 * of the peer's; `PeerClocks` turns it into wall time.
 */
import {
  createOffsetEstimator,
  type Exchange,
  type OffsetEstimator,
  type OffsetStep,
} from '../clock/offset-estimator.ts';
import type { Offset, OffsetBounds } from '../clock/types.ts';
import type { OffsetVerdict } from '../clock/verdict.ts';
import type { ClockWord } from './clock-extension.ts';
import type { Message } from './message.ts';

/** What a peer says of true time holds for so long without being said again, in ms. */
const REFERENCE_TTL_MS = 60_000;
const PPM = 1e-6;

/** What a peer says of true time: true time less its wall clock. */
interface PeerReference {
  readonly bounds: OffsetBounds;
  /** After this instant, by our clock. */
  readonly saidAtMs: number;
}

export type ExchangeResult = 'accepted' | 'rejected' | 'step' | 'nothing';

export class PeerClock {
  /** What we alone say of it. */
  verdict: OffsetVerdict | 'unknown' = 'unknown';
  steps = 0;
  /** Exchanges in a row that are still to be made. */
  burstLeft = 0;
  /** Questions since the last burst; the first is due at once. */
  #askedSinceBurst = Infinity;
  /** `nameHash` of the peer. */
  readonly hash: string;
  #estimator: OffsetEstimator;
  /** How often its clock was set, as it says; which life of it says so. */
  #told: { readonly steps: number; readonly bootId: string } | undefined;
  /** What was asked before is of a clock that was set since. */
  #notBeforeMs = -Infinity;
  /** The last exchange that was believed. */
  heardAtMs = -Infinity;
  /** We have seen a step that it has not told of yet. */
  #isToBeTold = false;
  #lastStep: OffsetStep | undefined;
  readonly #maxDriftPpm: number;
  #reference: PeerReference | undefined;
  /**
   * Said, but not to be used before an exchange that began after it: the peer's clock may have
   * been set just before it spoke, and we do not know yet.
   */
  #unproved: (PeerReference & { readonly heardAtMs: number }) | undefined;

  constructor(hash: string, maxDriftPpm: number) {
    this.hash = hash;
    this.#maxDriftPpm = maxDriftPpm;
    this.#estimator = createOffsetEstimator({ maxDriftPpm });
  }

  get lastStep(): OffsetStep | undefined {
    return this.#lastStep;
  }

  /** A question goes to it. `every`: a burst each so many questions, of `length` exchanges. */
  asked({ every, length }: { readonly every: number; readonly length: number }): void {
    if (++this.#askedSinceBurst < every) return;
    this.#askedSinceBurst = 0;
    this.burstLeft = length - 1;
  }

  /**
   * An answer came at `t4MonoMs` to what went out at `t1MonoMs`. `baseMs`: our steady clock less
   * our monotonic one. A peer that does not say how far its clock may be off tells nothing.
   */
  answered(
    message: Message,
    word: ClockWord,
    { t1MonoMs, t4MonoMs, baseMs }: { t1MonoMs: number; t4MonoMs: number; baseMs: number },
  ): ExchangeResult {
    const { errorMs } = word;
    const { sentAtMs, sentAtWallMs, receivedAtMs } = message;
    if (errorMs === undefined || receivedAtMs === undefined) return 'nothing';
    if (t1MonoMs < this.#notBeforeMs) return 'rejected';
    const exchange = {
      ...{ t1MonoMs, t4MonoMs, t1WallMs: t1MonoMs + baseMs, t4WallMs: t4MonoMs + baseMs },
      t2WallMs: sentAtWallMs - (sentAtMs - receivedAtMs),
      t3WallMs: sentAtWallMs,
      remoteErrorMs: errorMs,
    };
    const tells = this.#tellsOf(message.bootId, word.steps);
    const result = tells === 'nothing' ? this.#take(exchange) : this.#startAnew(exchange, tells);
    if (result !== 'rejected') this.heardAtMs = t4MonoMs;
    return result;
  }

  /** What is known of its clock is void: it was set, or ours stood still. */
  forget(nowMs: number): void {
    this.#estimator = createOffsetEstimator({ maxDriftPpm: this.#maxDriftPpm });
    this.#notBeforeMs = nowMs;
    this.#reference = this.#unproved = undefined;
  }

  #take(exchange: Exchange): ExchangeResult {
    const result = this.#estimator.exchange(exchange);
    if (result === 'rejected') return result;
    this.#isToBeTold = result === 'step'; // with its next answer, or never
    if (result === 'step') {
      this.#stepped(this.#estimator.lastStep);
      this.#reference = this.#unproved = undefined;
    } else if (this.#unproved && exchange.t1MonoMs >= this.#unproved.heardAtMs) {
      this.#reference = this.#unproved;
      this.#unproved = undefined;
    }
    return result;
  }

  /** Its clock was set, as it says, or it may have been while it was down. */
  #startAnew(exchange: Exchange, tells: 'a-step' | 'another-life'): ExchangeResult {
    const { t4MonoMs: atMs } = exchange;
    const before = this.at(atMs);
    this.forget(atMs);
    const result = this.#estimator.exchange(exchange);
    const after = this.at(atMs);
    const wasSeen = this.#isToBeTold;
    this.#isToBeTold = false;
    if (!before || !after) return result;
    // A step that we saw ourselves is not told twice.
    const isNews = tells === 'a-step' ? !wasSeen : areDisjoint(before, after);
    if (!isNews) return result;
    const errorMs = (before.highMs - before.lowMs + after.highMs - after.lowMs) / 2;
    this.#stepped({ atMs, byMs: after.offsetMs - before.offsetMs, errorMs });
    return 'step';
  }

  #stepped(step: OffsetStep | undefined): void {
    this.steps++;
    this.#lastStep = step;
  }

  /** What it says with how often its clock was set so far. */
  #tellsOf(bootId: string, steps: number): 'nothing' | 'a-step' | 'another-life' {
    const before = this.#told;
    this.#told = { steps, bootId };
    if (before?.bootId !== bootId) return 'another-life';
    return before.steps === steps ? 'nothing' : 'a-step';
  }

  /**
   * It says what it knows of true time. `saidAtMs`: after which instant, by our clock; `heardAtMs`:
   * when it came. An earlier word is kept until an exchange has followed this one.
   */
  referred(bounds: OffsetBounds, saidAtMs: number, heardAtMs: number): void {
    this.#unproved ??= { bounds, saidAtMs, heardAtMs };
  }

  /** Its wall clock less our steady clock. */
  at(nowMs: number): Offset | undefined {
    return this.#estimator.at(nowMs);
  }

  /** True time less our steady clock, as far as it tells us. */
  referenceAt(nowMs: number): OffsetBounds | undefined {
    const offset = this.at(nowMs);
    if (!offset || !this.#reference) return undefined;
    const { bounds, saidAtMs } = this.#reference;
    const ageMs = nowMs - saidAtMs;
    if (ageMs > REFERENCE_TTL_MS) return undefined;
    const driftMs = Math.max(0, ageMs) * this.#maxDriftPpm * PPM;
    return {
      lowMs: offset.lowMs + bounds.lowMs - driftMs,
      highMs: offset.highMs + bounds.highMs + driftMs,
    };
  }
}

function areDisjoint(a: OffsetBounds, b: OffsetBounds): boolean {
  return a.highMs < b.lowMs || b.highMs < a.lowMs;
}
