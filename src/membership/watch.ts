/**
 * A peer that we watch: what we alone would say of it.
 *
 * Evidence in order of weight: it said that it goes; it is known to be gone (refused, crashed,
 * reported down) and was not heard since; its main loop stands still while something else of it
 * answers; it is silent beyond surprise. Everything but a goodbye is undone by a sign of life.
 */
import type { Contact } from './contact.ts';
import { Doubt } from './doubt.ts';
import { FlapDamping } from './flap-damping.ts';
import type { Vote } from './message.ts';
import { ProbeBudget } from './probe-budget.ts';
import type { Evidence, SuspicionReason } from './types.ts';

/** Called slow from here: one live answer in a thousand is as late. */
export const SLOW_PHI = 3;
/** Who was never heard may still be starting: it is not suspected before so many intervals. */
const GRACE_INTERVALS = 10;
/**
 * A main loop that did not move for so many intervals, while its worker answers, stands still: the
 * third answer tells, be it a moment early.
 */
const STUCK_INTERVALS = 1.9;
/** What is heard of the same life so long after its goodbye takes the goodbye back. */
const GOODBYE_INTERVALS = 30;

export interface Judgement {
  readonly vote: Vote | 'unknown' | 'slow';
  readonly reason?: SuspicionReason;
  readonly because: string;
}

/** While we suspect it: since when, why, and which life of it. */
export interface Suspicion {
  readonly sinceMs: number;
  readonly reason: SuspicionReason;
  readonly bootId: string | undefined;
}

export interface WatchOptions {
  readonly contact: Contact;
  readonly intervalMs: number;
  readonly suspectPhi: number;
  readonly nowMs: number;
  /** When to ask first. */
  readonly askAtMs: number;
}

export class Watch {
  readonly contact: Contact;
  readonly doubt: Doubt;
  readonly budget: ProbeBudget;
  readonly damping = new FlapDamping();
  /** When to ask next, whatever happens. */
  nextAskMs: number;
  lastAskedMs = -Infinity;
  /** When to look at it again though nothing happens. */
  dueMs = -Infinity;
  /** Something happened that is to be asked about at once. */
  isProbeWanted = false;
  lastHeardMs: number | undefined;
  rttMs: number | undefined;
  /** What we say of it, since when, and why. */
  judgement: Judgement = { vote: 'unknown', because: 'nothing was heard of it yet' };
  votedAtMs = -Infinity;
  suspicion: Suspicion | undefined;
  suspicions = 0;
  mistakes = 0;
  /** Who wants to hear of it, and until when. */
  readonly interested = new Map<string, number>();
  readonly #intervalMs: number;
  readonly #suspectPhi: number;
  #sinceMs: number;
  #explicit: 'refused' | 'unreachable' | 'crash' | 'down' | undefined;
  #leftAtMs: number | undefined;
  #explicitAtMs = -Infinity;
  /** Evidence since the last sign of life. */
  readonly #seen = new Set<Evidence['kind']>();
  #hostAliveAtMs = -Infinity;
  #progress: number | undefined;
  #progressedAtMs = 0;
  #lastMessageMs = -Infinity;

  constructor({ contact, intervalMs, suspectPhi, nowMs, askAtMs }: WatchOptions) {
    this.contact = contact;
    this.#intervalMs = intervalMs;
    this.#suspectPhi = suspectPhi;
    this.#sinceMs = nowMs;
    this.nextAskMs = askAtMs;
    this.doubt = new Doubt(intervalMs);
    this.budget = new ProbeBudget(intervalMs);
  }

