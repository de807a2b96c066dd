/** What we call each peer, what we count of it, and what others think of us. */
import type { Group } from './group.ts';
import type { PeerClocks } from './peer-clocks.ts';
import { bootOf, NO_BOOT, voteOf } from './opinions.ts';
import type { Rules } from './rules.ts';
import { SelfDoubt } from './self-doubt.ts';
import type { Cell, MembershipEvent, PeerState, PeerView } from './types.ts';
import { type Verdict, verdictOf } from './verdict.ts';
import type { Votes } from './votes.ts';
import type { Suspicion, Watch } from './watch.ts';

export interface JudgeOptions {
  readonly group: Group;
  readonly watches: ReadonlyMap<string, Watch>;
  readonly votes: Votes;
  readonly rules: Rules;
  readonly clocks: PeerClocks;
  readonly intervalMs: number;
  readonly emit: (event: MembershipEvent) => void;
}

export class Judge {
  readonly #options: JudgeOptions;
  /** What each was called last. */
  readonly #states = new WeakMap<Watch, PeerState>();
  readonly #selfDoubt: SelfDoubt;
  #isSelfSuspected = false;

  constructor(options: JudgeOptions) {
    this.#options = options;
    this.#selfDoubt = new SelfDoubt(options.intervalMs);
  }

  /** How much longer a silence has to last because we doubt ourselves, in ms. */
  get extraMs(): number {
    return this.#selfDoubt.extraMs;
  }

  /** Our vote on a peer anew, and what it is called with it. True if others have to hear of it. */
  judge(watch: Watch, nowMs: number): boolean {
    const before = watch.judgement;
    const votedBefore = voteOf(watch);
    // A suspicion that stands is not taken back because we begin to doubt ourselves.
    const after = watch.judge(nowMs, before.vote === 'suspect' ? 0 : this.extraMs);
    const isKept = before.vote === 'suspect' && !this.#options.rules.retracts();
    if (!isKept) watch.judgement = after;
    this.#count(watch, before.vote === 'suspect', nowMs);
    const voted = voteOf(watch);
    const isNews = voted !== votedBefore && !(votedBefore === undefined && voted === 'alive');
    if (isNews) watch.votedAtMs = nowMs;
    this.#call(watch, nowMs);
    return isNews;
  }

