/** Asks twice over UDP, wakes the thread that waits, and tells it the answers. */
import { parentPort, workerData } from 'node:worker_threads';
import { createUdpTransport } from '../../../collectors/heartbeat/udp.ts';
import type { Message } from '../../../src/membership/message.ts';
import { Node, question, udpPeer } from './support.ts';

const { port, shared, secret } = workerData as {
  readonly port: number;
  readonly shared: SharedArrayBuffer;
  readonly secret: string;
};
const node = new Node('asker');
const options = { port: 0, host: '127.0.0.1', secret };
const transport = await createUdpTransport(options, node, node.diagnostics);
// Or the thread would end: neither its socket nor a promise keeps it.
const alive = setInterval(() => undefined, 1000);
const answers: Message[] = [];
for (let i = 0; i < 2; i++) {
  transport.send(udpPeer('b', port), question('asker', 'b'), false);
  answers.push((await node.messages.next()).message);
}
clearInterval(alive);
Atomics.store(new Int32Array(shared), 0, 1);
Atomics.notify(new Int32Array(shared), 0);
parentPort?.postMessage(answers);
await transport.stop();
