/**
 * A network in between that loses what it is told to lose: real sockets, and each direction by
 * itself. A relay stands for the way of one node's questions to another, and of their answers.
 */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export interface Relay {
  readonly port: number;
  /** What comes from who asks is lost. */
  dropsThere: boolean;
  /** What comes from who answers is lost. */
  dropsBack: boolean;
}

const HOST = '127.0.0.1';

/** Every sender has a socket of its own towards the target, so that answers find their way. */
export async function startUdpRelay(targetPort: number): Promise<Relay> {
  const front = createSocket('udp4');
  const backs = new Map<number, UdpSocket>();
  front.bind(0, HOST);
  await once(front, 'listening');
  const relay: Relay = { port: front.address().port, dropsThere: false, dropsBack: false };
  const backOf = (senderPort: number): UdpSocket => {
    const known = backs.get(senderPort);
    if (known) return known;
    const back = createSocket('udp4');
    backs.set(senderPort, back);
    back.on('message', (bytes) => {
      if (!relay.dropsBack) front.send(bytes, senderPort, HOST);
    });
    return back.on('error', () => undefined);
  };
  front.on('message', (bytes, { port }) => {
    if (!relay.dropsThere) backOf(port).send(bytes, targetPort, HOST);
  });
  front.on('error', () => undefined);
  onTestFinished(() => {
    front.close();
    backs.forEach((back) => back.close());
  });
  return relay;
}

/** Connections stay up, and are taken: only the bytes are lost. */
export async function startTcpRelay(targetPort: number): Promise<Relay> {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(targetPort, HOST);
    for (const [from, to, isLost] of [
      [near, far, () => relay.dropsThere],
      [far, near, () => relay.dropsBack],
    ] as const) {
      sockets.add(from);
      from.on('data', (bytes) => {
        if (!isLost()) to.write(bytes);
      });
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  server.listen(0, HOST);
  await once(server, 'listening');
  const port = (server.address() as AddressInfo).port;
  const relay: Relay = { port, dropsThere: false, dropsBack: false };
  onTestFinished(() => {
    server.close();
    sockets.forEach((socket) => socket.destroy());
  });
  return relay;
}

/** A relay for every ordered pair. */
export class Mesh {
  readonly #relays = new Map<string, Relay>();

  static async of(
    ports: ReadonlyMap<string, number>,
    start: (targetPort: number) => Promise<Relay>,
  ): Promise<Mesh> {
    const mesh = new Mesh();
    for (const from of ports.keys()) {
      for (const [to, port] of ports) {
        if (from !== to) mesh.#relays.set(`${from} ${to}`, await start(port));
      }
    }
    return mesh;
  }

  relay(from: string, to: string): Relay {
    const relay = this.#relays.get(`${from} ${to}`);
    if (!relay) throw new Error(`no relay from ${from} to ${to}`);
    return relay;
  }

  /** What `from` sends to `to` is lost, or no longer: its questions, and its answers. */
  drop(from: string, to: string, isLost = true): void {
    this.relay(from, to).dropsThere = isLost;
    this.relay(to, from).dropsBack = isLost;
  }

  /** Nothing passes between the two sides, or everything again. */
  part(one: readonly string[], other: readonly string[], isLost = true): void {
    for (const a of one) {
      for (const b of other) {
        this.drop(a, b, isLost);
        this.drop(b, a, isLost);
      }
    }
  }
}
