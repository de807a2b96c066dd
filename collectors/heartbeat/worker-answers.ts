/**
 * Who answers a question that the thread has read: the main thread, if it does so soon; else the
 * thread itself, with a `progress` that stands still. What it says of us it has read in the main
 * thread's messages, which all go through it. It has no opinions: who stands still sees nobody.
 */
import { type Message, NO_NONCE } from '../../src/membership/message.ts';
import { nameHash } from '../../src/membership/names.ts';
import type { Instant } from '../../src/membership/types.ts';
import type { Arrival } from './transport.ts';

/** A main loop that takes longer stands still, for whoever waits. */
export const GRACE_MS = 50;
/** Questions that wait for the main thread; it answers a few at a time, or none. */
const WAITING_MAX = 1024;
/** Peers whose latest number is kept. */
const LATEST_MAX = 10_000;

interface Waiting {
  readonly reply: (answer: Message) => void;
  readonly timer: NodeJS.Timeout;
}

export interface WorkerAnswersOptions {
  readonly progress: () => number;
  readonly now: () => Instant;
  /** Default 50. */
  readonly graceMs?: number | undefined;
}

export class WorkerAnswers {
  readonly #options: WorkerAnswersOptions;
  readonly #waiting = new Map<number, Waiting>();
  /** The main thread's latest message to each, by `to`. */
  readonly #latest = new Map<string, Message>();
  /** And to anybody. */
  #last: Message | undefined;

  constructor(options: WorkerAnswersOptions) {
    this.#options = options;
  }

  /** A question was handed to the main thread under this number. */
  ask(id: number, question: Message, arrival: Arrival, reply: (answer: Message) => void): void {
    const answer = (): void => {
      this.#waiting.delete(id);
      const own = this.#own(question, arrival);
      if (own) reply(own);
    };
    if (this.#waiting.size >= WAITING_MAX) return answer();
    const timer = setTimeout(answer, this.#options.graceMs ?? GRACE_MS);
    this.#waiting.set(id, { reply, timer });
  }

  /** The main thread's answer; too late, it is dropped. */
  answered(id: number, answer: Message | undefined): void {
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    this.#waiting.delete(id);
    clearTimeout(waiting.timer);
    if (answer) waiting.reply(this.sent(answer));
  }

  /** What goes out of the main thread's messages: with the progress there is now. */
  sent(message: Message): Message {
    this.#last = message;
    this.#latest.delete(message.to); // the map keeps the order of the latest
    this.#latest.set(message.to, message);
    const [oldest] = this.#latest.keys();
    if (this.#latest.size > LATEST_MAX && oldest !== undefined) this.#latest.delete(oldest);
    return { ...message, progress: this.#options.progress() };
  }

  stop(): void {
    for (const { timer } of this.#waiting.values()) clearTimeout(timer);
    this.#waiting.clear();
  }

  /**
   * Number and nonce are those of the main thread's latest message, for only it counts and knows
   * which nonces it has made up; an answer is told by its echo.
   */
  #own(question: Message, { monoMs: receivedAtMs }: Arrival): Message | undefined {
    if (!this.#last) return undefined;
    const { from, bootId, digest } = this.#last;
    const { now, progress } = this.#options;
    const to = nameHash(question.from);
    const { seq, nonce } = this.#latest.get(to) ?? { seq: 1, nonce: NO_NONCE };
    const { monoMs: sentAtMs, wallMs: sentAtWallMs } = now();
    const times = { receivedAtMs, sentAtMs, sentAtWallMs };
    return {
      ...{ kind: 'answer', from, to, bootId, digest, seq, nonce, echo: question.nonce },
      ...times,
      // Not how long we stand still by now: that is still going on, and the progress tells it.
      pausedMs: 0,
      progress: progress(),
      ...{ opinions: [], asks: [], extensions: [] },
    };
  }
}
