/** What the main thread and the thread of the responder say to one another. */
import type { Message } from '../../src/membership/message.ts';
import type { Evidence } from '../../src/membership/types.ts';
import type { Address, Arrival, Refusal, RefusalReason } from './transport.ts';

/** Counters in shared memory, `Int32Array`. */
export const SHARED = {
  /** Turns of the main loop, modulo 2^32. */
  progress: 0,
  /** Messages handed to the main thread that it has not taken yet. */
  untaken: 1,
  length: 2,
} as const;

export interface ThreadOptions {
  readonly port: number;
  readonly host: string | undefined;
  readonly secret: string | undefined;
  readonly perSecond: { readonly known: number; readonly unknown: number } | undefined;
  readonly shared: SharedArrayBuffer;
}

export type ToThread =
  | { readonly kind: 'peers'; readonly peers: readonly Address[] }
  | {
      readonly kind: 'send';
      readonly peer: Address;
      readonly message: Message;
      readonly urgent: boolean;
    }
  /** The main thread's answer to a question; without one, it has none. */
  | { readonly kind: 'reply'; readonly id: number; readonly answer: Message | undefined }
  | { readonly kind: 'stop' };

export type FromThread =
  | { readonly kind: 'ready'; readonly port: number }
  /** The port cannot be had. */
  | { readonly kind: 'unusable'; readonly why: string }
  | {
      readonly kind: 'message';
      readonly id: number;
      readonly message: Message;
      readonly arrival: Arrival;
    }
  | { readonly kind: 'evidence'; readonly peer: string; readonly evidence: Evidence }
  | {
      readonly kind: 'refusal';
      readonly refusal: Refusal;
      readonly counts: ReadonlyMap<RefusalReason, number>;
    }
  | { readonly kind: 'failure'; readonly where: string; readonly why: string };
