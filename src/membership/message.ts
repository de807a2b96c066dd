/**
 * What peers say to one another, whatever carries it: a question every interval, an answer to
 * each, and a notice when a node goes. `codec.ts` turns it into bytes and back.
 *
 * A message is taken for fresh only if it echoes a nonce that the receiver made up: a replayed
 * one cannot. Durations are judged by the receiver's own clock between a nonce and its echo,
 * never by wall time.
 */

export type MessageKind = 'question' | 'answer' | 'notice';

/** Why a node goes: it said so itself (`goodbye`, `crash`), or its supervisor did (`down`). */
export type NoticeReason = 'goodbye' | 'crash' | 'down';

/** What an observer says of a peer. */
export interface Opinion {
  /** `nameHash` of the peer. */
  readonly about: string;
  readonly vote: Vote;
  /** How long ago the observer last had a sign of life of it, in ms; undefined: never. */
  readonly heardAgoMs: number | undefined;
  /** First half of the boot id it holds the peer to have: a vote on an earlier life counts nothing. */
  readonly boot: string;
}

export type Vote = 'alive' | 'suspect' | 'stalled' | 'left';

/** Room for later versions: unknown types are skipped. */
export interface Extension {
  /** 1 to 255. */
  readonly type: number;
  readonly bytes: Uint8Array;
}

export interface Message {
  readonly kind: MessageKind;
  /** The sender's name, '' while it does not know it. */
  readonly from: string;
  /** `nameHash` of the name by which the sender knows the receiver. */
  readonly to: string;
  /** The sender's life: 16 hex digits, drawn at start. */
  readonly bootId: string;
  /** Counts the messages of this life, whoever they go to, modulo 2^32. */
  readonly seq: number;
  /** 16 hex digits, drawn for each message. */
  readonly nonce: string;
  /**
   * Of an answer, the nonce of its question; else the latest nonce that came from the receiver.
   * Sixteen zeros while none did.
   */
  readonly echo: string;
  /** By the sender's monotonic clock. */
  readonly sentAtMs: number;
  readonly sentAtWallMs: number;
  /** Of an answer: when its question arrived, by the answerer's monotonic clock. */
  readonly receivedAtMs?: number;
  /** How long the sender stood still since its last message to this receiver, in ms. */
  readonly pausedMs: number;
  /** Turns of the sender's main loop so far, modulo 2^32: it stands still while this does. */
  readonly progress: number;
  /** `membershipDigest` of the members as the sender knows them. */
  readonly digest: number;
  readonly opinions: readonly Opinion[];
  /** `nameHash` of peers that the sender wants to have asked: an indirect probe. */
  readonly asks: readonly string[];
  /** Of a notice. */
  readonly reason?: NoticeReason;
  /** Of a `down` notice: `nameHash` of the node that is down. Of the others: of the sender. */
  readonly about?: string;
  readonly extensions: readonly Extension[];
}

export const NO_NONCE = '0'.repeat(16);

/** Longer names, lists and extensions are refused, coming and going. */
export const LIMITS = {
  nameBytes: 128,
  opinions: 32,
  asks: 4,
  extensions: 8,
  extensionBytes: 256,
} as const;
