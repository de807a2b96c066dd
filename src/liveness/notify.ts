/** Tells nodes that another is down, from outside: what `tardy notify` does. */
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { CONTENT_TYPE } from '../../collectors/heartbeat/http-server.ts';
import { heartbeatUrl } from '../../collectors/heartbeat/http-client.ts';
import { targetOf } from '../../collectors/heartbeat/address-book.ts';
import { createSeal } from '../../collectors/heartbeat/seal.ts';
import type { Address } from '../../collectors/heartbeat/transport.ts';
import { isUdp } from '../../collectors/heartbeat/udp-socket.ts';
import { encode } from '../membership/codec.ts';
import { type Message, NO_NONCE } from '../membership/message.ts';
import { nameHash } from '../membership/names.ts';

const ANSWER_MS = 2000;

export interface Notified {
  readonly peer: Address;
  /** What it answered; of UDP, that it was sent. Undefined: taken. */
  readonly problem: string | undefined;
}

export interface Notice {
  /** Name of the node that is down. */
  readonly down: string;
  readonly to: readonly Address[];
  readonly secret: string;
  readonly signal: AbortSignal;
}

/** Tells everyone at once. Never rejects for a peer that cannot be told. */
export async function notifyDown({ down, to, secret, signal }: Notice): Promise<Notified[]> {
  const seal = createSeal(secret);
  return Promise.all(
    to.map(async (peer) => {
      const bytes = seal.seal(encode(messageTo(peer.name, down)));
      try {
        const problem = isUdp(peer.url)
          ? await sendDatagram(peer, bytes)
          : await post(peer, bytes, signal);
        return { peer, problem };
      } catch (error) {
        return { peer, problem: reasonOf(error) };
      }
    }),
  );
}

function messageTo(name: string, down: string): Message {
  return {
    kind: 'notice',
    reason: 'down',
    about: nameHash(down),
    from: '',
    to: nameHash(name),
    bootId: randomBytes(8).toString('hex'),
    seq: 1,
    nonce: randomBytes(8).toString('hex'),
    echo: NO_NONCE,
    sentAtMs: performance.now(),
    sentAtWallMs: Date.now(),
    pausedMs: 0,
    progress: 0,
    digest: 0,
    opinions: [],
    asks: [],
    extensions: [],
  };
}

async function post(
  { url }: Address,
  body: Uint8Array,
  signal: AbortSignal,
): Promise<string | undefined> {
  const response = await fetch(heartbeatUrl(url), {
    method: 'POST',
    headers: { 'content-type': CONTENT_TYPE },
    body: Buffer.from(body),
    signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
  });
  const text = await response.text();
  if (response.ok) return undefined;
  const detail = /"detail":"([^"\\]{1,200})/.exec(text)?.[1];
  return `HTTP ${response.status}${detail === undefined ? '' : `: ${detail}`}`;
}

function sendDatagram({ url }: Address, bytes: Uint8Array): Promise<string | undefined> {
  const { hostname, port } = targetOf(url);
  const socket = createSocket(hostname.includes(':') ? 'udp6' : 'udp4');
  return new Promise((resolve, reject) => {
    socket.send(bytes, port, hostname, (error) => {
      socket.close();
      if (error) reject(error);
      else resolve(undefined);
    });
  });
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `no answer within ${ANSWER_MS / 1000} s`;
  const { cause } = error;
  return cause instanceof Error
    ? ((cause as NodeJS.ErrnoException).code ?? cause.message)
    : error.message;
}
