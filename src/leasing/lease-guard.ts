/**
 * Says whether a lease may still be acted on, at the moment it is asked.
 *
 * It asks the clocks each time: never `Date.now`, which somebody may set, and never a timer, which
 * is late after a pause (58 of 60 stale writes in the research this rests on). Its own timer only
 * tells those who wait that the time is over. The rules are in `src/lease/`.
 */
import { argumentError } from '../errors.ts';
import { checkRule, DRIFT_PPM, type LeaseRule } from '../lease/lease-rule.ts';
import { LeaseState } from '../lease/lease-state.ts';
import { proposeMargin } from '../lease/margin.ts';
import {
  type ActiveGuard,
  activeTripCause,
  hideGuard,
  leaseDiagnostics,
  showGuard,
  TRIP_CAUSES,
  type TripCause,
} from './hub.ts';
import { type LeaseClocks, leaseTime, type LeaseTime } from './lease-clocks.ts';
import { LeaseLostError } from './lease-lost.ts';

/** Beyond this, setTimeout fires at once. */
const TIMER_MAX_MS = 2 ** 31 - 1;

export interface LeaseGuardOptions {
  /** What the lease is on, for messages and metrics. */
  readonly resource: string;
  /** What the issuer grants, in ms, > 0. */
  readonly ttlMs: number;
  /**
   * How long before the end to stop, in ms. Lower: more writes arrive too late; higher: less work
   * is done under a lease. Default: what `proposeMargin` says without measurements, a tenth.
   */
  readonly marginMs?: number;
  /** How far the rate of each clock, the issuer's and ours, may be off. Default 200. */
  readonly maxDriftPpm?: number;
  /** Instead of those of the system. */
  readonly clocks?: LeaseClocks;
  /**
   * Trip when a majority suspects this node, or its clock is out of bounds, and hold no lease as
   * long as it does. Works only while a Tardy with peers runs in the same thread and copy of the
   * package. Default: neither.
   */
  readonly tripOn?: readonly TripCause[];
  /** Called once for each lease that is lost before it is released, as soon as that is noticed. */
  readonly onLost?: (error: LeaseLostError) => void;
}

/** The issuer granted or renewed a lease. */
export interface AcquiredLease {
  /** `guard.nowMs()` from *before* the request was sent. */
  readonly sentAtMs: number;
  /** If the issuer granted another time than that of the options, in ms. */
  readonly ttlMs?: number;
  /** The fencing token; a renewal may leave it out. */
  readonly token?: bigint;
}

/** The lease as the work under it sees it: lost for good when it is lost once. */
export interface RunningLease {
  readonly token: bigint | undefined;
  isHeld(): boolean;
  /** Throws ERR_TARDY_LEASE_LOST; to be called right before each effect. */
  assertHeld(): void;
  /** In ms, >= 0. */
  remainingMs(): number;
}

export interface LeaseGuard extends ActiveGuard {
  /** The clock of the guard, in ms; at first that of `performance.now()`, which may stand in. */
  nowMs(): number;
  /**
   * Tells of a grant or a renewal; true if the lease is held now. An answer that was overtaken by
   * one to a later request, and one to a request of before a `trip` or `release`, changes nothing.
   * As long as a cause of `tripOn` lasts, no lease is held.
   * Throws ERR_TARDY_ARGUMENT for a `sentAtMs` in the future: that is another clock.
   */
  acquired(lease: AcquiredLease): boolean;
  isHeld(): boolean;
  /** Throws ERR_TARDY_LEASE_LOST, with how late it is, unless the lease is held. */
  assertHeld(): void;
  /** Of the newest grant. */
  readonly token: bigint | undefined;
  /** Gives the lease up: the issuer has to be told by the caller. */
  release(): void;
  /**
   * Stops acting whatever the clock says, until the lease is acquired anew: asked for after this,
   * and with a higher token if there are tokens. Renewing it does not do.
   */
  trip(reason: string): void;
  /**
   * Runs `fn` under the lease. The signal aborts when the loss is noticed, which after a pause may
   * be after code of `fn` has gone on: `lease.assertHeld()` right before each effect asks the
   * clock. Rejects with ERR_TARDY_LEASE_LOST if the lease is not held at the start, or was lost
   * before `fn` was done; with what `fn` throws if it throws.
   */
  run<T>(fn: (signal: AbortSignal, lease: RunningLease) => Promise<T> | T): Promise<T>;
}

/** Throws ERR_TARDY_ARGUMENT for options that leave nothing of the lease. */
export function createLeaseGuard(options: LeaseGuardOptions): LeaseGuard {
  return new ClockedGuard(options);
}

class ClockedGuard implements LeaseGuard {
  readonly resource: string;
  readonly tripOn: readonly TripCause[];
  readonly #ttlMs: number;
  readonly #rule: LeaseRule;
  readonly #time: LeaseTime;
  readonly #state: LeaseState;
  readonly #onLost: (error: LeaseLostError) => void;
  readonly #ref = new WeakRef<ActiveGuard>(this);
  readonly #runs = new Set<LeaseRun>();
  /** Held when last looked at: if it is not at the next look, that is news. */
  #wasHeld = false;
  #timer: NodeJS.Timeout | undefined;
  #firesMs = Infinity;

