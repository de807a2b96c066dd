/**
 * TCP handshakes of all client sockets, and the name resolution before them. A SYN is answered by the peer's kernel: its round trip
 * tells a live host from a live process, and the network from the server.
 *
 * `connectionAttempt` follows name resolution, so that is not in it. With several addresses each
 * attempt begins anew, and the last one before `connect` is the one that connected.
 */
import type { Socket } from 'node:net';
import type { PeerTable } from '../src/peers/peer-table.ts';
import type { Diagnostics } from '../src/telemetry/diagnostics.ts';
import { listen, type Stop } from './channel.ts';

export interface TcpConnectOptions {
  readonly table: PeerTable;
  readonly diagnostics: Diagnostics;
  /** Our own pauses within a span, in ms: a handshake that overlaps one is not recorded. */
  readonly pausedMs: (fromMs: number, toMs: number) => number;
}

export function collectTcpConnect({ table, diagnostics, pausedMs }: TcpConnectOptions): Stop {
  const record = diagnostics.guard('tcp connect', (socket: SocketWithHost, times: Times) => {
    const nowMs = performance.now();
    const peer = table.byAddress(hostOf(socket), socket.remotePort);
    if (!peer || pausedMs(times.openedMs, nowMs) > 0) return;
    peer.connected(nowMs, nowMs - times.attemptedMs);
    if (times.resolvedMs !== undefined) peer.measured('dns', times.resolvedMs - times.openedMs);
  });
  return listen(diagnostics, {
    'net.client.socket': ({ socket }: { socket: SocketWithHost }) => {
      const openedMs = performance.now();
      const times: Times = { openedMs, attemptedMs: openedMs };
      socket.once('lookup', () => (times.resolvedMs = performance.now()));
      socket.on('connectionAttempt', () => (times.attemptedMs = performance.now()));
      socket.once('connect', () => record(socket, times));
    },
  });
}

/** Instants of one socket, monotonic. */
interface Times {
  readonly openedMs: number;
  /** When its name was resolved; never for an address. */
  resolvedMs?: number;
  /** When the last handshake began. */
  attemptedMs: number;
}

/** Node keeps the name a socket was asked to connect to, undocumented; the address is as good. */
type SocketWithHost = Socket & { readonly _host?: string | null };

function hostOf(socket: SocketWithHost): string | undefined {
  return socket._host ?? socket.remoteAddress;
}
