import { createServer } from 'node:http';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { createHeartbeatServer } from '../../../collectors/heartbeat/http-server.ts';
import { createUdpTransport } from '../../../collectors/heartbeat/udp.ts';
import { listening, Node, portOf, SECRET, udpPeer } from './support.ts';

it('a goodbye leaves even when there is no turn of the loop left', async () => {
  const [overUdp, overHttp] = [new Node('udp'), new Node('http')];
  const local = { port: 0, host: '127.0.0.1', secret: SECRET };
  const udp = await createUdpTransport(local, overUdp, overUdp.diagnostics);
  const options = { secret: SECRET, isPeer: () => false };
  const { handle } = createHeartbeatServer(options, overHttp, overHttp.diagnostics);
  const server = await listening(createServer(handle));
  const peers = {
    udp: udpPeer('udp', udp.port),
    http: { name: 'http', url: `http://127.0.0.1:${portOf(server)}` },
  };
  const program = new URL('./say-last.ts', import.meta.url);
  new Worker(program, { workerData: { peers, secret: SECRET }, execArgv: [] });
  for (const { messages } of [overUdp, overHttp]) {
    expect((await messages.next()).message.kind).toBe('question');
    expect((await messages.next()).message.reason).toBe('goodbye');
  }
  await udp.stop();
  server.close();
});
