/**
 * The timeout estimator of one destination: a rolling histogram, the requests on their way, and
 * the curve and advice made of them.
 *
 * `timeoutMs` is asked once a request, so it answers from the model (reply-model.ts). Each end of a
 * request moves the model; its curve is read anew when enough is new, or every ten seconds while
 * requests are on their way. The window is for what people look at: bounds, quantiles, counts.
 */
import { argumentError } from '../errors.ts';
import { censor, Counts, replyAtRankMs } from '../histogram/counts.ts';
import { RollingCount } from '../histogram/rolling-count.ts';
import { RollingHistogram, type Slice } from '../histogram/rolling-histogram.ts';
import { SLICES } from '../histogram/slices.ts';
import { survivalCurve, type SurvivalCurve } from '../histogram/survival.ts';
import { adviseFrom, REPLIES_MIN } from './advise.ts';
import type { Evidence, Modelled } from './evidence.ts';
import { BurstMeter } from './burst-meter.ts';
import { InFlightList } from './in-flight.ts';
import { LongestWait } from './longest-wait.ts';
import { OnItsWay } from './on-its-way.ts';
import { OverloadGuard } from './overload.ts';
import { type Judged, ReplyModel, type Stance } from './reply-model.ts';
import { type TimeoutSettings, timeoutSettings } from './settings.ts';
import { Silence } from './silence.ts';
import type {
  Advice,
  InFlight,
  Observation,
  TimeoutEstimator,
  TimeoutEstimatorOptions,
} from './types.ts';

/** The curve is read anew after this time at the latest while requests are on their way. */
const FRESH_MS = 10_000;
/** Median and slow level of the window are taken anew after this time. */
const WINDOW_FRESH_MS = 1000;
/** So few requests are fitted whenever somebody asks, and more when enough are new. */
const FIT_ALWAYS = 100;
/** Requests on their way that are read, oldest first: younger ones tell the least. */
const IN_FLIGHT_READ_MAX = 4096;
/** … and as residuals, which cost a logarithm each. */
const WAITING_READ_MAX = 256;
/** So many requests on their way that exceed what is armed raise it, to a multiple of their age. */
const OVERDUE_MIN = 3;
/** … and so many of all on their way, or so many at most: a busy route has always some. */
const OVERDUE_SHARE = 0.1;
const OVERDUE_MAX = 64;
const OVERDUE_FACTOR = 2;
/** No timeout is longer than so many times the longest wait of the last window or two. */
const FARTHEST = 2;
/** … while replies have just jumped to a slower level. */
const FARTHEST_JUMPED = 8;
/** A timeout that fires before this share of what was armed is somebody else's. */
const ARMED_SHARE = 0.9;
/** Level at which slow replies are looked at for bursts: often enough to be counted. */
const BURST_LEVEL = 0.01;
/** Share of requests that may count as given up by others: who gives up is not chosen by chance. */
const CANCELLED_SHARE_MAX = 0.1;
const CANCELLED_MIN = 10;
/** Share of requests for which a hedge may be sent. */
const HEDGE_RATE = 0.05;

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

/** The estimator as Tardy's own parts use it: with what snapshots and pooling need besides. */
export class Estimator implements TimeoutEstimator {
  readonly settings: TimeoutSettings;
  readonly #window: RollingHistogram;
  readonly #inFlight = new InFlightList<OnItsWay>();
  readonly #bursts = new BurstMeter();
  readonly #model: ReplyModel;
  readonly #silence: Silence;
  #firstAtMs: number | undefined;
  #lastAtMs = -Infinity;
  readonly #lost: RollingCount;
  readonly #paused: RollingCount;
  #slowMs = Infinity;
  /** Half of the replies in the window are faster. */
  #medianMs = 0;
  #freshUntilMs = -Infinity;
  #windowUntilMs = -Infinity;
  readonly #longest: LongestWait;
  readonly #guard = new OverloadGuard();
  /** No timeout is longer while more requests arrive than are answered. */
  #frozenMs = Infinity;
  /** When replies left the level that they had held, and the time before. */
  #leftAtMs = -Infinity;
  #leftBeforeMs = -Infinity;
  /** Requests that others gave up and that count, in all; and those beyond their share. */
  #cancelled = 0;
  readonly #givenUp: RollingCount;

