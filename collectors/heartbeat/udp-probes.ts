/**
 * Sockets that are connected to one peer each, for questions in doubt.
 *
 * A kernel that has nobody on a port answers with ICMP "port unreachable". Linux tells that only
 * to a connected UDP socket, as ECONNREFUSED at its next read; the one that all peers share never
 * hears of it (Node cannot set IP_RECVERR). "Host unreachable" is not told even here: it is taken
 * for passing.
 */
import type { RemoteInfo, Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { Diagnostics } from '../../src/telemetry/diagnostics.ts';
import { openSocket } from './udp-bind.ts';

/** Peers in doubt at the same time; more than that, and it is us. */
const PROBES_MAX = 32;
/** An ICMP answer takes a round trip; some kernels send one a second. */
const IDLE_MS = 5000;

export interface Target {
  readonly peer: string;
  readonly ip: string;
  readonly port: number;
}

export interface UdpProbesOptions {
  readonly diagnostics: Diagnostics;
  readonly onDatagram: (bytes: Uint8Array, from: RemoteInfo, socket: Socket) => void;
  readonly onError: (peer: string, error: NodeJS.ErrnoException) => void;
}

interface Probe {
  readonly socket: Socket;
  readonly timer: NodeJS.Timeout;
  /** What is sent once it is connected. */
  waiting: Uint8Array[] | undefined;
}

export class UdpProbes {
  readonly #options: UdpProbesOptions;
  readonly #probes = new Map<string, Probe>();

  constructor(options: UdpProbesOptions) {
    this.#options = options;
  }

  /** False if there are too many already: send it by the common socket. */
  send(target: Target, bytes: Uint8Array): boolean {
    const key = `${target.ip} ${target.port}`;
    const probe = this.#probes.get(key) ?? this.#open(key, target);
    if (!probe) return false;
    probe.timer.refresh();
    if (probe.waiting) probe.waiting.push(bytes);
    else this.#sendNow(probe, target.peer, bytes);
    return true;
  }

  stop(): void {
    for (const key of [...this.#probes.keys()]) this.#close(key);
  }

  #open(key: string, target: Target): Probe | undefined {
    if (this.#probes.size >= PROBES_MAX) return undefined;
    const { diagnostics, onDatagram, onError } = this.#options;
    const socket = openSocket(isIPv6(target.ip) ? 'udp6' : 'udp4');
    socket.unref();
    const timer = setTimeout(() => this.#close(key), IDLE_MS).unref();
    const probe: Probe = { socket, timer, waiting: [] };
    const onConnect = diagnostics.guard('heartbeat probe', () => {
      const waiting = probe.waiting ?? [];
      probe.waiting = undefined;
      for (const bytes of waiting) this.#sendNow(probe, target.peer, bytes);
    });
    const onMessage = diagnostics.guard('heartbeat probe', (bytes: Buffer, from: RemoteInfo) =>
      onDatagram(bytes, from, socket),
    );
    const onFailure = diagnostics.guard('heartbeat probe', (error: Error) =>
      onError(target.peer, error),
    );
    socket.on('connect', onConnect).on('message', onMessage).on('error', onFailure);
    socket.connect(target.port, target.ip);
    this.#probes.set(key, probe);
    return probe;
  }

  #sendNow({ socket }: Probe, peer: string, bytes: Uint8Array): void {
    const { diagnostics, onError } = this.#options;
    socket.send(
      bytes,
      diagnostics.guard('heartbeat probe', (error: Error | null) => {
        if (error) onError(peer, error);
      }),
    );
  }

  #close(key: string): void {
    const probe = this.#probes.get(key);
    if (!probe) return;
    clearTimeout(probe.timer);
    this.#probes.delete(key);
    probe.socket.close();
  }
}
