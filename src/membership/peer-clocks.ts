/**
 * The clocks of those we watch: how far each is ahead of ours, and whose is out of budget.
 *
 * Every answer is an exchange of four timestamps; now and then a burst of them, for what is warm
 * answers faster (8 exchanges in a row: a tenth of the error of one). A clock is out if its whole
 * interval lies beyond the budget, for a majority of those assigned to watch it: which of two
 * clocks that differ is wrong, two nodes cannot know. What may be either is ambiguous: out for
 * nobody, unless it was out for certain and the likeliest value still is.
 *
 * Source: RFC 5905 (exchange); CockroachDB counts only what is certain, as we do.
 */
import { HybridClock } from '../clock/hlc.ts';
import { MAX_DRIFT_PPM } from '../clock/offset-estimator.ts';
import type { Offset, OffsetBounds } from '../clock/types.ts';
import { type OffsetVerdict, offsetVerdict } from '../clock/verdict.ts';
import {
  CLOCK_OUT_MAX,
  clockExtension,
  clockOutExtension,
  clockOutIn,
  clockWordOf,
} from './clock-extension.ts';
import { ClockVotes } from './clock-votes.ts';
import type { Contact } from './contact.ts';
import type { Group } from './group.ts';
import type { MembershipOptions } from './membership-options.ts';
import type { Extension, Message, MessageKind } from './message.ts';
import { PeerClock } from './peer-clock.ts';
import type { ProbeBudget } from './probe-budget.ts';
import type { Rules } from './rules.ts';
import type { Instant, MembershipEvent, PeerClockView } from './types.ts';

/** Every half minute at one question a second: a tenth more messages. */
const BURST = { every: 32, length: 4 };

/** What was heard of a clock so long ago tells nothing of it any more: it may be set meanwhile. */
const STALE_MS = 600_000;
/** As CockroachDB and YugabyteDB allow. */
export const MAX_OFFSET_MS = 500;

export interface PeerClocksOptions {
  readonly group: Group;
  readonly rules: Rules;
  readonly intervalMs: number;
  readonly membership: Pick<
    MembershipOptions,
    'maxOffsetMs' | 'maxDriftPpm' | 'hlc' | 'reference' | 'emit'
  >;
}

export class PeerClocks {
  readonly #group: Group;
  readonly #rules: Rules;
  readonly #maxOffsetMs: number;
  readonly #maxDriftPpm: number;
  readonly #hlc: HybridClock;
  readonly #reference: (nowMs: number) => OffsetBounds | undefined;
  readonly #emit: (event: MembershipEvent) => void;
  readonly #clocks = new Map<string, PeerClock>();
  readonly #votes: ClockVotes;
  /** Our steady clock less our monotonic one: what the wall clock said at first. */
  #baseMs: number | undefined;
  /** Our wall clock less the steady one, as of late. */
  #wall = { offsetMs: 0, errorMs: 0 };
  /** Those that we ourselves held out when we last heard of them. */
  readonly #out = new Set<string>();
  #isSelfOut = false;

  constructor({ group, rules, intervalMs, membership }: PeerClocksOptions) {
    this.#group = group;
    this.#rules = rules;
    this.#maxOffsetMs = membership.maxOffsetMs ?? MAX_OFFSET_MS;
    this.#maxDriftPpm = membership.maxDriftPpm ?? MAX_DRIFT_PPM;
    this.#hlc = membership.hlc ?? new HybridClock();
    this.#reference = membership.reference ?? (() => undefined);
    this.#emit = membership.emit;
    this.#votes = new ClockVotes(rules.voteTtlMs(intervalMs));
  }

  /** What our two clocks say now. */
  note(now: Instant): void {
    const { monoMs, wallMs, wallErrorMs = 0 } = now;
    this.#baseMs ??= wallMs - monoMs;
    this.#wall = { offsetMs: wallMs - monoMs - this.#baseMs, errorMs: wallErrorMs };
  }

  /** Whom we do not watch any more is forgotten, and what was said among other members. */
  membersChanged(watched: ReadonlySet<string>): void {
    for (const name of this.#clocks.keys()) {
      if (watched.has(name)) continue;
      this.#clocks.delete(name);
      this.#out.delete(name);
    }
    this.#votes.retain(this.#group.observers);
  }