  /**
   * Whether evidence is worth an event: the first of its kind since the last sign of life. That a
   * kernel takes connections is, where the process says nothing; that replies come is not.
   */
  isNews(evidence: Evidence, nowMs: number): boolean {
    const { kind } = evidence;
    if (kind === 'reply' || this.#seen.has(kind)) return false;
    if (kind === 'connect' && this.doubt.phi(nowMs) < SLOW_PHI) return false;
    if (kind === 'in-flight' && evidence.phi < SLOW_PHI) return false;
    this.#seen.add(kind);
    return true;
  }

  /** Any sign of life. It may be told late: what was learned since then stands. */
  heard(atMs: number): void {
    this.lastHeardMs = Math.max(atMs, this.lastHeardMs ?? -Infinity);
    if (atMs > this.#explicitAtMs) {
      this.#explicit = undefined;
      this.#seen.clear();
    }
    if (
      this.#leftAtMs !== undefined &&
      atMs - this.#leftAtMs > GOODBYE_INTERVALS * this.#intervalMs
    ) {
      this.#leftAtMs = undefined;
    }
  }

  /** A message of it says so many turns of its main loop so far. */
  progressed(progress: number, atMs: number): void {
    this.#lastMessageMs = atMs;
    if (progress === this.#progress) return;
    this.#progress = progress;
    this.#progressedAtMs = atMs;
  }

  /** Its main loop did something: it replied to a request. */
  worked(atMs: number): void {
    this.#progressedAtMs = Math.max(atMs, this.#progressedAtMs);
  }

  /** We stood still: what it did not do meanwhile is not its fault. */
  localPause(fromMs: number, toMs: number): void {
    this.doubt.localPause(fromMs, toMs);
    this.#sinceMs += toMs - fromMs;
    this.#progressedAtMs += toMs - fromMs;
  }

  /** Another life of it proved itself. */
  restarted(): void {
    this.#leftAtMs = undefined;
    this.#progress = undefined;
    this.doubt.restarted();
  }

  /** It is gone, somebody or something says. */
  gone(how: 'refused' | 'unreachable' | 'crash' | 'down', atMs: number): void {
    this.#explicit = how;
    this.#explicitAtMs = atMs;
  }

  left(nowMs: number): void {
    this.#leftAtMs = nowMs;
  }

  /** Its kernel took a connection. */
  hostAnswered(nowMs: number): void {
    this.#hostAliveAtMs = nowMs;
  }

  get hasLeft(): boolean {
    return this.#leftAtMs !== undefined;
  }

  /** Silent beyond suspicion, and not known to be gone. */
  isSilent(nowMs: number): boolean {
    if (this.lastHeardMs === undefined || this.#leftAtMs !== undefined) return false;
    return this.#explicit === undefined && this.doubt.phi(nowMs) >= this.#suspectPhi;
  }

  /** `extraMs`: how much longer a silence has to last because we doubt ourselves. */
  judge(nowMs: number, extraMs: number): Judgement {
    if (this.#leftAtMs !== undefined) return { vote: 'left', because: 'it said goodbye' };
    const isUnheard = this.lastHeardMs === undefined;
    if (this.#explicit === 'crash' || this.#explicit === 'down' || (this.#explicit && !isUnheard)) {
      return { vote: 'suspect', reason: this.#explicit, because: WORDS[this.#explicit] };
    }
    if (isUnheard) return this.#unheard(nowMs);
    if (this.#isStuck()) {
      return { vote: 'stalled', because: 'it answers, but its main loop stands still' };
    }
    return this.#bySilence(nowMs, extraMs);
  }

  /** When it may be judged otherwise though nothing happens. */
  nextJudgementMs(nowMs: number, extraMs: number): number {
    const { doubt } = this;
    let nextMs = this.damping.holdUntilMs > nowMs ? this.damping.holdUntilMs : Infinity;
    if (this.lastHeardMs === undefined) {
      const graceMs = this.#sinceMs + GRACE_INTERVALS * this.#intervalMs;
      return graceMs > nowMs ? graceMs : nextMs;
    }
    for (const atMs of [doubt.instantMs(SLOW_PHI), doubt.instantMs(this.#suspectPhi) + extraMs]) {
      if (atMs > nowMs && atMs < nextMs) nextMs = atMs;
    }
    return nextMs;
  }

  #unheard(nowMs: number): Judgement {
    const silentMs = nowMs - this.#sinceMs;
    if (silentMs < GRACE_INTERVALS * this.#intervalMs || this.doubt.silentMs(nowMs) <= 0) {
      return { vote: 'unknown', because: 'nothing was heard of it yet' };
    }
    return { vote: 'suspect', reason: 'silence', because: 'it has never answered' };
  }

  #bySilence(nowMs: number, extraMs: number): Judgement {
    const phi = this.doubt.phi(nowMs);
    const isSuspect =
      phi >= this.#suspectPhi && this.doubt.phi(nowMs - extraMs) >= this.#suspectPhi;
    if (isSuspect && this.#hostAliveAtMs > (this.doubt.silentSinceMs ?? Infinity)) {
      return { vote: 'stalled', because: 'its host takes connections, the process says nothing' };
    }
    if (isSuspect) return { vote: 'suspect', reason: 'silence', because: 'it does not answer' };
    if (phi >= SLOW_PHI) return { vote: 'slow', because: 'its answer is late' };
    if (nowMs < this.damping.holdUntilMs) {
      return { vote: 'slow', because: 'it answers again, after several wrong suspicions' };
    }
    return { vote: 'alive', because: 'it answers' };
  }

  #isStuck(): boolean {
    return this.#lastMessageMs - this.#progressedAtMs >= STUCK_INTERVALS * this.#intervalMs;
  }
}

const WORDS = {
  refused: 'nothing listens there',
  unreachable: 'there is no way to its host',
  crash: 'it said that it crashes',
  down: 'its supervisor says that it is down',
} as const;
