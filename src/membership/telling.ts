/**
 * Tells members of a change of our mind, at once, but not of each in a message of its own.
 *
 * A group that is cut in halves changes its mind about half of itself within a moment: n² / 4
 * changes for n / 2 members each. A message carries all opinions anyway, so whoever is to be told
 * is told once, when the event that changed our mind has been dealt with, and again after
 * SPACING of an interval at the earliest.
 */
import type { Contact } from './contact.ts';
import type { Conversation } from './conversation.ts';
import type { Instant } from './types.ts';

/** Messages to one member in an interval, at most. */
const PER_INTERVAL = 16;

export class Telling {
  readonly #conversation: Conversation;
  readonly #spacingMs: number;
  readonly #waiting = new Set<Contact>();

  constructor(conversation: Conversation, intervalMs: number) {
    this.#conversation = conversation;
    this.#spacingMs = intervalMs / PER_INTERVAL;
  }

  add(contact: Contact): void {
    this.#waiting.add(contact);
  }

  /** Tells those whose time has come. */
  flush(now: Instant): void {
    for (const contact of this.#waiting) {
      if (now.monoMs < contact.toldAtMs + this.#spacingMs) continue;
      this.#waiting.delete(contact);
      contact.toldAtMs = now.monoMs;
      this.#conversation.ask(contact, now, true);
    }
  }

  /** When the next is to be told; Infinity if nobody is. */
  nextMs(): number {
    let nextMs = Infinity;
    for (const { toldAtMs } of this.#waiting) nextMs = Math.min(nextMs, toldAtMs + this.#spacingMs);
    return nextMs;
  }

  clear(): void {
    this.#waiting.clear();
  }
}
