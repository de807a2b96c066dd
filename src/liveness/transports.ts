/** Every way there is to a peer, as one: each transport takes the addresses that are its own. */
import { createHttpTransport } from '../../collectors/heartbeat/http-client.ts';
import type { Address, Transport, TransportEvents } from '../../collectors/heartbeat/transport.ts';
import { createUdpTransport } from '../../collectors/heartbeat/udp.ts';
import { isUdp } from '../../collectors/heartbeat/udp-socket.ts';
import { createWorkerResponder } from '../../collectors/heartbeat/worker-responder.ts';
import type { Message } from '../membership/message.ts';
import type { Diagnostics } from '../telemetry/diagnostics.ts';
import type { PausedMs } from '../timeout/estimator.ts';

export interface TransportsOptions {
  readonly secret: string | undefined;
  /** UDP too, on this port. */
  readonly port: number | undefined;
  /** The UDP socket belongs to a thread that answers while our main loop stands still. */
  readonly workerResponder: boolean;
  /** How long an answer of a peer is waited for, in ms. */
  readonly deadlineMs: (peer: string) => number;
  readonly pausedMs: PausedMs;
  readonly events: TransportEvents;
  readonly diagnostics: Diagnostics;
}

type Way = 'http' | 'udp';

/** A way leads nowhere when so many messages by it were not answered. */
const UNANSWERED_MAX = 3;

export class Transports {
  readonly #open: Transport[];
  readonly #diagnostics: Diagnostics;
  #peers: readonly Address[] = [];
  /** Of each peer, the way of the address that is listed first. */
  readonly #firstWay = new Map<string, Way>();
  /** Messages sent that way since the last answer by it. */
  readonly #unanswered = new Map<string, number>();
  #isStopped = false;

  constructor(options: TransportsOptions) {
    const { secret, deadlineMs, pausedMs, events, diagnostics } = options;
    this.#diagnostics = diagnostics;
    const http = { ...events, onMessage: this.#heard(events, 'http') };
    this.#open = [createHttpTransport({ secret, deadlineMs, pausedMs }, http, diagnostics)];
    if (options.port !== undefined) void this.#openUdp(options, options.port);
  }

  setPeers(peers: readonly Address[]): void {
    this.#peers = peers;
    this.#unanswered.clear();
    this.#firstWay.clear();
    for (const { name, url } of peers) {
      if (!this.#firstWay.has(name)) this.#firstWay.set(name, isUdp(url) ? 'udp' : 'http');
    }
    for (const transport of this.#open) transport.setPeers(peers);
  }

  /**
   * Over the first of a peer's addresses; over all of them in doubt, and while the first way leads
   * nowhere: else each answer would come by the other only when it is overdue.
   */
  send(addresses: readonly Address[], message: Message, urgent: boolean): void {
    const [first] = addresses;
    if (!first) return;
    const unanswered = this.#unanswered.get(first.name) ?? 0;
    this.#unanswered.set(first.name, unanswered + 1);
    const isEverywhere = urgent || unanswered >= UNANSWERED_MAX;
    for (const address of isEverywhere ? addresses : [first]) {
      for (const transport of this.#open) transport.send(address, message, urgent);
    }
  }

  /** The same, and notes by which way an answer came. */
  #heard(events: TransportEvents, way: Way): TransportEvents['onMessage'] {
    return (message, arrival) => {
      const isFirst = message.kind === 'answer' && this.#firstWay.get(message.from) === way;
      if (isFirst) this.#unanswered.set(message.from, 0);
      return events.onMessage(message, arrival);
    };
  }

  /** Resolves when notices have left, or cannot be waited for any longer. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#open.map((transport) => transport.stop()));
  }

  /** A port that cannot be had costs UDP, and nothing else. */
  async #openUdp(
    { secret, workerResponder, events, diagnostics }: TransportsOptions,
    port: number,
  ) {
    try {
      const create = workerResponder ? createWorkerResponder : createUdpTransport;
      const udp = { ...events, onMessage: this.#heard(events, 'udp') };
      const transport = await create({ port, secret }, udp, diagnostics);
      if (this.#isStopped) return void transport.stop();
      transport.setPeers(this.#peers);
      this.#open.push(transport);
    } catch (error) {
      this.#diagnostics.failed('heartbeat udp', error);
    }
  }
}
