/** Heartbeats over UDP, on the main thread. */
import type { Diagnostics } from '../../src/telemetry/diagnostics.ts';
import type { Transport, TransportEvents } from './transport.ts';
import { openUdp, type UdpOptions } from './udp-socket.ts';

export type { UdpOptions } from './udp-socket.ts';

export interface UdpTransport extends Transport {
  /** The port it listens on. */
  readonly port: number;
}

/** Opens the socket. Rejects with ERR_TARDY_CONFIG if the port or the host cannot be had. */
export function createUdpTransport(
  options: UdpOptions,
  events: TransportEvents,
  diagnostics: Diagnostics,
): Promise<UdpTransport> {
  return openUdp(
    options,
    {
      onMessage(message, arrival, reply) {
        const answer = events.onMessage(message, arrival);
        if (answer) reply(answer);
      },
      onEvidence: (peer, evidence) => events.onEvidence(peer, evidence),
      onRefusal: (refusal) => events.onRefusal?.(refusal),
    },
    diagnostics,
  );
}
