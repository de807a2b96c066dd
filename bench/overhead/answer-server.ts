/** The server that the client part calls: it only answers. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answer } from './answers.ts';

const BODY = JSON.stringify({ id: 42, name: 'a body of ordinary size', tags: ['a', 'b', 'c'] });
/** As many as APIs send; Tardy looks through them. */
const HEADERS = [
  ['content-type', 'application/json; charset=utf-8'],
  ['content-length', String(BODY.length)],
  ['cache-control', 'private, max-age=0'],
  ['etag', '"3f-a1b2c3d4e5f60718"'],
  ['vary', 'accept-encoding'],
  ['x-request-id', '4bf92f3577b34da6a3ce929d0e0e4736'],
] as const;

let server: Server | undefined;

answer({
  async listen(): Promise<number> {
    server = createServer((_request, response) => {
      for (const [name, value] of HEADERS) response.setHeader(name, value);
      response.end(BODY);
    });
    server.keepAliveTimeout = 600_000;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    server.listen(0, '127.0.0.1', () => resolve(undefined));
    await promise;
    return (server.address() as AddressInfo).port;
  },
});