  /** The machine was suspended: our steady clock stood still, and no exchange holds any more. */
  forget(nowMs: number): void {
    for (const clock of this.#clocks.values()) {
      clock.forget(nowMs);
      clock.verdict = 'unknown';
    }
    this.#out.clear();
  }

  /** What goes with a message. */
  extensions(kind: MessageKind, contact: Contact, now: Instant): Extension[] {
    this.note(now);
    const { monoMs, wallMs, wallErrorMs: errorMs = 0, wallSteps: steps = 0 } = now;
    const isQuestion = kind === 'question';
    const word = {
      ...{ errorMs, steps, hlc: this.#hlc.send(wallMs) },
      reference: isQuestion ? this.#reference(monoMs) : undefined,
    };
    const out = isQuestion ? this.#heldOut(contact, monoMs) : [];
    return [clockExtension(word), ...(out.length > 0 ? [clockOutExtension(out)] : [])];
  }

  /** A regular question goes to a peer. */
  asked(contact: Contact): void {
    this.#clock(contact).asked(BURST);
  }

  /** True if the next question of a burst is to go out, within the budget of probes. */
  takeBurst(contact: Contact, budget: ProbeBudget, { monoMs }: Instant): boolean {
    const clock = this.#clocks.get(contact.name);
    if (!clock || clock.burstLeft <= 0 || !budget.take(monoMs)) return false;
    clock.burstLeft--;
    return true;
  }

  /**
   * A peer answered at `atMs` what we asked at `askedAtMs`. True if what we say of its clock
   * changed.
   */
  answered(contact: Contact, message: Message, askedAtMs: number, atMs: number): boolean {
    const word = clockWordOf(message);
    if (!word || this.#baseMs === undefined) return false;
    const { name } = contact;
    const clock = this.#clock(contact);
    const times = { t1MonoMs: askedAtMs, t4MonoMs: atMs, baseMs: this.#baseMs };
    const result = clock.answered(message, word, times);
    if (result === 'step' && clock.lastStep) {
      const { byMs, errorMs } = clock.lastStep;
      this.#emit({ type: 'clock-step', atMs, peer: name, byMs, errorMs });
    }
    return result === 'accepted' || result === 'step' ? this.#judge(name, clock, atMs) : false;
  }

  /**
   * What a member says with any message. `echoedMs`: when we sent the nonce that it echoes.
   * `counts`: what it says of others' clocks does. Those of whom it says something else now.
   */
  heard(
    { name }: Contact,
    message: Message,
    { echoedMs, counts }: { readonly echoedMs: number | undefined; readonly counts: boolean },
    now: Instant,
  ): string[] {
    const word = clockWordOf(message);
    if (word) this.#hlc.receive(word.hlc, now.wallMs);
    if (!counts || message.kind !== 'question') return [];
    const clock = this.#clocks.get(name);
    if (clock && word?.reference && echoedMs !== undefined) {
      clock.referred(word.reference, echoedMs, now.monoMs);
    }
    const out = clockOutIn(message).map((hash) => this.#group.nameOf(hash) ?? '');
    const said = { out: new Set(out), saidAtMs: echoedMs, heardAtMs: now.monoMs };
    return this.#votes.say(name, said);
  }

  /** Those who hold the clock of a peer out, if they are a majority; else undefined. */
  outBy(name: string, nowMs: number): readonly string[] | undefined {
    const assigned = this.#group.observers.of(name);
    const by = this.#holdingOut(name, assigned, nowMs);
    if (by.length === 0) return undefined;
    return this.#isMajority(by, assigned) ? by : undefined;
  }

  /** True if we ourselves hold it out, by what we heard of it lately. */
  isHeldOut(name: string, nowMs: number): boolean {
    const clock = this.#out.has(name) ? this.#clocks.get(name) : undefined;
    return clock !== undefined && nowMs - clock.heardAtMs <= this.#votes.ttlMs;
  }

  viewOf(name: string, nowMs: number): PeerClockView | undefined {
    const clock = this.#clocks.get(name);
    const offset = this.#offsetOf(clock, nowMs);
    if (!clock || !offset || nowMs - clock.heardAtMs > STALE_MS) return undefined;
    const verdict = this.#verdict(offset, clock.verdict);
    const outBy = this.#holdingOut(name, this.#group.observers.of(name), nowMs);
    return { ...offset, verdict, outBy, steps: clock.steps };
  }

  /** What peers tell of true time: true time less our wall clock, by peer. */
  references(now: Instant): { readonly name: string; readonly bounds: OffsetBounds }[] {
    this.note(now);
    const { offsetMs, errorMs } = this.#wall;
    return [...this.#clocks].flatMap(([name, clock]) => {
      const steady = clock.referenceAt(now.monoMs);
      if (!steady) return [];
      const lowMs = steady.lowMs - offsetMs - errorMs;
      return [{ name, bounds: { lowMs, highMs: steady.highMs - offsetMs + errorMs } }];
    });
  }

  #clock({ name, hash }: Contact): PeerClock {
    let clock = this.#clocks.get(name);
    if (!clock) this.#clocks.set(name, (clock = new PeerClock(hash, this.#maxDriftPpm)));
    return clock;
  }

  /** The peer's wall clock less ours. */
  #offsetOf(clock: PeerClock | undefined, nowMs: number): Offset | undefined {
    const steady = clock?.at(nowMs);
    if (!steady) return undefined;
    const { offsetMs, errorMs } = this.#wall;
    return {
      ...steady,
      offsetMs: steady.offsetMs - offsetMs,
      lowMs: steady.lowMs - offsetMs - errorMs,
      highMs: steady.highMs - offsetMs + errorMs,
    };
  }

  #judge(name: string, clock: PeerClock, nowMs: number): boolean {
    const offset = this.#offsetOf(clock, nowMs);
    const before = clock.verdict;
    if (!offset) return false;
    clock.verdict = this.#verdict(offset, before);
    if (clock.verdict === 'out') this.#out.add(name);
    else this.#out.delete(name);
    if (clock.verdict === before) return false;
    const { lowMs, highMs } = offset;
    const told = { from: before, to: clock.verdict, lowMs, highMs };
    if (before !== 'unknown' || clock.verdict !== 'within') {
      this.#emit({ type: 'clock', atMs: nowMs, peer: name, ...told });
    }
    return before === 'out' || clock.verdict === 'out';
  }