  constructor(options: LeaseGuardOptions) {
    const { resource, ttlMs, maxDriftPpm = DRIFT_PPM, tripOn = [], onLost } = options;
    const { marginMs = proposeMargin({ ttlMs }).marginMs } = options;
    if (typeof resource !== 'string' || resource === '') {
      throw argumentError('resource', resource, 'a name');
    }
    checkTripOn(tripOn);
    this.#time = leaseTime(options.clocks);
    this.#rule = { marginMs, maxDriftPpm, grainMs: this.#time.grainMs };
    checkRule(ttlMs, this.#rule);
    this.resource = resource;
    this.tripOn = tripOn;
    this.#ttlMs = ttlMs;
    this.#state = new LeaseState(this.#rule);
    this.#onLost = leaseDiagnostics.guard('onLost', onLost ?? (() => undefined));
  }

  nowMs(): number {
    return this.#time.nowMs();
  }

  acquired({ sentAtMs, ttlMs = this.#ttlMs, token }: AcquiredLease): boolean {
    const nowMs = this.nowMs();
    this.#look(nowMs);
    const before = this.#state.token;
    this.#state.acquired({ sentAtMs, ttlMs, token }, nowMs);
    const cause = activeTripCause(this.tripOn);
    if (cause) this.#state.end(tripped(cause), nowMs);
    const isAnother = before !== undefined && this.#state.token !== before;
    if (this.#wasHeld && isAnother) this.#lose('another lease came', nowMs);
    this.#wasHeld = this.#state.isHeld(nowMs);
    if (this.#wasHeld) showGuard(this.#ref);
    this.#arm(nowMs);
    return this.#wasHeld;
  }

  isHeld(): boolean {
    return this.#look(this.nowMs());
  }

  assertHeld(): void {
    const nowMs = this.nowMs();
    if (!this.#look(nowMs)) throw this.#error(nowMs);
  }

  remainingMs(): number {
    const nowMs = this.nowMs();
    return this.#look(nowMs) ? this.#state.untilMs - nowMs : 0;
  }

  get token(): bigint | undefined {
    return this.#state.token;
  }

  release(): void {
    const nowMs = this.nowMs();
    this.#state.end('it was released', nowMs);
    this.#wasHeld = false; // nobody is told of what they did themselves
    this.#abortRuns(this.#error(nowMs));
    clearTimeout(this.#timer);
    this.#timer = undefined;
    hideGuard(this.#ref);
  }

  trip(reason: string): void {
    const nowMs = this.nowMs();
    this.#look(nowMs);
    this.#state.end(tripped(reason), nowMs);
    this.#look(nowMs);
  }

  noticePause(): void {
    this.#look(this.nowMs());
  }

  async run<T>(fn: (signal: AbortSignal, lease: RunningLease) => Promise<T> | T): Promise<T> {
    this.assertHeld();
    const run = new LeaseRun(this);
    this.#runs.add(run);
    try {
      const result = await fn(run.signal, run);
      run.assertHeld();
      return result;
    } finally {
      this.#runs.delete(run);
    }
  }

  /** Whether it is held now; those who wait are told when it no longer is. */
  #look(nowMs: number): boolean {
    const isHeld = this.#state.isHeld(nowMs);
    if (this.#wasHeld && !isHeld) {
      this.#wasHeld = false;
      this.#lose(this.#state.endReason, nowMs);
    }
    return isHeld;
  }

  #lose(reason: string, nowMs: number): void {
    const error = this.#error(nowMs, reason);
    this.#abortRuns(error);
    this.#onLost(error);
  }

  #abortRuns(error: LeaseLostError): void {
    const runs = [...this.#runs];
    this.#runs.clear(); // first: who is told may start anew
    for (const run of runs) run.lose(error);
  }

  #error(nowMs: number, reason = this.#state.endReason): LeaseLostError {
    const { untilMs } = this.#state;
    const lateMs = untilMs === -Infinity ? undefined : Math.max(0, nowMs - untilMs);
    return new LeaseLostError({ resource: this.resource, reason, lateMs });
  }

  /** Only to tell those who wait; whoever asks gets the clock's answer. */
  #arm(nowMs: number): void {
    const { untilMs } = this.#state;
    if (!this.#wasHeld || (this.#timer && this.#firesMs <= untilMs)) return;
    clearTimeout(this.#timer);
    const waitMs = Math.min(Math.max(1, Math.ceil(untilMs - nowMs)), TIMER_MAX_MS);
    this.#firesMs = nowMs + waitMs;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      const firedMs = this.nowMs();
      this.#look(firedMs);
      this.#arm(firedMs);
    }, waitMs).unref();
  }
}

function tripped(reason: string): string {
  return `tripped: ${reason}`;
}

function checkTripOn(tripOn: readonly unknown[]): void {
  const wanted = `a list of ${TRIP_CAUSES.map((cause) => `"${cause}"`).join(' or ')}`;
  if (!Array.isArray(tripOn)) throw argumentError('tripOn', tripOn, wanted);
  for (const cause of tripOn as readonly TripCause[]) {
    if (!TRIP_CAUSES.includes(cause)) throw argumentError('tripOn', cause, wanted);
  }
}

/** One piece of work under one lease. */
class LeaseRun implements RunningLease {
  readonly token: bigint | undefined;
  readonly #guard: LeaseGuard;
  readonly #controller = new AbortController();
  #lost: LeaseLostError | undefined;

  constructor(guard: LeaseGuard) {
    this.#guard = guard;
    this.token = guard.token;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  lose(error: LeaseLostError): void {
    this.#lost = error;
    this.#controller.abort(error);
  }

  isHeld(): boolean {
    return this.#guard.isHeld() && !this.#lost;
  }

  assertHeld(): void {
    if (!this.#lost) this.#guard.assertHeld();
    if (this.#lost) throw this.#lost;
  }

  remainingMs(): number {
    const restMs = this.#guard.remainingMs();
    return this.#lost ? 0 : restMs;
  }
}
