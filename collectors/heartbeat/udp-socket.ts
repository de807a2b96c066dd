/**
 * One UDP socket for all peers: questions, answers and notices, coming and going.
 *
 * What arrives costs at most a bounded number of MACs a second, and makes us send at most one
 * datagram back, never longer than what came: the sender's address may be somebody else's.
 * The sockets never keep the host alive.
 */
import type { RemoteInfo, Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { encodedLength } from '../../src/membership/codec.ts';
import { utf8Length } from '../../src/membership/codec-writer.ts';
import type { Message } from '../../src/membership/message.ts';
import type { Evidence } from '../../src/membership/types.ts';
import type { Diagnostics } from '../../src/telemetry/diagnostics.ts';
import { AddressBook, type Lookup, plainIp, targetOf } from './address-book.ts';
import { Refusals } from './refusals.ts';
import { createSeal } from './seal.ts';
import { TokenBucket } from './token-bucket.ts';
import { type Address, type Arrival, now, type Refusal } from './transport.ts';
import { bindUdp } from './udp-bind.ts';
import { type Target, UdpProbes } from './udp-probes.ts';
import { DATAGRAM_BYTES_MAX, Wire } from './wire.ts';

/** Datagrams a second from addresses of peers, and from all others together. */
const KNOWN_PER_SECOND = 5000;
const UNKNOWN_PER_SECOND = 500;
/** An answer tells when its question arrived, which the question does not. */
const RECEIVED_BYTES = 8;

export interface UdpOptions {
  /** 0: any that is free. */
  readonly port: number;
  /** Address to listen on; default: all. */
  readonly host?: string | undefined;
  /** Without one, only addresses of peers are listened to. */
  readonly secret?: string | undefined;
  readonly lookup?: Lookup | undefined;
  /** Datagrams a second that are looked at, from addresses of peers and from others. */
  readonly perSecond?: { readonly known: number; readonly unknown: number } | undefined;
}

export interface UdpSocketEvents {
  /** `reply` sends the answer to a question; it may be called later, and does nothing twice. */
  onMessage(message: Message, arrival: Arrival, reply: (answer: Message) => void): void;
  onEvidence(peer: string, evidence: Evidence): void;
  onRefusal?(refusal: Refusal): void;
}

/** Opens the socket. Rejects with ERR_TARDY_CONFIG if the port or the host cannot be had. */
export async function openUdp(
  options: UdpOptions,
  events: UdpSocketEvents,
  diagnostics: Diagnostics,
): Promise<UdpSocket> {
  const wire = new Wire(createSeal(options.secret), DATAGRAM_BYTES_MAX);
  const socket = await bindUdp(options.port, options.host);
  return new UdpSocket(socket, wire, options, events, diagnostics);
}

export class UdpSocket {
  readonly #socket: Socket;
  readonly #wire: Wire;
  readonly #events: UdpSocketEvents;
  readonly #diagnostics: Diagnostics;
  readonly #refusals: Refusals;
  readonly #book: AddressBook;
  readonly #probes: UdpProbes;
  readonly #knownRate: TokenBucket;
  readonly #unknownRate: TokenBucket;
  /** Sends that the kernel has not taken yet. */
  #sending = 0;
  #stopped: Promise<void> | undefined;
  #closed: (() => void) | undefined;

  constructor(
    socket: Socket,
    wire: Wire,
    { lookup, perSecond }: UdpOptions,
    events: UdpSocketEvents,
    diagnostics: Diagnostics,
  ) {
    this.#socket = socket;
    this.#wire = wire;
    this.#events = events;
    this.#diagnostics = diagnostics;
    this.#refusals = new Refusals(diagnostics, (refusal) => events.onRefusal?.(refusal));
    this.#book = new AddressBook({ diagnostics, lookup });
    this.#knownRate = new TokenBucket(perSecond?.known ?? KNOWN_PER_SECOND);
    this.#unknownRate = new TokenBucket(perSecond?.unknown ?? UNKNOWN_PER_SECOND);
    this.#probes = new UdpProbes({
      diagnostics,
      onDatagram: (bytes, from, via) => this.#receive(bytes, from, via),
      onError: (peer, error) => this.#sendFailed(peer, error),
    });
    const onDatagram = diagnostics.guard('heartbeat udp', (bytes: Buffer, from: RemoteInfo) =>
      this.#receive(bytes, from, socket),
    );
    const onError = (error: Error) => diagnostics.failed('heartbeat udp', error);
    socket.on('message', onDatagram).on('error', onError);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  get refusals(): Refusals['counts'] {
    return this.#refusals.counts;
  }

  setPeers(peers: readonly Address[]): void {
    this.#book.setPeers(peers.filter(({ url }) => isUdp(url)));
  }

  /**
   * An urgent question goes by a socket of its own, which hears that nobody listens there.
   * A notice does not: there may be no time to open one.
   */
  send(peer: Address, message: Message, urgent: boolean): void {
    if (this.#stopped || !isUdp(peer.url)) return;
    const minBytes = message.kind === 'question' ? this.#answerBytes(peer, message) : 0;
    const bytes = this.#wire.pack(message, { maxBytes: DATAGRAM_BYTES_MAX, minBytes });
    if (!bytes) return this.#refusals.add('does-not-fit', peer.name, 'longer than a datagram');
    const ip = this.#book.ipOf(peer.url);
    if (ip === undefined) {
      return this.#refusals.add('unresolved', peer.name, `${peer.url} has no address yet`);
    }
    const target = { peer: peer.name, ip, port: targetOf(peer.url).port };
    if (urgent && message.kind === 'question' && this.#probes.send(target, bytes)) return;
    this.#sendTo(target, bytes);
  }

  /** Resolves when all that was to be sent is sent. */
  stop(): Promise<void> {
    this.#stopped ??= new Promise((resolve) => {
      this.#closed = resolve;
      this.#book.stop();
      this.#probes.stop();
      if (this.#sending === 0) this.#close();
    });
    return this.#stopped;
  }

  #close(): void {
    this.#socket.close(this.#closed);
  }

  /** What the peer needs to say the same: its name may be longer than ours. */
  #answerBytes(peer: Address, message: Message): number {
    const longerBytes = Math.max(0, utf8Length(peer.name) - utf8Length(message.from));
    const sealedBytes = this.#wire.sealedLength(encodedLength(message));
    return sealedBytes + RECEIVED_BYTES + longerBytes;
  }

  #receive(bytes: Uint8Array, from: RemoteInfo, via: Socket): void {
    if (this.#stopped) return;
    const instant = now();
    const sender = `${plainIp(from.address)}:${from.port}`;
    const isKnown = this.#book.knows(from.address);
    if (!isKnown && !this.#wire.authentic) {
      return this.#refusals.add('stranger', sender, 'no peer has this address; set TARDY_SECRET');
    }
    const rate = isKnown ? this.#knownRate : this.#unknownRate;
    if (!rate.take(instant.monoMs)) {
      return this.#refusals.add('rate', sender, 'more datagrams than we take in a second');
    }
    const { message, reason, why } = this.#wire.unpack(bytes);
    if (!message) return this.#refusals.add(reason, sender, why);
    const peer = this.#book.nameOf(from.address, from.port);
    const arrival: Arrival = peer === undefined ? instant : { ...instant, peer };
    const maxBytes = bytes.length;
    let isReplied = message.kind !== 'question';
    this.#events.onMessage(message, arrival, (answer) => {
      if (isReplied || this.#stopped) return;
      isReplied = true;
      this.#reply(answer, from, maxBytes, via);
    });
  }

  #reply(answer: Message, { address, port }: RemoteInfo, maxBytes: number, via: Socket): void {
    const bytes = this.#wire.pack(answer, { maxBytes });
    const peer = `${plainIp(address)}:${port}`;
    if (!bytes) return this.#refusals.add('does-not-fit', peer, 'longer than its question');
    const failed = (error: Error) => this.#refusals.add('failed', peer, error.message);
    if (via === this.#socket) this.#sendNow(bytes, port, address, failed);
    else via.send(bytes, (error) => error && failed(error));
  }

  #sendTo({ peer, ip, port }: Target, bytes: Uint8Array): void {
    const isDual = isIPv6(this.#socket.address().address);
    const to = isDual && !isIPv6(ip) ? `::ffff:${ip}` : ip;
    this.#sendNow(bytes, port, to, (error) => this.#sendFailed(peer, error));
  }

  #sendNow(bytes: Uint8Array, port: number, ip: string, failed: (error: Error) => void): void {
    this.#sending++;
    const whenSent = this.#diagnostics.guard('heartbeat udp', (error: Error | null) => {
      this.#sending--;
      if (this.#stopped && this.#sending === 0) this.#close();
      if (error) failed(error);
    });
    this.#socket.send(bytes, port, ip, whenSent);
  }

  #sendFailed(peer: string, { code = 'UNKNOWN', message }: NodeJS.ErrnoException): void {
    if (this.#stopped) return;
    if (code === 'ECONNREFUSED') return this.#events.onEvidence(peer, { kind: 'refused' });
    if (code === 'EHOSTUNREACH' || code === 'ENETUNREACH') {
      return this.#events.onEvidence(peer, { kind: 'unreachable' });
    }
    this.#refusals.add('failed', peer, message);
  }
}

export function isUdp(url: string): boolean {
  return url.startsWith('udp:');
}
