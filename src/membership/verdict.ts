/**
 * What to call a peer, from what we see and what others say.
 *
 * Dead takes more than half of those assigned to watch it, and two; one who hears it itself calls
 * it alive, whatever others say. Whom we do not hear while somebody else does is disputed: then
 * the way between us is broken, not the peer. Who said goodbye to another has left.
 */
import type { Rules } from './rules.ts';
import type { PeerState } from './types.ts';
import type { Word } from './votes.ts';
import type { Judgement } from './watch.ts';

export interface VerdictQuestion {
  readonly judgement: Judgement;
  /** Those who are to watch it; us among them. */
  readonly assigned: readonly string[];
  readonly self: string | undefined;
  /** What other observers say of this life of it, as far as it holds. */
  readonly words: readonly (readonly [observer: string, word: Word])[];
  /** Since when we hear nothing, by our clock. */
  readonly silentSinceMs: number | undefined;
  readonly nowMs: number;
  readonly intervalMs: number;
}

export interface Verdict {
  readonly state: PeerState;
  readonly because: string;
  readonly suspectedBy: readonly string[];
  readonly assigned: number;
}

export function verdictOf(
  { judgement, assigned, self, words, silentSinceMs, nowMs, intervalMs }: VerdictQuestion,
  rules: Rules,
): Verdict {
  const counting = words.filter(([observer]) => assigned.includes(observer) && observer !== self);
  const suspectedBy = counting.filter(([, { vote }]) => vote === 'suspect').map(([name]) => name);
  const isOurs = self !== undefined && assigned.includes(self);
  if (judgement.vote !== 'suspect') {
    return {
      state: judgement.vote,
      because: judgement.because,
      suspectedBy,
      assigned: assigned.length,
    };
  }
  if (isOurs) suspectedBy.push(self);
  const counted = rules.counted(assigned.length, counting.length + (isOurs ? 1 : 0));
  const told = { suspectedBy, assigned: assigned.length };
  if (rules.isMajority(suspectedBy.length, counted)) {
    const because = `${judgement.because}; ${suspectedBy.length} of ${counted} observers suspect it`;
    return { state: 'dead', because, ...told };
  }
  const goodbye = words.find(([, { vote }]) => vote === 'left');
  if (goodbye) return { state: 'left', because: `${goodbye[0]} heard it say goodbye`, ...told };
  const witness = words.find(
    ([, { vote, heardAtMs }]) =>
      vote !== 'suspect' &&
      heardAtMs !== undefined &&
      silentSinceMs !== undefined &&
      rules.vouches({ heardAtMs, silentSinceMs, nowMs, intervalMs }),
  );
  if (witness) {
    return {
      state: 'disputed',
      because: `${judgement.because}, but ${witness[0]} hears it`,
      ...told,
    };
  }
  return { state: 'suspect', because: judgement.because, ...told };
}
