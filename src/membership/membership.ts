/**
 * Who is alive: one node's part in it, without sockets, timers and clocks.
 *
 * Every interval each watched peer is asked; an answer is a sign of life, and so is everything
 * else that comes from it. What is overdue is asked again at once, over every way there is, and
 * through others (an indirect probe is a request for their opinion). Each node judges for itself
 * (`Watch`), tells those who watch the same peer when its vote changes, and calls a peer dead only
 * with a majority of those assigned to watch it (`verdictOf`).
 *
 * The caller delivers messages and instants, and sends what it is given. It calls `tick` when
 * `nextTickMs` has come, after the sockets have been read (drain before judge).
 *
 * Source: SWIM (Das, Gupta & Motivala 2002) for indirect probes, Lifeguard for doubting oneself.
 */
import { SUSPECT_PHI } from '../detector/phi-accrual.ts';
import { Contact, type Reception } from './contact.ts';
import { Conversation } from './conversation.ts';
import { Group } from './group.ts';
import { Judge } from './judge.ts';
import type { MembershipOptions } from './membership-options.ts';
import type { Message } from './message.ts';
import { Notices } from './notices.ts';
import { isOfTraffic, Passive } from './passive.ts';
import { PeerClocks } from './peer-clocks.ts';
import { Probing } from './probing.ts';
import { RefusalLog } from './refusal-log.ts';
import { RULES, type Rules } from './rules.ts';
import type { Cell, Evidence, Instant, PeerState, PeerView } from './types.ts';
import { Telling } from './telling.ts';
import { Votes, wordOf } from './votes.ts';
import { Watch } from './watch.ts';
import { weigh } from './weigh.ts';

const DEFAULT_INTERVAL_MS = 1000;
/** An answer is waited for at least so many intervals: then the connection may be of no use. */
const PATIENCE_INTERVALS = 2;
/** Who asked about a peer is told for so many intervals. */
const INTEREST_INTERVALS = 3;

/** It answers, be it late, or with a wrong clock. */
const LIVE_STATES: ReadonlySet<PeerState> = new Set(['alive', 'slow', 'clock-out']);

export type { MembershipOptions } from './membership-options.ts';

export class Membership {
  /** The clocks of those we watch. */
  readonly clocks: PeerClocks;
  readonly #options: MembershipOptions;
  readonly #rules: Rules;
  readonly #intervalMs: number;
  readonly #group: Group;
  readonly #watches = new Map<string, Watch>();
  readonly #votes: Votes;
  readonly #judge: Judge;
  readonly #conversation: Conversation;
  readonly #probing: Probing;
  readonly #telling: Telling;
  readonly #passive: Passive;
  readonly #notices: Notices;
  readonly #refusals: RefusalLog;
  #turns = 0;
  #isGone = false;

