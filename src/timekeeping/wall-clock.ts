/**
 * Our wall clock, to the microsecond, and who sets it.
 *
 * `Date.now()` tells whole milliseconds, so it is read at the right instants: next to a tick of
 * the wall clock, which the base (`src/clock/wall-base.ts`) knows beforehand. A reading costs
 * three clock reads, 0.2 µs, which is also the precision that can be had: two readings around a
 * tick leave the time between them. `performance.now()` and `process.hrtime` tell nanoseconds.
 *
 * No timer of its own: `tick()` is called by one that runs anyway, and `now()` by whoever needs
 * the time; both read the clock. Only while the base is wide (at the start, after a step) turns
 * of the event loop are asked for: over 10 ms, or 20 of them where the host makes them longer.
 */
import { type WallReading, WallBase, type WallStep } from '../clock/wall-base.ts';
import type { WallOffset } from '../clock/types.ts';
import { Diagnostics } from '../telemetry/diagnostics.ts';

/** The event loop is never held longer than this at a time. */
const SPIN_MAX_MS = 0.2;

/** `refine()` is done when the base is as narrow as this. */
const FINE_MS = 0.001;

/** A base wider than this is worth waiting for a tick: some 4 times a second, 0.1 ms each. */
const WIDE_MS = 0.004;

/**
 * Too wide to go on waiting: it takes turns of the event loop. Seldom, as ticks come at all phases
 * of the millisecond; without them, steps would no longer be sized within 20 µs.
 */
const LOST_MS = 0.02;

/** So long are turns asked for; a tick of the wall clock comes each millisecond. */
const REFINE_MAX_MS = 10;

/** And so many at least: where other work makes them long, they cost little and help little. */
const REFINE_TURNS = 20;

/** Refining in vain (a coarse clock, a crowded machine) is tried again after this. */
const REST_MS = 1000;

/** What time it is. */
export interface WallTime {
  /** Monotonic, as `performance.now()`. */
  readonly monoMs: number;
  /** Since 1970, with fractions. The truth of this clock lies within ±wallErrorMs. */
  readonly wallMs: number;
  readonly wallErrorMs: number;
}

export interface WallClockOptions {
  /** Where a listener that throws is told of. */
  readonly diagnostics?: Diagnostics;
  /** The monotonic clock; default `performance.now`. */
  readonly monoMs?: () => number;
  /** The wall clock in whole ms; default `Date.now`. */
  readonly dateMs?: () => number;
  /** Calls back after a turn of the event loop; default `setImmediate`. */
  readonly soon?: (turn: () => void) => void;
}

// Taken now, so that tests of the host that fake the clocks later do not step ours.
const realMonoMs = performance.now.bind(performance);
const realDateMs = Date.now.bind(Date);

export class WallClock {
  readonly #base = new WallBase();
  readonly #diagnostics: Diagnostics;
  readonly #monoMs: () => number;
  readonly #dateMs: () => number;
  readonly #soon: (turn: () => void) => void;
  readonly #onStep = new Set<(step: WallStep) => void>();
  readonly #onChange = new Set<() => void>();
  readonly #turn: () => void;
  #isRefining = false;
  #refinedAtMs = -Infinity;
  #turns = 0;

  constructor({
    diagnostics = new Diagnostics(),
    monoMs = realMonoMs,
    dateMs = realDateMs,
    // Not unref'ed: the loop would sleep over it until the next event.
    soon = (turn) => void setImmediate(turn),
  }: WallClockOptions = {}) {
    this.#diagnostics = diagnostics;
    this.#monoMs = monoMs;
    this.#dateMs = dateMs;
    this.#soon = soon;
    this.#turn = diagnostics.guard('wall clock', () => this.#refineTurn());
    this.#read();
  }

  /** The time. Within 1 µs as a rule; within 1 ms before the first `refine()` and in a step. */
  now(): WallTime {
    const monoMs = this.#read();
    const { baseMs, errorMs } = this.base(monoMs);
    return { monoMs, wallMs: monoMs + baseMs, wallErrorMs: errorMs };
  }

  /** Wall clock less monotonic clock at an instant; default: now, without reading the wall. */
  base(monoMs: number = this.#monoMs()): WallOffset {
    return this.#base.at(monoMs) as WallOffset; // the constructor has read it
  }

  /** Calls back for each step of the wall clock, once its size is known. Returns the way out. */
  onStep(listener: (step: WallStep) => void): () => void {
    const guarded = this.#diagnostics.guard('wall step', listener);
    this.#onStep.add(guarded);
    return () => this.#onStep.delete(guarded);
  }

  /**
   * How often the wall clock was found changed: stepped, or slewed faster than allowed for. It is
   * up to date in the very call that reads the clock, before the change is sized.
   */
  get changes(): number {
    return this.#base.changes;
  }

  /** Calls back whenever `changes` goes up, within the call that reads it. Returns the way out. */
  onChange(listener: () => void): () => void {
    const guarded = this.#diagnostics.guard('wall change', listener);
    this.#onChange.add(guarded);
    return () => this.#onChange.delete(guarded);
  }

  /**
   * To be called regularly, best every 20 ms: sees steps, and keeps the base narrow. Waits
   * for 0.2 ms at most, now and then, if a tick of the wall clock is about to come.
   */
  tick(): void {
    const nowMs = this.#read();
    const widthMs = this.#base.widthMs(nowMs);
    if (this.#isRefining || widthMs <= WIDE_MS) return;
    if (widthMs > LOST_MS) {
      if (nowMs - this.#refinedAtMs >= REST_MS) this.refine();
    } else this.#aim(nowMs);
  }

  /**
   * Narrows the base below 1 µs in a few turns of the event loop, within some 2 ms if the loop is
   * idle; of each turn it takes 0.2 ms at most.
   */
  refine(): void {
    if (this.#isRefining) return;
    this.#isRefining = true;
    this.#refinedAtMs = this.#monoMs();
    this.#turns = 0;
    this.#soon(this.#turn);
  }

  #refineTurn(): void {
    this.#aim(this.#read());
    const nowMs = this.#monoMs();
    const isOver = ++this.#turns >= REFINE_TURNS && nowMs - this.#refinedAtMs >= REFINE_MAX_MS;
    if (isOver || this.#base.widthMs(nowMs) <= FINE_MS) this.#isRefining = false;
    else this.#soon(this.#turn);
  }

  /** Reads through the next tick of the wall clock, if that may come soon enough. */
  #aim(nowMs: number): void {
    const { fromMs, toMs } = this.#base.nextTick(nowMs);
    if (fromMs - nowMs > SPIN_MAX_MS) return;
    const endMs = Math.min(toMs, nowMs + SPIN_MAX_MS);
    let atMs = nowMs;
    while (atMs <= endMs && this.#base.widthMs(atMs) > FINE_MS) atMs = this.#read();
  }

  /** Reads both clocks; the monotonic instant just after. */
  #read(): number {
    const beforeMs = this.#monoMs();
    const wallMs = this.#dateMs();
    const afterMs = this.#monoMs();
    this.#take({ beforeMs, wallMs, afterMs });
    return afterMs;
  }

  #take(reading: WallReading): void {
    const { changes, isChanging } = this.#base;
    const step = this.#base.read(reading);
    // Once a change: if that is in vain, ticks try again, as seldom as ever.
    if (this.#base.isChanging && !isChanging) this.refine();
    if (this.#base.changes > changes) for (const tell of this.#onChange) tell();
    if (step) for (const tell of this.#onStep) tell(step);
  }
}
