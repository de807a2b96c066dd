/**
 * TCP handshakes of all client sockets. A SYN is answered by the peer's kernel: its round trip
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
  const record = diagnostics.guard('tcp connect', (socket: SocketWithHost, startMs: number) => {
    const nowMs = performance.now();
    const peer = table.byAddress(hostOf(socket), socket.remotePort);
    if (peer && pausedMs(startMs, nowMs) === 0) peer.connected(nowMs, nowMs - startMs);
  });
  return listen(diagnostics, {
    'net.client.socket': ({ socket }: { socket: SocketWithHost }) => {
      let startMs = NaN;
      socket.on('connectionAttempt', () => (startMs = performance.now()));
      socket.once('connect', () => record(socket, startMs));
    },
  });
}

/** Node keeps the name a socket was asked to connect to, undocumented; the address is as good. */
type SocketWithHost = Socket & { readonly _host?: string | null };

function hostOf(socket: SocketWithHost): string | undefined {
  return socket._host ?? socket.remoteAddress;
}
