/**
 * A member we talk with: who it is, and which of its messages are new.
 *
 * A message proves itself fresh by echoing a nonce that we made up lately. A life (boot id) that
 * we do not know is believed only then; once it is known, its numbers have to rise. So what is
 * replayed is noticed, and so is a restart, and wall time has no part in it.
 */
import { type Message, NO_NONCE } from './message.ts';
import { nameHash } from './names.ts';

/** Nonces remembered: questions and answers of several intervals, and a burst of probes. */
const NONCES = 32;

/** A nonce that we made up, and when we sent it. */
export interface Issued {
  readonly nonce: string;
  readonly sentAtMs: number;
}

interface Remembered extends Issued {
  /** It went with a question, which nobody has answered yet. */
  awaitsAnswer: boolean;
}

export interface Reception {
  readonly as:
    /** It answers the question that `echoed` went with. */
    | 'answer'
    /** Of the life we know, and new. */
    | 'news'
    /** It proves to be another life. */
    | 'restart'
    /** Perhaps another life: to be asked. */
    | 'unproved'
    /** Heard before, or overtaken. */
    | 'old';
  /** The nonce of ours that it echoes: it was written after that was sent. */
  readonly echoed: Issued | undefined;
  readonly isAnswer: boolean;
  /** No later message of this life came before. */
  readonly isNewest: boolean;
}

export class Contact {
  readonly name: string;
  readonly hash: string;
  bootId: string | undefined;
  /** The latest nonce that came from it. */
  nonce = NO_NONCE;
  /** It has not heard our opinions under a nonce of its own that is new enough to count. */
  isToBeToldAgain = false;
  #seqOut = 0;
  #seqIn = 0;
  readonly #issued: Remembered[] = [];
  #pausedMs = 0;

  constructor(name: string) {
    this.name = name;
    this.hash = nameHash(name);
  }

  nextSeq(): number {
    return (this.#seqOut = (this.#seqOut + 1) >>> 0);
  }

  /** We stood still. */
  paused(ms: number): void {
    this.#pausedMs += ms;
  }

  /** How long we stood still since we were asked last, in ms. */
  takePausedMs(): number {
    const pausedMs = this.#pausedMs;
    this.#pausedMs = 0;
    return pausedMs;
  }

  issued(nonce: string, sentAtMs: number, awaitsAnswer: boolean): void {
    this.#issued.push({ nonce, sentAtMs, awaitsAnswer });
    if (this.#issued.length > NONCES) this.#issued.shift();
  }

  received(message: Message): Reception {
    const echoed = this.#issued.findLast(({ nonce }) => nonce === message.echo);
    const isAnswer = message.kind === 'answer';
    const isOtherLife = message.bootId !== this.bootId;
    const isNewest = isOtherLife ? echoed !== undefined : message.seq > this.#seqIn;
    const told = { echoed, isAnswer, isNewest };
    if (isAnswer && !echoed?.awaitsAnswer) return { as: 'old', ...told };
    if (isAnswer && echoed) echoed.awaitsAnswer = false;
    if (isOtherLife && !echoed) return { as: 'unproved', ...told };
    if (isNewest) this.#note(message);
    if (isOtherLife) return { as: 'restart', ...told };
    if (isAnswer) return { as: 'answer', ...told };
    return { as: isNewest ? 'news' : 'old', ...told };
  }

  #note(message: Message): void {
    this.bootId = message.bootId;
    this.#seqIn = message.seq;
    this.nonce = message.nonce;
  }
}
