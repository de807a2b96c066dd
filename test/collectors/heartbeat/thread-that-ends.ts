/** The thread of the responder, except that it dies when it is to send to "end". */
import { parentPort } from 'node:worker_threads';
import '../../../collectors/heartbeat/worker-thread.ts';

parentPort?.on('message', (message: { readonly peer?: { readonly name: string } }) => {
  if (message.peer?.name === 'end') throw new Error('of the test');
});
