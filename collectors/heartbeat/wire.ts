/** From messages to sealed bytes and back: what every transport does, and in which order. */
import { decode, encode, fit } from '../../src/membership/codec.ts';
import type { Message } from '../../src/membership/message.ts';
import type { Opened, Seal } from './seal.ts';
import type { RefusalReason } from './transport.ts';

/** Passes the smallest path anybody has today (IPv6's 1,280 with tunnels aside) in one piece. */
export const DATAGRAM_BYTES_MAX = 1400;
export const BODY_BYTES_MAX = 16_384;

const WHY: Readonly<Record<NonNullable<Opened['reason']>, string>> = {
  foreign: 'not a message of Tardy',
  sealed: 'it has a MAC, but TARDY_SECRET is not set here',
  unsealed: 'it has no MAC, but TARDY_SECRET is set here',
  'bad-mac': 'its MAC is wrong: another TARDY_SECRET, or changed on its way',
};

export type Unpacked =
  | { readonly message: Message; readonly reason?: undefined; readonly why?: undefined }
  | { readonly reason: RefusalReason; readonly why: string; readonly message?: undefined };

export interface PackOptions {
  /** No more bytes than this: opinions and extensions are left out until it fits. */
  readonly maxBytes: number;
  /** Padded to this, as far as `maxBytes` allows. */
  readonly minBytes?: number;
}

/** Padding comes in no less than 3 bytes, so it may exceed what was asked for by 2. */
const PADDING_EXCESS_BYTES = 2;
/** A question is padded by what only its answer holds. */
const QUESTION_SPARE_BYTES = 8 + PADDING_EXCESS_BYTES;

export class Wire {
  readonly #seal: Seal;
  readonly #maxBytes: number;

  /** `maxBytes`: what is longer is not even looked at. */
  constructor(seal: Seal, maxBytes: number) {
    this.#seal = seal;
    this.#maxBytes = maxBytes;
  }

  /** True if what is unpacked comes from somebody who knows the secret. */
  get authentic(): boolean {
    return this.#seal.authentic;
  }

  /** Bytes on the wire of a message of so many bytes. */
  sealedLength(bytes: number): number {
    return bytes + this.#seal.extraBytes;
  }

  /** Undefined if not even the bare message fits. */
  pack(message: Message, { maxBytes, minBytes = 0 }: PackOptions): Uint8Array | undefined {
    const room = Math.min(maxBytes, this.#maxBytes) - this.#seal.extraBytes;
    const spare = message.kind === 'question' ? QUESTION_SPARE_BYTES : 0;
    const fitted = fit(message, room - spare);
    if (!fitted) return undefined;
    const padded = Math.min(minBytes - this.#seal.extraBytes, room - PADDING_EXCESS_BYTES);
    return this.#seal.seal(encode(fitted, Math.max(0, padded)));
  }

  unpack(bytes: Uint8Array): Unpacked {
    if (bytes.length > this.#maxBytes) {
      return { reason: 'too-long', why: `${bytes.length} bytes, at most ${this.#maxBytes}` };
    }
    const opened = this.#seal.open(bytes);
    if (!opened.bytes) return { reason: opened.reason, why: WHY[opened.reason] };
    const { message, error } = decode(opened.bytes);
    return message ? { message } : { reason: 'undecodable', why: error };
  }
}
