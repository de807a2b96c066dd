/** Messages and listeners for tests of transports. */
import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { type Message, NO_NONCE } from '../../../src/membership/message.ts';
import { nameHash } from '../../../src/membership/names.ts';
import type { Evidence } from '../../../src/membership/types.ts';
import { Diagnostics } from '../../../src/telemetry/diagnostics.ts';
import type {
  Address,
  Arrival,
  Refusal,
  TransportEvents,
} from '../../../collectors/heartbeat/transport.ts';

export const SECRET = 'only for tests';

let seq = 0;

export function question(from: string, to: string, more: Partial<Message> = {}): Message {
  seq++;
  return {
    kind: 'question',
    from,
    to: nameHash(to),
    bootId: nameHash(`boot of ${from}`),
    seq,
    nonce: nameHash(`nonce ${seq}`),
    echo: NO_NONCE,
    sentAtMs: performance.now(),
    sentAtWallMs: Date.now(),
    pausedMs: 0,
    progress: 0,
    digest: 0,
    opinions: [],
    asks: [],
    extensions: [],
    ...more,
  };
}

export function answerTo(asked: Message, from: string, more: Partial<Message> = {}): Message {
  const answer = question(from, asked.from, { kind: 'answer', echo: asked.nonce });
  return { ...answer, receivedAtMs: performance.now(), ...more };
}

/** Something that is waited for, one at a time, in the order it came. */
export class Inbox<T> {
  readonly all: T[] = [];
  #taken = 0;
  #wake: (() => void) | undefined;

  put(value: T): void {
    this.all.push(value);
    this.#wake?.();
  }

  async next(): Promise<T> {
    while (this.all.length <= this.#taken) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    return this.all[this.#taken++] as T;
  }

  /** The next that is so; others are passed over. */
  async nextWhere(isSo: (value: T) => boolean): Promise<T> {
    for (;;) {
      const value = await this.next();
      if (isSo(value)) return value;
    }
  }
}

/** A node that answers every question, and remembers what it heard. */
export class Node implements TransportEvents {
  readonly name: string;
  readonly messages = new Inbox<{ message: Message; arrival: Arrival }>();
  readonly evidence = new Inbox<{ peer: string; evidence: Evidence }>();
  readonly refusals = new Inbox<Refusal>();
  readonly failures = new Inbox<string>();
  readonly diagnostics: Diagnostics;
  /** What is in its answers. */
  more: Partial<Message> = {};

  constructor(name: string) {
    this.name = name;
    const { failures } = this;
    this.diagnostics = new (class extends Diagnostics {
      override failed(where: string, error: unknown): void {
        super.failed(where, error);
        failures.put(`${where}: ${(error as Error).message}`);
      }
    })();
  }

  onMessage = (message: Message, arrival: Arrival): Message | undefined => {
    this.messages.put({ message, arrival });
    return message.kind === 'question' ? answerTo(message, this.name, this.more) : undefined;
  };

  onEvidence = (peer: string, evidence: Evidence): void => this.evidence.put({ peer, evidence });

  onRefusal = (refusal: Refusal): void => this.refusals.put(refusal);
}

/** A server on a free port of loopback. */
export async function listening(server: Server = createServer()): Promise<Server> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

export function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

export function udpPeer(name: string, port: number, host = '127.0.0.1'): Address {
  return { name, url: `udp://${host}:${port}` };
}