  /** Counts a suspicion, and what became of it. */
  #count(watch: Watch, wasSuspect: boolean, nowMs: number): void {
    const { vote, reason = 'silence' } = watch.judgement;
    if (vote === 'suspect' && !wasSuspect && !watch.suspicion) {
      const peer = watch.contact.name;
      watch.suspicions++;
      watch.suspicion = { sinceMs: nowMs, reason, bootId: watch.contact.bootId };
      this.#options.emit({ type: 'suspicion', atMs: nowMs, peer, reason });
    } else if (vote !== 'suspect' && watch.suspicion) {
      this.#settle(watch, watch.suspicion, nowMs);
    }
  }

  /** The same life was heard again: a mistake. Another life, or a goodbye: it was right. */
  #settle(watch: Watch, { sinceMs, reason, bootId }: Suspicion, nowMs: number): void {
    const { vote } = watch.judgement;
    const isHeard = (watch.lastHeardMs ?? -Infinity) >= sinceMs;
    const isOver = vote === 'left' || bootId !== watch.contact.bootId;
    if (!isHeard && !isOver) return; // its host answers, the process does not
    watch.suspicion = undefined;
    if (isOver) return;
    const { emit, intervalMs } = this.#options;
    const peer = watch.contact.name;
    watch.mistakes++;
    watch.damping.mistake(nowMs, intervalMs);
    emit({ type: 'mistake', atMs: nowMs, peer, reason, lastedMs: nowMs - sinceMs });
  }

  /** What it is called from now on; an event if that is new. */
  #call(watch: Watch, nowMs: number): void {
    const before = this.#states.get(watch) ?? 'unknown';
    const { vote } = watch.judgement;
    const isOthers = vote === 'suspect' || this.#clockOutBy(watch, nowMs) !== undefined;
    if (!isOthers && vote === before) return; // others have no say in it
    const verdict = this.#verdict(watch, nowMs);
    if (verdict.state === before) return;
    this.#states.set(watch, verdict.state);
    const { suspectedBy, assigned, because } = verdict;
    this.#options.emit({
      ...{ type: 'state', atMs: nowMs, peer: watch.contact.name, from: before, to: verdict.state },
      ...{ because, phi: watch.doubt.phi(nowMs), silentMs: watch.doubt.silentMs(nowMs) },
      votes: { suspect: suspectedBy, assigned },
    });
  }

  /** It is not watched any more. Who was told what it is called must not believe it for ever. */
  released(watch: Watch, nowMs: number): void {
    const from = this.#states.get(watch) ?? 'unknown';
    if (from === 'unknown') return;
    const peer = watch.contact.name;
    const isMember = this.#options.group.observers.has(peer);
    const because = isMember ? 'others watch it from now on' : 'it is no member any more';
    this.#options.emit({ type: 'state', atMs: nowMs, peer, from, to: 'unknown', because });
  }

  #verdict(watch: Watch, nowMs: number): Verdict {
    const verdict = this.#aliveOrNot(watch, nowMs);
    const outBy = this.#clockOutBy(watch, nowMs);
    if (!outBy) return verdict;
    const observers = `${outBy.length} of ${verdict.assigned} observers`;
    const offset = this.#options.clocks.viewOf(watch.contact.name, nowMs);
    const byMs = offset ? ` by ${Math.round(offset.offsetMs)} ms` : '';
    const because = `${verdict.because}, but its clock is off${byMs}: too much for ${observers}`;
    return { ...verdict, state: 'clock-out', because };
  }

  /** Those who hold its clock out: of a peer that answers, and if they are a majority. */
  #clockOutBy({ contact, judgement }: Watch, nowMs: number): readonly string[] | undefined {
    const answers = judgement.vote === 'alive' || judgement.vote === 'slow';
    return answers ? this.#options.clocks.outBy(contact.name, nowMs) : undefined;
  }

  #aliveOrNot(watch: Watch, nowMs: number): Verdict {
    const { group, votes, rules, intervalMs } = this.#options;
    const { name } = watch.contact;
    const question = {
      ...{ nowMs, intervalMs },
      judgement: watch.judgement,
      assigned: group.observers.of(name),
      self: group.self,
      words: votes.about(name, knownBoot(watch), nowMs),
      silentSinceMs: watch.doubt.silentSinceMs ?? watch.lastHeardMs,
    };
    return verdictOf(question, rules);
  }

  /**
   * Many silent at once: before any of them is judged. All are counted only where one of those
   * that are due is silent, or was. True if a silence has to last longer or shorter from now on.
   */
  doubtOurselves(due: readonly Watch[], nowMs: number): boolean {
    const before = this.extraMs;
    const { score } = this.#selfDoubt;
    if (score === 0 && !due.some((watch) => watch.isSilent(nowMs))) return false;
    const watches = [...this.#options.watches.values()].filter((watch) => !watch.hasLeft);
    const silent = watches.filter((watch) => watch.isSilent(nowMs)).length;
    if (this.#selfDoubt.update(silent, watches.length, nowMs)) {
      this.#options.emit({ type: 'self-doubt', atMs: nowMs, score: this.#selfDoubt.score });
    }
    return this.extraMs !== before;
  }

  /** What our own observers say of us. */
  judgeOurselves(bootId: string, nowMs: number): void {
    const { group, votes, rules, clocks, emit } = this.#options;
    clocks.judgeOurselves(nowMs);
    if (group.self === undefined) return;
    const assigned = group.observers.of(group.self);
    const by = votes.suspecting(group.self, bootOf(bootId), assigned, nowMs);
    const suspected = rules.isMajority(by.length, assigned.length);
    if (suspected === this.#isSelfSuspected) return;
    this.#isSelfSuspected = suspected;
    emit({ type: 'self-suspected', atMs: nowMs, suspected, by, assigned: assigned.length });
  }

  viewOf(watch: Watch, nowMs: number): PeerView {
    const { contact, doubt, judgement, lastHeardMs, rttMs, suspicions, mistakes } = watch;
    const verdict = this.#verdict(watch, nowMs);
    return {
      ...{ peer: contact.name, state: verdict.state, vote: judgement.vote },
      phi: lastHeardMs === undefined || watch.hasLeft ? undefined : doubt.phi(nowMs),
      bootId: contact.bootId,
      lastHeardAgoMs: lastHeardMs === undefined ? undefined : nowMs - lastHeardMs,
      ...{ rttMs, watched: true, observers: verdict.assigned },
      ...{ suspectedBy: verdict.suspectedBy, suspicions, mistakes, because: verdict.because },
      clock: this.#options.clocks.viewOf(contact.name, nowMs),
    };
  }

  /** What each observer that we hear says of each peer, as we do: that comes first. */
  *matrix(views: readonly PeerView[], nowMs: number): Generator<Cell> {
    for (const { peer, vote, lastHeardAgoMs } of views) {
      const observer = this.#options.group.self ?? '';
      yield { observer, peer, state: vote, heardAgoMs: lastHeardAgoMs, ageMs: 0 };
    }
    for (const [observer, peer, { vote, heardAtMs, saidAtMs }] of this.#options.votes.all()) {
      const heardAgoMs = heardAtMs === undefined ? undefined : nowMs - heardAtMs;
      const state: PeerState = vote;
      yield { observer, peer, state, heardAgoMs, ageMs: nowMs - saidAtMs };
    }
  }
}

/** The life that votes have to be about, '' while none is known. */
function knownBoot({ contact }: Watch): string {
  const boot = bootOf(contact.bootId);
  return boot === NO_BOOT ? '' : boot;
}
