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

export interface Asked {
  readonly nonce: string;
  readonly sentAtMs: number;
}

export type Reception =
  /** It answers this question of ours. */
  | { readonly as: 'answer'; readonly asked: Asked }
  /** Of the life we know, and new. */
  | { readonly as: 'news' }
  /** It proves to be another life. */
  | { readonly as: 'restart'; readonly asked: Asked | undefined }
  /** Perhaps another life: to be asked. */
  | { readonly as: 'unproved' }
  /** Heard before, or overtaken. */
  | { readonly as: 'old' };

export class Contact {
  readonly name: string;
  readonly hash: string;
  bootId: string | undefined;
  /** The latest nonce that came from it. */
  nonce = NO_NONCE;
  #seqOut = 0;
  #seqIn = 0;
  readonly #issued: (Asked & { readonly isQuestion: boolean })[] = [];
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

  issued(nonce: string, sentAtMs: number, isQuestion: boolean): void {
    this.#issued.push({ nonce, sentAtMs, isQuestion });
    if (this.#issued.length > NONCES) this.#issued.shift();
  }

  received(message: Message): Reception {
    const echoed = this.#issued.findLast(({ nonce }) => nonce === message.echo);
    const isAnswer = message.kind === 'answer';
    if (isAnswer && !echoed?.isQuestion) return { as: 'old' };
    if (isAnswer) this.#issued.splice(this.#issued.indexOf(echoed as never), 1);
    if (message.bootId !== this.bootId) return this.#otherLife(message, echoed, isAnswer);
    const isNew = message.seq > this.#seqIn;
    if (isNew) this.#note(message);
    if (isAnswer) return { as: 'answer', asked: echoed as Asked };
    return isNew ? { as: 'news' } : { as: 'old' };
  }

  #otherLife(message: Message, echoed: Asked | undefined, isAnswer: boolean): Reception {
    if (!echoed) return { as: 'unproved' };
    this.bootId = message.bootId;
    this.#note(message);
    return { as: 'restart', asked: isAnswer ? echoed : undefined };
  }

  #note(message: Message): void {
    this.#seqIn = message.seq;
    this.nonce = message.nonce;
  }
}
