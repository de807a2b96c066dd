/** What we tell a member of others: as little as it takes to agree. */
import type { Contact } from './contact.ts';
import { LIMITS, type Opinion, type Vote } from './message.ts';
import type { Watch } from './watch.ts';

/** A life that is not known. */
export const NO_BOOT = '0'.repeat(8);
/** A vote that fell is told for so many intervals. */
const RETRACTED_INTERVALS = 3;

export interface OpinionQuestion {
  readonly watches: Iterable<Watch>;
  readonly to: Contact;
  /** Whether the receiver watches this peer too. */
  readonly isObserver: (peer: string) => boolean;
  /** Whether the receiver holds this peer suspect, as far as we have heard. */
  readonly isSuspectedByReceiver: (peer: string) => boolean;
  readonly nowMs: number;
  readonly intervalMs: number;
}

/**
 * To those who watch a peer too, and to itself: that we do not call it alive, or no longer suspect
 * it; and that we do call it alive, to who suspects it or asked.
 */
export function opinionsFor(question: OpinionQuestion): Opinion[] {
  const telling: { watch: Watch; vote: Vote }[] = [];
  for (const watch of question.watches) {
    const vote = voteOf(watch);
    if (vote !== undefined && isWorthTelling(watch, vote, question)) telling.push({ watch, vote });
  }
  if (telling.length > LIMITS.opinions) {
    telling.sort((a, b) => WEIGHT[b.vote] - WEIGHT[a.vote]);
    telling.length = LIMITS.opinions;
  }
  return telling.map(({ watch, vote }) => opinionOn(watch, vote, question.nowMs));
}

/** What there is no room for is what weighs least: those who left may be many. */
const WEIGHT: Readonly<Record<Vote, number>> = { suspect: 3, alive: 2, stalled: 1, left: 0 };

function isWorthTelling(watch: Watch, vote: Vote, question: OpinionQuestion): boolean {
  const { to, isObserver, isSuspectedByReceiver, nowMs, intervalMs } = question;
  const { name } = watch.contact;
  if ((watch.interested.get(to.name) ?? -Infinity) >= nowMs) return true;
  if (name !== to.name && !isObserver(name)) return false;
  if (vote !== 'alive') return true;
  const isRetracted = nowMs - watch.votedAtMs <= RETRACTED_INTERVALS * intervalMs;
  return isRetracted || isSuspectedByReceiver(name);
}

/** As others are told: of who was never heard, and is not suspected, there is nothing to tell. */
export function voteOf({ judgement }: Watch): Vote | undefined {
  if (judgement.vote === 'unknown') return undefined;
  return judgement.vote === 'slow' ? 'alive' : judgement.vote;
}

/** The first half of a boot id is enough to tell two lives apart. */
export function bootOf(bootId: string | undefined): string {
  return bootId?.slice(0, 8) ?? NO_BOOT;
}

function opinionOn({ contact, lastHeardMs }: Watch, vote: Vote, nowMs: number): Opinion {
  const heardAgoMs = lastHeardMs === undefined ? undefined : Math.max(0, nowMs - lastHeardMs);
  return { about: contact.hash, vote, heardAgoMs, boot: bootOf(contact.bootId) };
}
