/** What notices tell: of the sender itself by its own word, of others by a supervisor's. */
import type { Contact } from './contact.ts';
import type { Group } from './group.ts';
import type { Message } from './message.ts';
import { NoticeGuard } from './notice-guard.ts';
import type { Rules } from './rules.ts';
import type { Evidence, Instant } from './types.ts';

export interface NoticesOptions {
  readonly group: Group;
  readonly rules: Rules;
  readonly contact: (name: string) => Contact | undefined;
  /** What others say counts. */
  readonly trustOpinions: boolean;
}

/** What is known of whom now, or why the notice is not taken; neither: it tells nothing new. */
export interface NoticeTold {
  readonly peer?: string;
  readonly evidence?: Evidence;
  readonly refusal?: string;
}

export class Notices {
  readonly #options: NoticesOptions;
  readonly #guard = new NoticeGuard();

  constructor(options: NoticesOptions) {
    this.#options = options;
  }

  told(message: Message, now: Instant): NoticeTold {
    const { group, rules, contact: contactOf } = this.#options;
    const { reason, about = '', from } = message;
    if (reason === 'down') {
      const peer = group.nameOf(about);
      if (peer === undefined) return { refusal: 'it is about no peer of ours' };
      const refusal = this.#whyNotDown(message, now);
      return refusal === undefined ? { peer, evidence: { kind: 'down' } } : { refusal };
    }
    const contact = contactOf(from);
    if (!contact || reason === undefined) return {};
    if (reason === 'goodbye' && !rules.believesGoodbye()) return {};
    const { as } = contact.received(message);
    if (as !== 'news' && as !== 'restart') return {};
    return { peer: contact.name, evidence: { kind: reason } };
  }

  #whyNotDown(message: Message, now: Instant): string | undefined {
    if (this.#options.trustOpinions) return this.#guard.refusal(message, now);
    return 'without TARDY_SECRET nobody is believed about others';
  }
}