  /**
   * What is ambiguous now stays what it was for certain, as long as the likeliest offset goes with
   * that: else a clock at the edge of the budget changes its name with every message.
   */
  #verdict(offset: Offset, before: PeerClock['verdict']): OffsetVerdict {
    const verdict = offsetVerdict(offset, this.#maxOffsetMs);
    const isLikelyOut = Math.abs(offset.offsetMs) > this.#maxOffsetMs;
    if (verdict === 'ambiguous' && before === (isLikelyOut ? 'out' : 'within')) return before;
    return verdict;
  }

  #holdingOut(name: string, assigned: readonly string[], nowMs: number): string[] {
    const { self } = this.#group;
    const by = this.#votes.about(name, assigned, nowMs).filter((observer) => observer !== self);
    const isOurs = self !== undefined && assigned.includes(self);
    return isOurs && this.isHeldOut(name, nowMs) ? [...by, self] : by;
  }

  /** Whom we hold out, of those that the receiver watches too, and itself. */
  #heldOut(to: Contact, nowMs: number): string[] {
    const group = this.#group;
    const hashes: string[] = [];
    for (const name of this.#out) {
      if (hashes.length === CLOCK_OUT_MAX) break;
      if (name !== to.name && !group.observers.of(name).includes(to.name)) continue;
      if (!this.isHeldOut(name, nowMs)) continue;
      hashes.push((this.#clocks.get(name) as PeerClock).hash);
    }
    return hashes;
  }

  /** What our own observers say of our clock. */
  judgeOurselves(nowMs: number): void {
    const { self, observers } = this.#group;
    if (self === undefined) return;
    const assigned = observers.of(self);
    const by = this.#votes.aboutUs(self, assigned, nowMs);
    const out = this.#isMajority(by, assigned);
    if (out === this.#isSelfOut) return;
    this.#isSelfOut = out;
    this.#emit({ type: 'self-clock-out', atMs: nowMs, out, by, assigned: assigned.length });
  }

  #isMajority(by: readonly string[], assigned: readonly string[]): boolean {
    const counted = this.#rules.counted(assigned.length, by.length);
    return this.#rules.isMajority(by.length, counted);
  }
}
