/**
 * The timeout estimator of one destination: a rolling histogram, the requests on their way, and
 * the curve and advice made of them.
 *
 * `timeoutMs` is asked once a request, so it answers from a kept value. The value is made anew
 * when a tenth of the data are new, when several replies exceeded it, or every ten seconds.
 */
import { argumentError } from '../errors.ts';
import { Counts, sum } from '../histogram/counts.ts';
import { bucketIndex, toMicros } from '../histogram/layout.ts';
import { RollingCount } from '../histogram/rolling-count.ts';
import { RollingHistogram, type Slice } from '../histogram/rolling-histogram.ts';
import { SLICES } from '../histogram/slices.ts';
import { survivalCurve, type SurvivalCurve } from '../histogram/survival.ts';
import { adviseFrom, type Evidence, timeoutFrom } from './advise.ts';
import { BurstMeter } from './burst-meter.ts';
import { InFlightList, type Linked } from './in-flight.ts';
import { type TimeoutSettings, timeoutSettings } from './settings.ts';
import type {
  Advice,
  InFlight,
  Observation,
  TimeoutEstimator,
  TimeoutEstimatorOptions,
} from './types.ts';

/** A kept value is made anew after this time at the latest. */
const FRESH_MS = 10_000;
/** … or when new observations make up this share of the window, and are so many at least. */
const NEW_SHARE = 0.1;
const NEW_MIN = 16;
/** … or when so many requests exceeded it, and at most every RETHINK_MS. */
const EXCEEDED_MAX = 3;
const RETHINK_MS = 100;
/** Level at which slow replies are looked at for bursts: often enough to be counted. */
const BURST_LEVEL = 0.01;
/** Requests on their way that are read, oldest first: younger ones tell the least. */
const IN_FLIGHT_READ_MAX = 4096;

/** Shared by all estimators: nothing here waits, so no two use it at once. */
const scratch = new Counts();

/** Curves kept, of the estimators last asked: 10 KiB each, and made anew in 50 µs. */
const CURVES_MAX = 16;
const curves = new Map<Estimator, SurvivalCurve>();

function keepCurve(estimator: Estimator, curve: SurvivalCurve | undefined): void {
  curves.delete(estimator);
  if (!curve) return;
  curves.set(estimator, curve);
  for (const oldest of curves.keys()) {
    if (curves.size <= CURVES_MAX) break;
    curves.delete(oldest);
  }
}

/** How much of a span our own process stood still, in ms. */
export type PausedMs = (fromMs: number, toMs: number) => number;

class OnItsWay implements InFlight, Linked {
  previous: Linked | undefined;
  next: Linked | undefined;
  readonly startedAtMs: number;
  readonly armedMs: number;
  #owner: Estimator | undefined;

  constructor(owner: Estimator, startedAtMs: number, armedMs: number) {
    this.startedAtMs = startedAtMs;
    this.armedMs = armedMs;
    this.#owner = owner;
  }

  end(observation: Observation): void {
    this.#owner?.ended(this, observation);
    this.#owner = undefined;
  }

  drop(): void {
    this.#owner?.ended(this);
    this.#owner = undefined;
  }
}

/** The estimator as Tardy's own parts use it: with what snapshots and pooling need besides. */
export class Estimator implements TimeoutEstimator {
  readonly settings: TimeoutSettings;
  readonly #window: RollingHistogram;
  readonly #inFlight = new InFlightList<OnItsWay>();
  readonly #bursts = new BurstMeter();
  #firstAtMs: number | undefined;
  #lastAtMs = -Infinity;
  readonly #lost: RollingCount;
  readonly #paused: RollingCount;
  #timeoutMs: number;
  #settled = false;
  #slowMs = Infinity;
  #freshUntilMs = -Infinity;
  #madeAtMs = -Infinity;
  #new = 0;
  #newMax = 1;
  #exceeded = 0;

  readonly #pausedMs: PausedMs;

