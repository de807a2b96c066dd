/**
 * Many members behind one UDP port: those who have to do with one real node answer its questions
 * and ask their own, every interval. The others are names on its list.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createSeal } from '../../../collectors/heartbeat/seal.ts';
import { DATAGRAM_BYTES_MAX, Wire } from '../../../collectors/heartbeat/wire.ts';
import { type Message, NO_NONCE } from '../../../src/membership/message.ts';
import { nameHash } from '../../../src/membership/names.ts';
import { Observers } from '../../../src/membership/observers.ts';
import { SECRET } from './bench-node.ts';

const HOST = '127.0.0.1';
const NODE = 'node';

export interface CrowdOptions {
  /** Members besides the node. */
  readonly members: number;
  readonly nodePort: number;
  readonly heartbeatMs: number;
}

interface Member {
  readonly name: string;
  seq: number;
  echo: string;
}

export class Crowd {
  received = 0;
  readonly names: readonly string[];
  readonly #options: CrowdOptions;
  readonly #socket = createSocket('udp4');
  readonly #wire = new Wire(createSeal(SECRET), DATAGRAM_BYTES_MAX);
  readonly #byHash = new Map<string, Member>();
  readonly #digest: number;
  readonly #observers: readonly string[];
  readonly #timers: NodeJS.Timeout[] = [];

  constructor(options: CrowdOptions) {
    this.#options = options;
    this.names = Array.from({ length: options.members }, (_, i) => `member-${i}`);
    for (const name of this.names) {
      this.#byHash.set(nameHash(name), { name, seq: 0, echo: NO_NONCE });
    }
    const observers = Observers.among([...this.names, NODE]);
    this.#digest = observers.digest;
    this.#observers = observers.of(NODE);
  }

  /** The peers as the node is to know them. */
  get peers(): string[] {
    const { port } = this.#socket.address();
    const others = this.names.map((name) => `${name}=udp://${HOST}:${port}`);
    return [...others, `${NODE}=udp://${HOST}:${this.#options.nodePort}`];
  }

  async start(): Promise<void> {
    this.#socket.on('message', (bytes, { port }) => this.#receive(bytes, port));
    this.#socket.on('error', () => undefined);
    this.#socket.bind(0, HOST);
    await once(this.#socket, 'listening');
  }

  /** Those who watch the node begin to. */
  ask(): void {
    const { heartbeatMs, nodePort } = this.#options;
    for (const name of this.#observers) {
      const member = this.#byHash.get(nameHash(name)) as Member;
      const ask = () => this.#send(this.#message(member, 'question', member.echo), nodePort);
      this.#timers.push(
        setTimeout(
          () => this.#timers.push(setInterval(ask, heartbeatMs)),
          Math.random() * heartbeatMs,
        ),
      );
    }
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#socket.close();
  }

  #receive(bytes: Buffer, port: number): void {
    const { message } = this.#wire.unpack(bytes);
    const member = message && this.#byHash.get(message.to);
    if (!member) return;
    this.received++;
    member.echo = message.nonce;
    if (message.kind === 'question')
      this.#send(this.#message(member, 'answer', message.nonce), port);
  }

  #send(message: Message, port: number): void {
    const bytes = this.#wire.pack(message, { maxBytes: DATAGRAM_BYTES_MAX });
    if (bytes) this.#socket.send(bytes, port, HOST);
  }

  #message(member: Member, kind: 'question' | 'answer', echo: string): Message {
    const nowMs = performance.now();
    return {
      ...{ kind, from: member.name, to: nameHash(NODE), bootId: hash16(member.name), echo },
      ...{ seq: ++member.seq, nonce: nonce(), sentAtMs: nowMs, sentAtWallMs: Date.now() },
      ...(kind === 'answer' ? { receivedAtMs: nowMs } : {}),
      ...{ pausedMs: 0, progress: member.seq, digest: this.#digest },
      ...{ opinions: [], asks: [], extensions: [] },
    };
  }
}

function hash16(name: string): string {
  return nameHash(name).padEnd(16, '1').slice(0, 16);
}

function nonce(): string {
  const half = () =>
    Math.floor(Math.random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  return half() + half();
}
