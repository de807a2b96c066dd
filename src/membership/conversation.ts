/** What we say, and to whom. */
import { Contact } from './contact.ts';
import type { Group } from './group.ts';
import {
  type Extension,
  type Message,
  type MessageKind,
  NO_NONCE,
  type NoticeReason,
  type Opinion,
} from './message.ts';
import { opinionsFor } from './opinions.ts';
import type { Instant, Outgoing } from './types.ts';
import type { Votes } from './votes.ts';
import type { Watch } from './watch.ts';

export interface ConversationOptions {
  readonly group: Group;
  readonly watches: ReadonlyMap<string, Watch>;
  readonly votes: Votes;
  readonly bootId: string;
  readonly intervalMs: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Turns of our main loop so far. */
  readonly progress: () => number;
  /** This moment, more exactly than the instant that a message was caused by. */
  readonly stamp: (now: Instant) => Instant;
  /** What goes with a message besides. */
  readonly extensions: (kind: MessageKind, contact: Contact, now: Instant) => Extension[];
  readonly send: (out: Outgoing) => void;
}

export class Conversation {
  readonly #options: ConversationOptions;
  readonly #contacts = new Map<string, Contact>();
  #seq = 0;

  constructor(options: ConversationOptions) {
    this.#options = options;
  }

  /** A member other than ourselves; undefined for strangers. */
  contact(name: string): Contact | undefined {
    const { group } = this.#options;
    if (name === group.self || !group.observers.has(name)) return undefined;
    let contact = this.#contacts.get(name);
    if (!contact) this.#contacts.set(name, (contact = new Contact(name)));
    return contact;
  }

  /** Who is no member any more is forgotten, and so are we, if we did not know our name before. */
  retainMembers(): void {
    const { observers, self } = this.#options.group;
    for (const name of this.#contacts.keys()) {
      if (name === self || !observers.has(name)) this.#contacts.delete(name);
    }
  }

  paused(ms: number): void {
    for (const contact of this.#contacts.values()) contact.paused(ms);
  }

  /** `urgent`: over every way there is. `asks`: hashes of peers to ask for us. */
  ask(contact: Contact, now: Instant, urgent: boolean, asks: readonly string[] = []): void {
    const message = { ...this.#message('question', contact, now), asks };
    this.#options.send({ to: contact.name, message, urgent });
  }

  answer(contact: Contact, question: Message, now: Instant): Message {
    const message = this.#message('answer', contact, now);
    return { ...message, echo: question.nonce };
  }

  /** Everyone we talk with hears that we go. */
  farewell(reason: NoticeReason, now: Instant): void {
    for (const contact of this.#contacts.values()) {
      const message = { ...this.#message('notice', contact, now), reason };
      this.#options.send({ to: contact.name, message, urgent: true });
    }
  }

  #message(kind: MessageKind, contact: Contact, cause: Instant): Message {
    const { bootId, group, progress, stamp, extensions } = this.#options;
    const opinions = group.self === undefined ? [] : this.#opinions(contact, cause.monoMs);
    const nonce = this.#nonce();
    const now = stamp(cause);
    const { monoMs, wallMs } = now;
    contact.issued(nonce, monoMs, kind === 'question');
    return {
      kind,
      from: group.self ?? '',
      to: contact.hash,
      bootId,
      seq: (this.#seq = (this.#seq + 1) >>> 0),
      nonce,
      echo: contact.nonce,
      sentAtMs: monoMs,
      sentAtWallMs: wallMs,
      pausedMs: contact.takePausedMs(),
      progress: progress() >>> 0,
      digest: group.digest,
      opinions,
      asks: [],
      extensions: extensions(kind, contact, now),
    };
  }

  #opinions(to: Contact, nowMs: number): Opinion[] {
    const { group, watches, votes, intervalMs } = this.#options;
    return opinionsFor({
      watches: watches.values(),
      to,
      isObserver: (peer) => group.observers.of(peer).includes(to.name),
      isSuspectedByReceiver: (peer) => votes.isSuspecting(to.name, peer, nowMs),
      nowMs,
      intervalMs,
    });
  }

  #nonce(): string {
    const nonce = this.#hex8() + this.#hex8();
    return nonce === NO_NONCE ? this.#nonce() : nonce;
  }

  #hex8(): string {
    const { random } = this.#options;
    return Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  }
}
