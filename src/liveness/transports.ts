/** Every way there is to a peer, as one: each transport takes the addresses that are its own. */
import { createHttpTransport } from '../../collectors/heartbeat/http-client.ts';
import type { Address, Transport, TransportEvents } from '../../collectors/heartbeat/transport.ts';
import { createUdpTransport } from '../../collectors/heartbeat/udp.ts';
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

export class Transports {
  readonly #open: Transport[];
  readonly #diagnostics: Diagnostics;
  #peers: readonly Address[] = [];
  #isStopped = false;

  constructor(options: TransportsOptions) {
    const { secret, deadlineMs, pausedMs, events, diagnostics } = options;
    this.#diagnostics = diagnostics;
    this.#open = [createHttpTransport({ secret, deadlineMs, pausedMs }, events, diagnostics)];
    if (options.port !== undefined) void this.#openUdp(options, options.port);
  }

  setPeers(peers: readonly Address[]): void {
    this.#peers = peers;
    for (const transport of this.#open) transport.setPeers(peers);
  }

  send(peer: Address, message: Message, urgent: boolean): void {
    for (const transport of this.#open) transport.send(peer, message, urgent);
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
      const transport = await create({ port, secret }, events, diagnostics);
      if (this.#isStopped) return void transport.stop();
      transport.setPeers(this.#peers);
      this.#open.push(transport);
    } catch (error) {
      this.#diagnostics.failed('heartbeat udp', error);
    }
  }
}
