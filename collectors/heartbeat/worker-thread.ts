/**
 * The thread of the worker responder: it owns the UDP socket, and answers while the main loop
 * stands still. All it knows it was told; all it hears it hands on.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { Diagnostics } from '../../src/telemetry/diagnostics.ts';
import { now } from './transport.ts';
import { openUdp, type UdpSocket } from './udp-socket.ts';
import { WorkerAnswers } from './worker-answers.ts';
import { type FromThread, SHARED, type ThreadOptions, type ToThread } from './worker-messages.ts';

/** What is kept for a main thread that does not listen; the rest is lost, as on a network. */
const UNTAKEN_MAX = 4096;

const { shared, ...udpOptions } = workerData as ThreadOptions;
const counters = new Int32Array(shared);
let lastId = 0;

/** False if the main thread has too much to read already. */
function post(message: FromThread): boolean {
  if (Atomics.load(counters, SHARED.untaken) >= UNTAKEN_MAX) return false;
  Atomics.add(counters, SHARED.untaken, 1);
  parentPort?.postMessage(message);
  return true;
}

class ThreadDiagnostics extends Diagnostics {
  override failed(where: string, error: unknown): void {
    post({ kind: 'failure', where, why: error instanceof Error ? error.message : String(error) });
  }
}

const diagnostics = new ThreadDiagnostics();
const answers = new WorkerAnswers({
  progress: () => Atomics.load(counters, SHARED.progress) >>> 0,
  now,
});

function receive(udp: UdpSocket, message: ToThread): void {
  switch (message.kind) {
    case 'peers':
      udp.setPeers(message.peers);
      break;
    case 'send':
      udp.send(message.peer, answers.sent(message.message), message.urgent);
      break;
    case 'reply':
      answers.answered(message.id, message.answer);
      break;
    case 'stop':
      answers.stop();
      void udp.stop().then(() => parentPort?.close());
      break;
  }
}

async function run(): Promise<void> {
  const udp = await openUdp(
    udpOptions,
    {
      onMessage(message, arrival, reply) {
        const id = ++lastId;
        if (message.kind === 'question') answers.ask(id, message, arrival, reply);
        post({ kind: 'message', id, message, arrival });
      },
      onEvidence: (peer, evidence) => post({ kind: 'evidence', peer, evidence }),
      onRefusal: (refusal) => post({ kind: 'refusal', refusal, counts: udp.refusals }),
    },
    diagnostics,
  );
  const onMessage = diagnostics.guard('heartbeat thread', (m: ToThread) => receive(udp, m));
  parentPort?.on('message', onMessage);
  post({ kind: 'ready', port: udp.port });
}

run().catch((error: unknown) => {
  post({ kind: 'unusable', why: error instanceof Error ? error.message : String(error) });
});
