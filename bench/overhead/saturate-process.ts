/** Drives a server to saturation over bare sockets, for less CPU than any HTTP client. */
import { connect, type Socket } from 'node:net';
import { answer } from './answers.ts';
import { CONCURRENCY, type LoadJob } from './jobs.ts';

const REQUEST = 'GET /users/42 HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\n\r\n';
/** The last bytes of every response: its body. */
const BODY_END = Buffer.from('\r\n\r\nok');

const lanes = new Map<number, Promise<Socket[]>>();

answer({
  /** Sends so many requests; how long they took, in µs. */
  async send({ port, requests }: LoadJob): Promise<number> {
    const sockets = await socketsTo(port);
    const startMs = performance.now();
    let left = requests;
    await Promise.all(sockets.map((socket) => lane(socket, () => left-- > 0)));
    return (performance.now() - startMs) * 1000;
  },

  /** Lets go of all connections: their servers are about to end. */
  async forget(): Promise<void> {
    const open = (await Promise.all(lanes.values())).flat();
    lanes.clear();
    for (const socket of open) socket.destroy();
  },
});

function socketsTo(port: number): Promise<Socket[]> {
  const known =
    lanes.get(port) ?? Promise.all(Array.from({ length: CONCURRENCY }, () => open(port)));
  lanes.set(port, known);
  return known;
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => resolve(socket));
    socket.on('error', reject);
  });
}

/** One request after the other on one connection, while there are any left. */
function lane(socket: Socket, next: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    let tail: Buffer = Buffer.alloc(0);
    function onData(chunk: Buffer): void {
      tail = tail.length === 0 ? chunk : Buffer.concat([tail, chunk]);
      if (!tail.subarray(-BODY_END.length).equals(BODY_END)) return;
      tail = Buffer.alloc(0);
      proceed();
    }
    function onClose(): void {
      reject(new Error('the server closed a connection'));
    }
    function proceed(): void {
      if (next()) return void socket.write(REQUEST);
      socket.off('data', onData);
      socket.off('close', onClose);
      resolve();
    }
    socket.on('data', onData);
    socket.on('close', onClose);
    proceed();
  });
}
