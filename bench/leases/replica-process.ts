/** One of several processes of the resource: checks a token, works, writes to the database. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { fencing } from '../../src/apply/fencing.ts';
import { etcdAt, memoryAt } from './database.ts';
import type { FromReplica, ReplicaJob } from './messages.ts';

const job = JSON.parse(process.argv[2] ?? '') as ReplicaJob;
const { database } = job;
const data = 'etcd' in database ? etcdAt(database.etcd) : memoryAt(database.memory);
const keyOf = (request: IncomingMessage) => (request.url ?? '').slice(1);
const fence = fencing({ resource: keyOf, store: data.store });

/** What lies between a check and a write: a look-up, a bit of work. */
async function write(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const token = String(request.headers['fencing-token']);
  const row = { key: keyOf(request), value: token };
  process.send?.({ between: token } satisfies FromReplica);
  if (job.workMs > 0) await new Promise((resolve) => setTimeout(resolve, job.workMs));
  try {
    if (job.fencing === 'guard') await fence.guard(request, row);
    else await data.put(row);
    response.end();
  } catch {
    response.writeHead(412).end();
  }
}

const server = createServer((request, response) => {
  if (job.fencing === 'none') void write(request, response);
  else fence(request, response, () => void write(request, response));
});
server.keepAliveTimeout = 60_000;
server.listen(job.port, '127.0.0.1', () => process.send?.('ready' satisfies FromReplica));
