/** A UDP relay for one ordered pair: the way of one node's questions, and of their answers. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

const HOST = '127.0.0.1';
/** UDP and IPv4 headers. */
export const HEADER_BYTES = 28;

export class UdpRelay {
  /** Nothing passes in either direction. */
  isCut = false;
  datagrams = 0;
  /** On the wire, headers included. */
  bytes = 0;
  /** Called for each answer that passes. */
  onBack: (() => void) | undefined;
  readonly #front = createSocket('udp4');
  /** Every sender has a socket of its own towards the target, so that answers find their way. */
  readonly #backs = new Map<number, Socket>();
  readonly #targetPort: number;

  constructor(targetPort: number) {
    this.#targetPort = targetPort;
  }

  get port(): number {
    return this.#front.address().port;
  }

  async start(): Promise<this> {
    this.#front.on('message', (bytes, { port }) => {
      if (this.#passes(bytes)) this.#backOf(port).send(bytes, this.#targetPort, HOST);
    });
    this.#front.on('error', () => undefined);
    this.#front.bind(0, HOST);
    await once(this.#front, 'listening');
    return this;
  }

  stop(): void {
    this.#front.close();
    for (const back of this.#backs.values()) back.close();
  }

  #backOf(senderPort: number): Socket {
    const known = this.#backs.get(senderPort);
    if (known) return known;
    const back = createSocket('udp4');
    this.#backs.set(senderPort, back);
    back.on('message', (bytes) => {
      if (!this.#passes(bytes)) return;
      this.onBack?.();
      this.#front.send(bytes, senderPort, HOST);
    });
    return back.on('error', () => undefined);
  }

  #passes(bytes: Buffer): boolean {
    if (this.isCut) return false;
    this.datagrams++;
    this.bytes += bytes.length + HEADER_BYTES;
    return true;
  }
}