  /** `pausedMs`: how much of a span our own process stood still; not charged to who still waits. */
  constructor(options?: TimeoutEstimatorOptions, pausedMs: PausedMs = () => 0) {
    this.#pausedMs = pausedMs;
    this.settings = timeoutSettings(options);
    this.#window = new RollingHistogram(this.settings.windowMs);
    this.#lost = new RollingCount(this.settings.windowMs);
    this.#paused = new RollingCount(this.settings.windowMs);
    this.#timeoutMs = this.#initialMs();
  }

  begin(startedAtMs: number): InFlight {
    if (!Number.isFinite(startedAtMs)) throw argumentError('startedAtMs', startedAtMs, 'finite');
    const item = new OnItsWay(this, startedAtMs, this.timeoutMs(startedAtMs));
    this.#inFlight.add(item);
    return item;
  }

  ended(item: OnItsWay, observation?: Observation): void {
    this.#inFlight.remove(item);
    if (observation) this.#take(observation, observation.armedMs ?? item.armedMs);
  }

  observe(observation: Observation): void {
    this.#take(observation, observation.armedMs ?? this.#timeoutMs);
  }

  timeoutMs(atMs: number): number {
    if (!Number.isFinite(atMs)) return this.#timeoutMs;
    if (atMs >= this.#freshUntilMs || this.#new >= this.#newMax) this.#refresh(atMs);
    return this.#timeoutMs;
  }

  survival(durationMs: number): number | undefined {
    if (Number.isNaN(durationMs)) throw argumentError('durationMs', durationMs, 'a number');
    if (this.#new > 0 || !curves.has(this)) this.#make(this.#lastAtMs);
    return this.curve?.at(Math.max(0, Math.min(durationMs, Number.MAX_SAFE_INTEGER)));
  }

  phi(durationMs: number): number | undefined {
    const survival = this.survival(durationMs);
    return survival === undefined ? undefined : Math.max(0, -Math.log10(survival));
  }

  advice(atMs: number): Advice {
    return adviseFrom(this.#make(Number.isFinite(atMs) ? atMs : this.#lastAtMs), this.settings);
  }

  /** The curve of the advice just given; undefined before the first reply. */
  get curve(): SurvivalCurve | undefined {
    return curves.get(this);
  }

  /** What to arm now, in ms; undefined while there is too little to say. */
  advisedMs(atMs: number): number | undefined {
    const armed = this.timeoutMs(atMs);
    return this.#settled ? armed : undefined;
  }

  /** Everything in the window, for pooling and for reading quantiles. Allocates nothing. */
  addTo(counts: Counts, nowMs: number): void {
    this.#window.advance(nowMs);
    this.#window.addTo(counts);
    let read = 0;
    for (const item of this.#inFlight) {
      if (read++ >= IN_FLIGHT_READ_MAX) break;
      const waitedMs = nowMs - item.startedAtMs - this.#pausedMs(item.startedAtMs, nowMs);
      const index = bucketIndex(toMicros(waitedMs));
      counts.censored[index] = (counts.censored[index] as number) + 1;
    }
  }

  /** What the advice is made of, without the counts. */
  context(nowMs: number): Omit<Evidence, 'counts' | 'curve' | 'pooled'> {
    const since = Math.max(this.#firstAtMs ?? nowMs, nowMs - this.settings.windowMs);
    return {
      lost: this.#lost.total(nowMs),
      paused: this.#paused.total(nowMs),
      spanMs: Math.max(0, nowMs - since),
      varianceInflation: this.#bursts.varianceInflation(),
    };
  }

  slices(): readonly Slice[] {
    return this.#window.slices();
  }

  /** Takes in the window of another estimator or a snapshot. */
  merge(slices: readonly Slice[]): void {
    const first = slices[0];
    if (!first) return;
    this.#window.merge(slices);
    const firstAtMs = first.endMs - this.settings.windowMs / SLICES;
    this.#firstAtMs = Math.min(this.#firstAtMs ?? firstAtMs, firstAtMs);
    this.#freshUntilMs = -Infinity;
    this.#new++; // the curve is stale
  }

  #take(observation: Observation, armedMs: number): void {
    const { atMs, durationMs, outcome, localPauseMs } = observation;
    if (!Number.isFinite(atMs) || !(durationMs >= 0)) return;
    this.#firstAtMs ??= atMs;
    this.#lastAtMs = Math.max(this.#lastAtMs, atMs);
    this.#new++;
    if (outcome === 'failed') {
      this.#lost.add(atMs);
      return;
    }
    if (localPauseMs !== undefined && localPauseMs > 0) {
      this.#paused.add(atMs);
      this.#window.record(atMs, Math.max(0, durationMs - localPauseMs), true);
      return;
    }
    this.#window.record(atMs, durationMs, outcome !== 'completed');
    if (outcome === 'cancelled') return;
    this.#judge(durationMs, outcome === 'timed-out' ? durationMs : armedMs);
  }

  /** A run of replies over the armed timeout makes the kept value stale at once. */
  #judge(durationMs: number, armedMs: number): void {
    this.#bursts.observe(durationMs >= this.#slowMs);
    if (durationMs >= armedMs && ++this.#exceeded >= EXCEEDED_MAX) {
      this.#freshUntilMs = Math.min(this.#freshUntilMs, this.#madeAtMs + RETHINK_MS);
    }
  }

  #refresh(atMs: number): void {
    if (this.#new === 0 && this.#inFlight.size === 0 && this.#madeAtMs > -Infinity) {
      this.#freshUntilMs = atMs + FRESH_MS;
      return;
    }
    this.#make(atMs);
  }

  #make(atMs: number): Evidence {
    this.addTo(scratch.clear(), atMs);
    const curve = survivalCurve(scratch);
    keepCurve(this, curve);
    const slowLevel = Math.max(BURST_LEVEL, this.settings.targetRate);
    this.#slowMs = curve?.quantileMs(slowLevel) ?? Infinity;
    this.#new = this.#exceeded = 0;
    const held = this.#window.completed + this.#window.censored;
    this.#newMax = Math.max(NEW_MIN, NEW_SHARE * held);
    this.#madeAtMs = atMs;
    this.#freshUntilMs = atMs + FRESH_MS;
    const evidence = { counts: scratch, curve, pooled: false, ...this.context(atMs) };
    if (held === 0 && this.#settled) return evidence; // an old value to arm is better than none
    const timeoutMs = timeoutFrom(evidence, this.settings);
    this.#settled = timeoutMs !== undefined;
    this.#timeoutMs = timeoutMs ?? this.#initialMs();
    return evidence;
  }

  #initialMs(): number {
    const { initialMs, minMs, maxMs } = this.settings;
    return Math.min(maxMs, Math.max(minMs, initialMs));
  }
}

/**
 * An estimator of the timeout of one destination. Throws ERR_TARDY_ARGUMENT for options out of
 * range; observations that make no sense (negative or NaN durations) are left out.
 */
export function createTimeoutEstimator(options?: TimeoutEstimatorOptions): TimeoutEstimator {
  return new Estimator(options);
}

/** One advice over several estimators of the same destination, such as the routes of a peer. */
export function pooledAdvice(
  estimators: readonly Estimator[],
  nowMs: number,
  settings: TimeoutSettings,
): Advice {
  scratch.clear();
  const contexts = estimators.map((estimator) => {
    estimator.addTo(scratch, nowMs);
    return estimator.context(nowMs);
  });
  const evidence: Evidence = {
    counts: scratch,
    curve: survivalCurve(scratch),
    pooled: estimators.length > 1,
    lost: sum(contexts.map((context) => context.lost)),
    paused: sum(contexts.map((context) => context.paused)),
    spanMs: Math.max(0, ...contexts.map((context) => context.spanMs)),
    varianceInflation: Math.max(1, ...contexts.map((context) => context.varianceInflation)),
  };
  return adviseFrom(evidence, settings);
}
