/**
 * Seals bytes with a secret that all nodes share: HMAC-SHA256, cut to 16 bytes (RFC 2104, 5: not
 * less than half of the hash), so that nobody without it can say anything.
 *
 *     sealed    0xd1, bytes, MAC of all before      unsealed    0xd0, bytes
 *
 * The first byte tells the two apart, so that a node whose secret was forgotten learns why nobody
 * listens to it. It says nothing of freshness: that is the nonce's work.
 */
import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';
import { TardyError } from '../../src/errors.ts';
import type { RefusalReason } from './transport.ts';

const PLAIN = 0xd0;
const SEALED = 0xd1;
const MAC_BYTES = 16;
/** The same secret may serve elsewhere; a key of its own says what its MACs are for. */
const PURPOSE = 'tardy heartbeat 1';

export type Opened =
  | { readonly bytes: Uint8Array; readonly reason?: undefined }
  | {
      readonly reason: Extract<RefusalReason, 'foreign' | 'sealed' | 'unsealed' | 'bad-mac'>;
      readonly bytes?: undefined;
    };

export interface Seal {
  /** True with a secret: what it opens comes from somebody who knows it. */
  readonly authentic: boolean;
  /** How many bytes sealing adds. */
  readonly extraBytes: number;
  seal(bytes: Uint8Array): Uint8Array;
  /** A view of what was sealed, or why it is not taken. */
  open(sealed: Uint8Array): Opened;
}

/** Throws ERR_TARDY_CONFIG for an empty secret: that is a variable somebody forgot to fill. */
export function createSeal(secret?: string): Seal {
  if (secret === undefined) return PLAIN_SEAL;
  if (secret === '') {
    throw new TardyError(
      'ERR_TARDY_CONFIG',
      'the secret is empty: give TARDY_SECRET a value, the same for all nodes, or unset it',
    );
  }
  return hmacSeal(secret);
}

const PLAIN_SEAL: Seal = {
  authentic: false,
  extraBytes: 1,
  seal(bytes) {
    const sealed = new Uint8Array(1 + bytes.length);
    sealed[0] = PLAIN;
    sealed.set(bytes, 1);
    return sealed;
  },
  open(sealed) {
    if (sealed[0] === PLAIN) return { bytes: sealed.subarray(1) };
    return { reason: sealed[0] === SEALED ? 'sealed' : 'foreign' };
  },
};

function hmacSeal(secret: string): Seal {
  const key = createSecretKey(createHmac('sha256', secret).update(PURPOSE).digest());
  const macOf = (bytes: Uint8Array) =>
    createHmac('sha256', key).update(bytes).digest().subarray(0, MAC_BYTES);
  return {
    authentic: true,
    extraBytes: 1 + MAC_BYTES,
    seal(bytes) {
      const sealed = new Uint8Array(1 + bytes.length + MAC_BYTES);
      sealed[0] = SEALED;
      sealed.set(bytes, 1);
      const end = 1 + bytes.length;
      sealed.set(macOf(sealed.subarray(0, end)), end);
      return sealed;
    },
    open(sealed) {
      if (sealed[0] === PLAIN) return { reason: 'unsealed' };
      const end = sealed.length - MAC_BYTES;
      if (sealed[0] !== SEALED || end < 1) return { reason: 'foreign' };
      const isOurs = timingSafeEqual(macOf(sealed.subarray(0, end)), sealed.subarray(end));
      return isOurs ? { bytes: sealed.subarray(1, end) } : { reason: 'bad-mac' };
    },
  };
}