  constructor(options: MembershipOptions) {
    this.#options = options;
    this.#rules = { ...RULES, ...options.rules };
    const intervalMs = options.intervalMs ?? DEFAULT_INTERVAL_MS;
    const { bootId, random, send, emit, progress } = options;
    this.#intervalMs = intervalMs;
    this.#group = new Group(options.self, options.observers);
    this.#votes = new Votes(this.#rules, intervalMs);
    const rules = this.#rules;
    const shared = { group: this.#group, watches: this.#watches, votes: this.#votes, intervalMs };
    const clocks = (this.clocks = new PeerClocks({ ...shared, rules, membership: options }));
    this.#judge = new Judge({ ...shared, rules, clocks, emit });
    this.#conversation = new Conversation({
      ...{ ...shared, bootId, random, send },
      progress: progress ?? (() => this.#turns),
      stamp: options.stamp ?? ((now) => now),
      extensions: (kind, contact, now) => clocks.extensions(kind, contact, now),
    });
    const conversation = this.#conversation;
    this.#probing = new Probing({ ...shared, conversation, clocks, random });
    this.#notices = new Notices({
      ...{ group: this.#group, rules, trustOpinions: options.trustOpinions !== false },
      contact: (name) => conversation.contact(name),
    });
    this.#telling = new Telling(conversation, intervalMs);
    this.#refusals = new RefusalLog(emit);
    this.#passive = new Passive(emit, options.suspectPhi ?? SUSPECT_PHI);
  }

  /** We said goodbye: nothing is asked and answered any more. */
  get isGone(): boolean {
    return this.#isGone;
  }

  /** Our own name among the members; undefined until it is known. */
  get self(): string | undefined {
    return this.#group.self;
  }

  /** Everyone who belongs to the group; ourselves do in any case. */
  setMembers(names: readonly string[], now: Instant): void {
    const { digest } = this.#group;
    this.#group.setMembers(names);
    const watched = this.#group.watched();
    if (this.#group.digest !== digest) {
      this.#votes.clear();
      this.clocks.membersChanged(watched);
    }
    for (const [name, watch] of this.#watches) {
      if (watched.has(name)) continue;
      this.#watches.delete(name);
      this.#judge.released(watch, now.monoMs);
    }
    this.#conversation.retainMembers();
    for (const name of watched) if (!this.#watches.has(name)) this.#watch(name, now.monoMs);
  }

  /** Our own name turned out to be this. */
  setSelf(name: string, now: Instant): void {
    if (this.#group.self === name) return;
    this.#group.self = name;
    this.setMembers(this.#group.observers.members, now);
  }

  /**
   * A message came; `arrivedAtMs`: when, if it is handed on later. What a question is to be
   * answered with.
   */
  receive(message: Message, now: Instant, arrivedAtMs = now.monoMs): Message | undefined {
    this.#turns++;
    this.clocks.note(now);
    if (this.#isGone || !this.#isForUs(message, now)) return undefined;
    if (message.kind === 'notice') {
      this.#noticed(message, now);
      return undefined;
    }
    const contact = this.#conversation.contact(message.from);
    const isOld = contact && this.#take(contact, message, now, arrivedAtMs) === 'old';
    this.#telling.flush(now);
    if (message.kind !== 'question' || (isOld && !contact.isRepeated(message))) return undefined;
    if (!contact && this.#options.trustOpinions === false) return undefined;
    const answer = this.#conversation.answer(contact ?? new Contact(message.from), message, now);
    return { ...answer, receivedAtMs: arrivedAtMs };
  }

  /**
   * Something else was seen of a peer; `seenAtMs`: when, if it is told later. Whom we do not watch,
   * a stranger or a member that is left to others, is a passive peer.
   */
  evidence(peer: string, evidence: Evidence, now: Instant, seenAtMs = now.monoMs): void {
    const watch = this.#watches.get(peer);
    if (!watch) {
      // A member of whom traffic shows nothing is not asked again: what others see of it counts.
      const isLeftToOthers = this.#group.observers.has(peer) && !this.#passive.stateOf(peer);
      if (peer === this.#group.self || (isLeftToOthers && !isOfTraffic(evidence))) return;
      return this.#passive.evidence(peer, evidence, now.monoMs, seenAtMs);
    }
    if (watch.isNews(evidence, now.monoMs)) {
      this.#options.emit({ type: 'evidence', atMs: now.monoMs, peer, evidence });
    }
    weigh(watch, evidence, seenAtMs);
    this.#judgeAndTell(watch, now);
    this.#telling.flush(now);
  }

  /** We stood still: no silence of that time is anybody else's. */
  localPause(fromMs: number, toMs: number): void {
    const pauseMs = this.#rules.subtracted(toMs - fromMs);
    if (!(pauseMs > 0)) return;
    for (const watch of this.#watches.values()) watch.localPause(fromMs, fromMs + pauseMs);
    this.#conversation.paused(pauseMs);
  }

  /** Asks whom it is time to ask, and judges those of whom time alone may tell something. */
  tick(now: Instant): void {
    this.#turns++;
    this.clocks.note(now);
    if (this.#isGone) return;
    const due = [...this.#watches.values()].filter(({ dueMs }) => dueMs <= now.monoMs);
    // If we begin or cease to doubt ourselves, everyone is judged anew.
    const isChanged = this.#judge.doubtOurselves(due, now.monoMs);
    for (const watch of isChanged ? this.#watches.values() : due) {
      this.#probing.askIfDue(watch, now);
      this.#judgeAndTell(watch, now);
    }
    this.#judge.judgeOurselves(this.#options.bootId, now.monoMs);
    this.#telling.flush(now);
  }

  /** When `tick` is due next, by the monotonic clock; Infinity once we are gone. */
  nextTickMs(nowMs: number): number {
    if (this.#isGone) return Infinity;
    let nextMs = Math.min(nowMs + this.#intervalMs, this.#telling.nextMs());
    for (const { dueMs } of this.#watches.values()) if (dueMs < nextMs) nextMs = dueMs;
    return nextMs;
  }

  /** We go: everyone we talk with is told, and nothing is answered any more. */
  farewell(reason: 'goodbye' | 'crash', now: Instant): void {
    if (this.#isGone) return;
    this.#conversation.farewell(reason, now);
    this.#isGone = true;
  }

  /** What a peer is called; undefined for a stranger. */
  stateOf(name: string, nowMs: number): PeerState | undefined {
    const watch = this.#watches.get(name);
    return watch ? this.#judge.viewOf(watch, nowMs).state : this.#passive.stateOf(name);
  }

  /** For how long an answer of a peer is worth waiting for, in ms. */
  patienceMs(name: string): number {
    const usualMs = this.#watches.get(name)?.doubt.usualMs ?? 0;
    return Math.max(PATIENCE_INTERVALS * this.#intervalMs, 2 * usualMs);
  }

  peers(nowMs: number): PeerView[] {
    const watched = [...this.#watches.values()].map((watch) => this.#judge.viewOf(watch, nowMs));
    return [...watched, ...this.#passive.views(nowMs)];
  }

  /** Those to send work to: neither suspected nor stalled, gone or unknown. */
  livePeers(nowMs: number): string[] {
    const live = this.peers(nowMs).filter(({ state }) => LIVE_STATES.has(state));
    return live.map(({ peer }) => peer);
  }

  /** What each observer says of each peer, as far as we hear: our own row first. */
  matrix(nowMs: number): Cell[] {
    return [...this.#judge.matrix(this.peers(nowMs), nowMs)];
  }

  #watch(name: string, nowMs: number): void {
    const contact = this.#conversation.contact(name);
    if (!contact) return;
    this.#passive.forget(name);
    const { suspectPhi = SUSPECT_PHI, random } = this.#options;
    const intervalMs = this.#intervalMs;
    const askAtMs = nowMs + random() * intervalMs;
    this.#watches.set(name, new Watch({ contact, intervalMs, suspectPhi, nowMs, askAtMs }));
  }

  /**
   * Not from ourselves, and not for somebody else. Who does not know its own name learns it from
   * those who know it by one of the members': our own question to that address, or another's.
   */
  #isForUs(message: Message, now: Instant): boolean {
    const { self } = this.#group;
    const name = this.#group.nameOf(message.to);
    if (self === undefined && name !== undefined && message.kind === 'question') {
      this.setSelf(name, now);
    }
    if (message.bootId === this.#options.bootId) return false;
    if (self === undefined || message.to === this.#group.selfHash || message.kind === 'notice')
      return true;
    const why = `it takes us for somebody else; is ${self} our name on every node?`;
    this.refused(message.from, why, now);
    return false;
  }

  /** A message was not taken. */
  refused(from: string, why: string, { monoMs }: Instant): void {
    this.#refusals.add(from, why, monoMs);
  }

  #noticed(message: Message, now: Instant): void {
    const { peer, evidence, refusal } = this.#notices.told(message, now);
    if (refusal !== undefined) this.refused(message.from, refusal, now);
    if (peer !== undefined && evidence) this.evidence(peer, evidence, now);
  }

  #take(contact: Contact, message: Message, now: Instant, arrivedAtMs: number): Reception['as'] {
    const reception = contact.received(message);
    if (reception.as === 'old') return 'old';
    const watch = this.#watches.get(contact.name);
    if (reception.as === 'unproved') {
      if (watch?.budget.take(now.monoMs)) this.#askNow(watch, now);
      return reception.as;
    }
    if (watch) {
      const isNews = this.#hear(watch, message, reception, arrivedAtMs);
      this.#judgeAndTell(watch, now, isNews);
      this.#tellTheInterested(watch, now);
      if (reception.isAnswer && this.clocks.takeBurst(contact, watch.budget, now)) {
        this.#conversation.ask(contact, now, false);
      }
    } else if (this.#passive.stateOf(contact.name)) {
      this.evidence(contact.name, { kind: 'reply' }, now, arrivedAtMs);
    }
    this.#tellAgain(contact, reception);
    this.#listen(contact, message, reception, now);
    return reception.as;
  }

  /** True if what we say of its clock changed. */
  #hear(watch: Watch, message: Message, reception: Reception, atMs: number): boolean {
    let isNews = false;
    if (reception.as === 'restart') this.#restarted(watch, message.bootId, atMs);
    if (reception.isAnswer && reception.echoedMs !== undefined) {
      watch.rttMs = atMs - reception.echoedMs;
      watch.doubt.answered(atMs);
      isNews = this.clocks.answered(watch.contact, message, reception.echoedMs, atMs);
    } else {
      watch.doubt.questioned(atMs);
    }
    watch.heard(atMs);
    watch.progressed(message.progress, atMs);
    return isNews;
  }

  #restarted(watch: Watch, bootId: string, nowMs: number): void {
    watch.restarted();
    if (watch.lastHeardMs === undefined) return;
    const peer = watch.contact.name;
    this.#options.emit({ type: 'restarted', atMs: nowMs, peer, bootId });
  }

  /**
   * What another says of those we both watch, and of us. Messages may have waited: in a buffer of
   * ours, on the way. It was said after the nonce that it echoes was sent, and that is all we know.
   * What is said of us we take as it comes: perhaps none of our nonces gets through any more.
   */
  #listen(contact: Contact, message: Message, reception: Reception, now: Instant): void {
    const { echoedMs, isNewest } = reception;
    const isSameGroup = this.#rules.isSameDigest(message.digest, this.#group.digest);
    const counts = this.#options.trustOpinions !== false && isNewest && isSameGroup;
    for (const peer of this.clocks.heard(contact, message, { echoedMs, counts }, now)) {
      const watch = this.#watches.get(peer);
      if (watch) this.#judgeAndTell(watch, now);
    }
    if (!counts) return;
    for (const opinion of message.opinions) {
      const peer = this.#group.nameOf(opinion.about);
      const saidAtMs = peer === this.#group.self ? now.monoMs : echoedMs;
      if (peer === undefined || peer === contact.name || saidAtMs === undefined) continue;
      const isNews = this.#votes.say(contact.name, peer, wordOf(opinion, saidAtMs));
      const watch = isNews ? this.#watches.get(peer) : undefined;
      if (watch) this.#judgeAndTell(watch, now);
    }
    this.#judge.judgeOurselves(this.#options.bootId, now.monoMs);
    for (const hash of message.asks) this.#askFor(contact, hash, now);
  }

  /** Somebody wants to know of a peer: it is asked, unless it just was. */
  #askFor(contact: Contact, hash: string, now: Instant): void {
    const watch = this.#watches.get(this.#group.nameOf(hash) ?? '');
    if (!watch) return;
    watch.interested.set(contact.name, now.monoMs + INTEREST_INTERVALS * this.#intervalMs);
    const isRecent = now.monoMs - watch.lastAskedMs < watch.doubt.spacingMs;
    if (!isRecent && watch.budget.take(now.monoMs)) this.#askNow(watch, now);
  }

  #tellTheInterested(watch: Watch, now: Instant): void {
    for (const [name, untilMs] of watch.interested) {
      const contact = this.#conversation.contact(name);
      if (contact && untilMs >= now.monoMs) this.#telling.add(contact);
    }
    watch.interested.clear();
  }

  #askNow(watch: Watch, now: Instant): void {
    this.#probing.ask(watch, now, true);
    watch.dueMs = this.#dueMs(watch, now.monoMs);
  }

  /** When time alone may tell something of a peer: to be asked, judged, or a vote expires. */
  #dueMs(watch: Watch, nowMs: number): number {
    return Math.min(
      this.#probing.nextMs(watch, nowMs),
      watch.nextJudgementMs(nowMs, this.#judge.extraMs),
      this.#votes.nextExpiryMs(watch.contact.name, nowMs) + 1,
    );
  }

  /** A change of our vote goes at once to those who watch the peer too, and to itself. */
  #judgeAndTell(watch: Watch, now: Instant, isNews = false): void {
    const isChanged = this.#judge.judge(watch, now.monoMs);
    watch.dueMs = this.#dueMs(watch, now.monoMs);
    if (!isChanged && !isNews) return;
    const { name } = watch.contact;
    for (const other of [...this.#group.observers.of(name), name]) {
      const contact = this.#conversation.contact(other);
      if (!contact) continue;
      // Who seldom hears us cannot tell how old our word is; its answer brings a nonce that says.
      contact.isToBeToldAgain = !this.#watches.has(other);
      this.#telling.add(contact);
    }
  }

  #tellAgain(contact: Contact, { isAnswer }: Reception): void {
    if (!contact.isToBeToldAgain || !isAnswer) return;
    contact.isToBeToldAgain = false;
    this.#telling.add(contact);
  }
}
