/** Says goodbye when there is no turn of the loop left, over UDP and on a connection it holds. */
import { workerData } from 'node:worker_threads';
import { createHttpTransport } from '../../../collectors/heartbeat/http-client.ts';
import type { Address, Transport } from '../../../collectors/heartbeat/transport.ts';
import { createUdpTransport } from '../../../collectors/heartbeat/udp.ts';
import { Node, question } from './support.ts';

const { peers, secret } = workerData as {
  readonly peers: { readonly udp: Address; readonly http: Address };
  readonly secret: string;
};
const node = new Node('leaver');
const { diagnostics } = node;
const local = { port: 0, host: '127.0.0.1', secret };
const udp = await createUdpTransport(local, node, diagnostics);
const http = createHttpTransport({ secret, deadlineMs: () => 10_000 }, node, diagnostics);
const ways: [Transport, Address][] = [
  [udp, peers.udp],
  [http, peers.http],
];
const alive = setInterval(() => undefined, 1000); // or the thread would end by itself
for (const [transport, peer] of ways) {
  transport.send(peer, question('leaver', peer.name), false);
  await node.messages.next();
}
clearInterval(alive);
process.on('exit', () => {
  const notice = { kind: 'notice', reason: 'goodbye' } as const;
  for (const [transport, peer] of ways) {
    transport.send(peer, question('leaver', peer.name, notice), true);
  }
});
process.exit();
