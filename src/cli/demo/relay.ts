/** A piece of network in the demo that can lose and delay datagrams, each direction by itself. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { HOST } from './messages.ts';

export interface Relay {
  readonly port: number;
  /** What comes from who asks is lost. */
  dropsThere: boolean;
  /** What comes from who answers is lost. */
  dropsBack: boolean;
  /** Everything takes so much longer, in ms. */
  delayMs: number;
  /** Datagrams lost so far. */
  readonly lost: number;
  close(): void;
}

/** Hands on what comes in to a port of this machine, and brings back what it answers. */
export async function startRelay(targetPort: number): Promise<Relay> {
  const front = listenerOn();
  front.bind(0, HOST);
  await once(front, 'listening');
  // Each sender has a socket of its own towards the target: so answers find their way.
  const backs = new Map<number, Socket>();
  let isClosed = false;
  let lost = 0;
  const relay: Relay = {
    port: front.address().port,
    ...{ dropsThere: false, dropsBack: false, delayMs: 0 },
    get lost() {
      return lost;
    },
    close() {
      isClosed = true;
      front.close();
      for (const back of backs.values()) back.close();
    },
  };
  const pass = (via: Socket, bytes: Uint8Array, port: number): void => {
    const send = (): void => {
      if (!isClosed) via.send(bytes, port, HOST, () => undefined);
    };
    if (relay.delayMs > 0) setTimeout(send, relay.delayMs).unref();
    else send();
  };
  const backFor = (senderPort: number): Socket => {
    const back = listenerOn();
    back.on('message', (bytes) => {
      if (relay.dropsBack) lost++;
      else pass(front, bytes, senderPort);
    });
    backs.set(senderPort, back);
    return back;
  };
  front.on('message', (bytes, { port }) => {
    if (relay.dropsThere) lost++;
    else pass(backs.get(port) ?? backFor(port), bytes, targetPort);
  });
  return relay;
}

/** Who is not there answers with an error: for a relay, that is a loss like any other. */
function listenerOn(): Socket {
  return createSocket('udp4').on('error', () => undefined);
}