  readonly #pausedMs: PausedMs;

  /** `pausedMs`: how much of a span our own process stood still; not charged to who still waits. */
  constructor(options?: TimeoutEstimatorOptions, pausedMs: PausedMs = () => 0) {
    this.#pausedMs = pausedMs;
    this.settings = timeoutSettings(options);
    this.#window = new RollingHistogram(this.settings.windowMs);
    this.#lost = new RollingCount(this.settings.windowMs);
    this.#paused = new RollingCount(this.settings.windowMs);
    this.#givenUp = new RollingCount(this.settings.windowMs);
    this.#longest = new LongestWait(this.settings.windowMs);
    this.#model = new ReplyModel(this.settings);
    this.#silence = new Silence({
      checkpoint: () => this.#checkpoint(),
      commit: () => this.#model.commit(),
    });
  }

  begin(startedAtMs: number): InFlight {
    if (!Number.isFinite(startedAtMs)) throw argumentError('startedAtMs', startedAtMs, 'finite');
    const armedMs = this.timeoutMs(startedAtMs);
    if (this.#guard.begun(startedAtMs, armedMs, this.#inFlight.size)) this.#freeze(armedMs);
    const item = new OnItsWay(this, { startedAtMs, armedMs, stance: this.#model.stance });
    this.#inFlight.add(item);
    return item;
  }

  ended(item: OnItsWay, observation?: Observation): void {
    this.#inFlight.remove(item);
    if (!observation) return;
    const { outcome } = observation;
    if (outcome === 'completed' || outcome === 'failed') this.#guard.answered();
    this.#take(observation, observation.armedMs ?? item.armedMs, item.stance);
  }

  observe(observation: Observation): void {
    const { armedMs, outcome, durationMs } = observation;
    this.#take(observation, armedMs ?? (outcome === 'timed-out' ? durationMs : this.#armedMs()));
  }

  timeoutMs(atMs: number): number {
    if (atMs >= this.#freshUntilMs && this.#inFlight.size > 0) this.#read(atMs);
    const armedMs = this.#armedMs();
    return this.#inFlight.size < OVERDUE_MIN ? armedMs : this.#raised(armedMs, atMs);
  }

  survival(durationMs: number): number | undefined {
    const phi = this.phi(durationMs);
    return phi === undefined ? undefined : 10 ** -phi;
  }

  phi(durationMs: number): number | undefined {
    if (Number.isNaN(durationMs)) throw argumentError('durationMs', durationMs, 'a number');
    if (this.#isDue) this.#read(this.#lastAtMs);
    return this.#model.replies > 0 ? this.#model.phi(durationMs) : undefined;
  }

  advice(atMs: number): Advice {
    const nowMs = Number.isFinite(atMs) ? atMs : this.#lastAtMs;
    if (this.#isDue || this.#inFlight.size > 0) this.#read(nowMs);
    const evidence = this.#make(nowMs);
    return adviseFrom({ ...evidence, model: this.#modelled(nowMs) }, this.settings);
  }

  /** The peer is known to be dead: what it left unanswered is a loss, and not a slow reply. */
  forgetSilence(): void {
    this.#silence.forget();
  }

  /** The curve of the advice just given; undefined before the first reply. */
  get curve(): SurvivalCurve | undefined {
    return curves.get(this);
  }

  /** What to arm now, in ms; undefined while there is too little to say. */
  advisedMs(atMs: number): number | undefined {
    const armedMs = this.timeoutMs(atMs);
    return this.#settled ? armedMs : undefined;
  }

  /** Everything in the window, for pooling and for reading quantiles. Allocates nothing. */
  addTo(counts: Counts, nowMs: number): void {
    this.#window.advance(nowMs);
    this.#window.addTo(counts);
    for (const waitedMs of this.#silence.waitsMs) censor(counts, waitedMs);
    let read = 0;
    for (const item of this.#inFlight) {
      if (read++ >= IN_FLIGHT_READ_MAX) break;
      const waitedMs = nowMs - item.startedAtMs - this.#pausedMs(item.startedAtMs, nowMs);
      censor(counts, waitedMs);
    }
  }

  /** What the advice is made of, without the counts. */
  context(nowMs: number): Omit<Evidence, 'counts' | 'curve' | 'pooled'> {
    const since = Math.max(this.#firstAtMs ?? nowMs, nowMs - this.settings.windowMs);
    return {
      lost: this.#lost.total(nowMs),
      paused: this.#paused.total(nowMs),
      givenUp: this.#givenUp.total(nowMs),
      overload: this.#guard.overload,
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
    this.#lastAtMs = Math.max(this.#lastAtMs, firstAtMs);
    const held = this.#window.completed + this.#window.censored;
    if (this.#model.isYoung || held > this.#model.seen) {
      const counts = this.#windowCounts();
      this.#model.fit(counts);
      const slowestMs = replyAtRankMs(counts.completed, this.#window.completed);
      this.#longest.keep(this.#lastAtMs, slowestMs ?? 0);
      this.#read(this.#lastAtMs);
    }
  }

  #take(observation: Observation, armedMs: number, stance?: Stance): void {
    const { atMs, durationMs, outcome, localPauseMs } = observation;
    if (!Number.isFinite(atMs) || !(durationMs >= 0)) return;
    this.#firstAtMs ??= atMs;
    this.#lastAtMs = Math.max(this.#lastAtMs, atMs);
    if (outcome === 'failed') {
      this.#lost.add(atMs);
      this.#silence.forget();
      return;
    }
    if (localPauseMs !== undefined && localPauseMs > 0) {
      this.#paused.add(atMs);
      this.#window.record(atMs, Math.max(0, durationMs - localPauseMs), true);
      return;
    }
    if (outcome === 'completed') {
      for (const kept of this.#silence.end(durationMs)) this.#window.record(atMs, kept, true);
      this.#window.record(atMs, durationMs, false);
      this.#bursts.observe(durationMs >= this.#slowMs);
      this.#tell(atMs, { durationMs, censored: false, armedMs, stance });
    } else this.#cutOff(observation, armedMs, stance);
  }

  #cutOff({ atMs, durationMs, outcome }: Observation, armedMs: number, stance?: Stance): void {
    const fired = outcome === 'timed-out' && durationMs >= ARMED_SHARE * armedMs;
    if (fired) {
      this.#silence.add(durationMs, this.#armedMs());
      this.#bursts.observe(durationMs >= this.#slowMs);
      this.#tell(atMs, { durationMs, censored: true, armedMs, stance });
      return;
    }
    if (this.#cancelled >= Math.max(CANCELLED_MIN, CANCELLED_SHARE_MAX * this.#model.seen)) {
      this.#givenUp.add(atMs);
      return;
    }
    this.#cancelled++;
    this.#window.record(atMs, durationMs, true);
    this.#tell(atMs, { durationMs, censored: true });
  }

  #tell(atMs: number, request: Judged): void {
    this.#model.floorMs = this.#floorMs;
    this.#longest.keep(atMs, request.durationMs);
    const change = this.#model.observe(request);
    if (change === 'left') {
      this.#leftBeforeMs = this.#leftAtMs;
      this.#leftAtMs = atMs;
    } else if (change === 'returned') this.#leftAtMs = this.#leftBeforeMs;
    if (this.#model.isStale) this.#read(atMs);
  }

  /** Half of the replies of the window come later than a shorter timeout, until a fall is sure. */
  get #floorMs(): number {
    return this.#model.isSettled ? 0 : this.#medianMs;
  }

  #checkpoint(): () => void {
    const restore = [this.#model, this.#bursts, this.#longest].map((each) => each.checkpoint());
    const [left, leftBefore] = [this.#leftAtMs, this.#leftBeforeMs];
    return () => {
      restore.forEach((each) => each());
      this.#leftAtMs = left;
      this.#leftBeforeMs = leftBefore;
    };
  }

  /** Enough replies for a value, now or once: an old value to arm is better than none. */
  get #settled(): boolean {
    return this.#model.replies >= REPLIES_MIN;
  }

  #armedMs(): number {
    const { initialMs, minMs, maxMs } = this.settings;
    if (!this.#settled) return Math.min(maxMs, Math.max(minMs, initialMs));
    const farthest = this.#model.hasJumped ? FARTHEST_JUMPED : FARTHEST;
    const farthestMs = farthest * this.#longest.ms;
    const ms = Math.min(this.#silence.bounded(this.#model.timeoutMs()), farthestMs);
    return Math.min(maxMs, this.#frozenMs, Math.max(minMs, ms, this.#floorMs));
  }

  #freeze(armedMs: number): void {
    const { overload } = this.#guard;
    if (!overload || overload.collapsed) this.#frozenMs = Infinity;
    else if (this.#frozenMs === Infinity) this.#frozenMs = armedMs;
    this.#model.heldMs = this.#frozenMs;
  }

  /** More than `armedMs` where several requests on their way have waited longer already. */
  #raised(armedMs: number, atMs: number): number {
    let item = this.#inFlight.oldest;
    if (!item || !this.#settled || !(atMs - item.startedAtMs > armedMs)) return armedMs;
    const share = Math.min(OVERDUE_MAX, this.#inFlight.size * OVERDUE_SHARE);
    for (let i = 1; i < Math.max(OVERDUE_MIN, share) && item; i++) {
      item = item.next as OnItsWay | undefined;
    }
    if (!item || !(atMs - item.startedAtMs > armedMs)) return armedMs;
    const waitedMs = atMs - item.startedAtMs - this.#pausedMs(item.startedAtMs, atMs);
    const raised = waitedMs > armedMs ? OVERDUE_FACTOR * waitedMs : armedMs;
    return Math.min(this.settings.maxMs, this.#frozenMs, raised);
  }

  /** Enough is new that reading anew changes what is told; of few, anything new does. */
  get #isDue(): boolean {
    const { isStale, hasNew, seen } = this.#model;
    return isStale || (hasNew && seen < FIT_ALWAYS);
  }

  /** Reads the model's curve anew, with the requests on their way. */
  #read(atMs: number): void {
    this.#freshUntilMs = atMs + FRESH_MS;
    this.#readWindow(atMs);
    const waitingMs: number[] = [];
    for (const { startedAtMs } of this.#inFlight) {
      if (waitingMs.length >= WAITING_READ_MAX) break;
      const waitedMs = atMs - startedAtMs - this.#pausedMs(startedAtMs, atMs);
      if (waitedMs > 0) waitingMs.push(waitedMs);
    }
    this.#model.read(waitingMs);
  }

  /** What the window is asked for besides: costly, and it changes slowly. */
  #readWindow(atMs: number): void {
    const isFit = this.#isDue && this.#model.isYoung;
    if (!isFit && this.#model.isSettled && atMs < this.#windowUntilMs) return;
    this.#windowUntilMs = atMs + WINDOW_FRESH_MS;
    const counts = this.#windowCounts();
    const { completed, censored } = this.#window;
    if (isFit && completed + censored >= this.#model.seen) this.#model.fit(counts);
    const slow = Math.max(BURST_LEVEL, this.settings.targetRate);
    this.#medianMs = replyAtRankMs(counts.completed, completed / 2) ?? 0;
    this.#slowMs = replyAtRankMs(counts.completed, (1 - slow) * completed) ?? Infinity;
  }

  /** What has ended in the window. */
  #windowCounts(): Counts {
    this.#window.addTo(scratch.clear());
    return scratch;
  }

  #modelled(nowMs: number): Modelled | undefined {
    if (!this.#settled) return undefined;
    const { account, replies } = this.#model;
    return {
      valueMs: this.timeoutMs(nowMs),
      unboundedMs: this.#model.timeoutMs(),
      hedgeMs: Math.min(this.#model.quantileMs(HEDGE_RATE), this.#armedMs()),
      rateAt: (durationMs) => 10 ** -this.#model.phi(durationMs),
      replies,
      judged: account.judged,
      exceeded: account.exceeded,
      sinceJumpMs: nowMs - this.#leftAtMs,
    };
  }

  #make(atMs: number): Evidence {
    this.addTo(scratch.clear(), atMs);
    const curve = survivalCurve(scratch);
    keepCurve(this, curve);
    return { counts: scratch, curve, pooled: false, ...this.context(atMs) };
  }
}
