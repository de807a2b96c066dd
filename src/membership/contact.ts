/**
 * A member we talk with: who it is, and which of its messages are new.
 *
 * A message proves itself fresh by echoing a nonce that we made up lately. A life (boot id) that
 * we do not know is believed only then; once it is known, its numbers have to rise. So what is
 * replayed is noticed, and so is a restart, and wall time has no part in it.
 */
import { type Message, NO_NONCE } from './message.ts';
import { nameHash } from './names.ts';
import { Nonces } from './nonces.ts';

/** Nonces remembered that went with questions: of several intervals, and a burst of probes. */
const QUESTIONS = 32;
/** And with answers: apart, or whoever makes us answer could make us forget what we asked. */
const ANSWERS = 8;
/** Lives that ended: what is left of them on the way is old. */
const FORMER_LIVES = 8;

export interface Reception {
  readonly as:
    /** It answers the question that went with the nonce it echoes. */
    | 'answer'
    /** Of the life we know, and new. */
    | 'news'
    /** It proves to be another life. */
    | 'restart'
    /** Perhaps another life: to be asked. */
    | 'unproved'
    /** Heard before, or overtaken. */
    | 'old';
  /** When we sent the nonce that it echoes: it was written after that. */
  readonly echoedMs: number | undefined;
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
  /** When it was last told of a change. */
  toldAtMs = -Infinity;
  /** It has not heard our opinions under a nonce of its own that is new enough to count. */
  isToBeToldAgain = false;
  #seqIn = 0;
  readonly #questions = new Nonces(QUESTIONS);
  readonly #answers = new Nonces(ANSWERS);
  readonly #formerLives: string[] = [];
  #pausedMs = 0;

  constructor(name: string) {
    this.name = name;
    this.hash = nameHash(name);
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
    (isQuestion ? this.#questions : this.#answers).add(nonce, sentAtMs, isQuestion);
  }

  /** Said again: it came by two ways. */
  isRepeated({ bootId, seq }: Message): boolean {
    return bootId === this.bootId && seq === this.#seqIn;
  }

  received(message: Message): Reception {
    const question = this.#questions.find(message.echo);
    const echoedMs = this.#echoedMs(message.echo, question);
    const isAnswer = message.kind === 'answer';
    const isOtherLife = message.bootId !== this.bootId;
    const isNewest = isOtherLife ? echoedMs !== undefined : isAfter(message.seq, this.#seqIn);
    const told = { echoedMs, isAnswer, isNewest };
    const isLate = isAnswer && !(question !== undefined && this.#questions.takeAnswer(question));
    if (isLate || this.#formerLives.includes(message.bootId)) return { as: 'old', ...told };
    if (isOtherLife && echoedMs === undefined) return { as: 'unproved', ...told };
    if (isOtherLife) this.#endLife(echoedMs as number);
    if (isNewest) this.#note(message);
    if (isOtherLife) return { as: 'restart', ...told };
    if (isAnswer) return { as: 'answer', ...told };
    return { as: isNewest ? 'news' : 'old', ...told };
  }

  #echoedMs(echo: string, question: number | undefined): number | undefined {
    if (question !== undefined) return this.#questions.sentAtMs(question);
    const answer = this.#answers.find(echo);
    return answer === undefined ? undefined : this.#answers.sentAtMs(answer);
  }

  /** Another life has proved itself: what was said to the former one proves nothing any more. */
  #endLife(proofMs: number): void {
    if (this.bootId === undefined) return;
    this.#formerLives.push(this.bootId);
    if (this.#formerLives.length > FORMER_LIVES) this.#formerLives.shift();
    this.#questions.forgetBefore(proofMs);
    this.#answers.forgetBefore(proofMs);
  }

  #note(message: Message): void {
    this.bootId = message.bootId;
    this.#seqIn = message.seq;
    this.nonce = message.nonce;
  }
}

/** In the order of numbers that begin anew after 2^32 (serial numbers, RFC 1982). */
function isAfter(seq: number, other: number): boolean {
  return ((seq - other) | 0) > 0;
}
