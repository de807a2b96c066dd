/**
 * Whom to ask, and when.
 *
 * Every interval in any case. Where an answer is overdue (phi > 1) again at once, as far apart as the peer's own
 * answers take, within a budget; and when the doubt lasts, two others are asked what they know.
 */
import type { Conversation } from './conversation.ts';
import type { Group } from './group.ts';
import type { PeerClocks } from './peer-clocks.ts';
import type { Instant } from './types.ts';
import { SLOW_PHI, type Watch } from './watch.ts';

/** So many others are asked. */
const INDIRECT = 2;
/** Who left is asked so much less often: it may come back. */
const LEFT_SLOWER = 5;

export interface ProbingOptions {
  readonly group: Group;
  readonly watches: ReadonlyMap<string, Watch>;
  readonly conversation: Conversation;
  readonly clocks: PeerClocks;
  readonly intervalMs: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

export class Probing {
  readonly #options: ProbingOptions;

  constructor(options: ProbingOptions) {
    this.#options = options;
  }

  askIfDue(watch: Watch, now: Instant): void {
    const { monoMs } = now;
    if (monoMs >= watch.nextAskMs) {
      const stepMs = this.#options.intervalMs * (watch.hasLeft ? LEFT_SLOWER : 1);
      watch.nextAskMs = Math.max(watch.nextAskMs + stepMs, monoMs + stepMs / 2);
      this.#options.clocks.asked(watch.contact);
      this.ask(watch, now, monoMs >= watch.doubt.overdueMs);
      this.#renewVote(watch, now);
      return;
    }
    if (monoMs < nextProbeMs(watch, monoMs) || !watch.budget.take(monoMs)) return;
    this.ask(watch, now, true);
    if (watch.doubt.phi(monoMs) >= SLOW_PHI) this.#askOthers(watch, now);
  }

  ask(watch: Watch, now: Instant, urgent: boolean): void {
    watch.lastAskedMs = now.monoMs;
    watch.isProbeWanted = false;
    watch.doubt.asked(now.monoMs);
    this.#options.conversation.ask(watch.contact, now, urgent);
  }

  /** When it is time to ask a peer. */
  nextMs(watch: Watch, nowMs: number): number {
    return Math.min(watch.nextAskMs, nextProbeMs(watch, nowMs));
  }

  /** Votes expire: those who watch the peer but not us would not hear it again otherwise. */
  #renewVote(watch: Watch, now: Instant): void {
    const { group, watches, conversation, clocks } = this.#options;
    if (watch.judgement.vote !== 'suspect' && !clocks.isHeldOut(watch.contact.name, now.monoMs))
      return;
    for (const other of group.observers.of(watch.contact.name)) {
      const contact = watches.has(other) ? undefined : conversation.contact(other);
      if (contact) conversation.ask(contact, now, false);
    }
  }

  /** By chance: always the same two would have to answer for everyone. */
  #askOthers(watch: Watch, now: Instant): void {
    const { group, watches, conversation, random } = this.#options;
    const { monoMs } = now;
    const { name, hash } = watch.contact;
    const others = group.observers.of(name).filter((other) => {
      const vote = watches.get(other)?.judgement.vote;
      return vote !== 'suspect' && vote !== 'left';
    });
    const first = Math.floor(random() * others.length);
    for (let i = 0; i < Math.min(INDIRECT, others.length); i++) {
      if (!watch.budget.take(monoMs)) return;
      const contact = conversation.contact(others[(first + i) % others.length] as string);
      if (contact) conversation.ask(contact, now, true, [hash]);
    }
  }
}

/** When a doubt is to be pursued; once something is known, the regular questions will do. */
function nextProbeMs(watch: Watch, nowMs: number): number {
  const { judgement, lastHeardMs, lastAskedMs, doubt, budget, isProbeWanted } = watch;
  const isDoubtful = judgement.vote === 'alive' || judgement.vote === 'slow';
  if (!isDoubtful || lastHeardMs === undefined) return Infinity;
  const doubtedMs = isProbeWanted ? nowMs : doubt.overdueMs;
  // The first question in doubt need not wait for a second time.
  const isFirst = lastAskedMs === doubt.waitingSinceMs;
  const dueMs = isFirst ? doubtedMs : Math.max(doubtedMs, lastAskedMs + doubt.spacingMs);
  return dueMs > nowMs ? dueMs : Math.max(dueMs, budget.readyMs(nowMs));
}
