import { once } from 'node:events';
import { createServer, request as httpRequest, type Server } from 'node:http';
import { connect, createServer as createTcpServer, type Socket } from 'node:net';
import express from 'express';
import { afterEach, describe, expect, it } from 'vitest';
import { createHttpTransport, heartbeatUrl } from '../../../collectors/heartbeat/http-client.ts';
import { createHeartbeatServer } from '../../../collectors/heartbeat/http-server.ts';
import { isOwnCall } from '../../../collectors/heartbeat/own-call.ts';
import { createSeal } from '../../../collectors/heartbeat/seal.ts';
import type { Address, Transport } from '../../../collectors/heartbeat/transport.ts';
import { listen } from '../../../collectors/channel.ts';
import { encode } from '../../../src/membership/codec.ts';
import { listening, Node, portOf, question, SECRET } from './support.ts';

const servers: { close(): unknown; closeAllConnections?: () => void }[] = [];
const transports: Transport[] = [];
afterEach(async () => {
  await Promise.all(transports.splice(0).map((transport) => transport.stop()));
  for (const server of servers.splice(0)) {
    server.closeAllConnections?.();
    server.close();
  }
});

async function serve(handler: Parameters<typeof createServer>[1]): Promise<Server> {
  const server = await listening(createServer(handler));
  servers.push(server);
  return server;
}

function serverOf(node: Node, options: { secret?: string | undefined; bodyMs?: number } = {}) {
  const all = { secret: SECRET, isPeer: () => false, ...options };
  return createHeartbeatServer(all, node, node.diagnostics);
}

function peerAt(name: string, port: number): Address {
  return { name, url: `http://127.0.0.1:${port}` };
}

function client(node: Node, deadlineMs = 10_000): Transport {
  const options = { secret: SECRET, deadlineMs: () => deadlineMs };
  const transport = createHttpTransport(options, node, node.diagnostics);
  transports.push(transport);
  return transport;
}

/** A node that answers heartbeats, and one that asks. */
async function pair() {
  const [a, b] = [new Node('a'), new Node('b')];
  const server = await serve(serverOf(b).handle);
  return { a, b, server, atA: client(a), peer: peerAt('b', portOf(server)) };
}

interface Reply {
  readonly status: number;
  readonly type: string | undefined;
  readonly body: string;
}

/** Posts bytes, or what is given in pieces, as anybody could. */
function post(
  server: Server,
  body: Uint8Array,
  headers: Record<string, string> = {},
  method = 'POST',
) {
  return new Promise<Reply>((resolve, reject) => {
    const type = { 'content-type': 'application/octet-stream', ...headers };
    const options = {
      port: portOf(server),
      host: '127.0.0.1',
      method,
      headers: type,
      agent: false,
    };
    const request = httpRequest(options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          type: response.headers['content-type'],
          body: Buffer.concat(chunks).toString(),
        }),
      );
    });
    request.on('error', reject).end(body);
  });
}

describe('heartbeats over HTTP', () => {
  it('are answered on a connection that stays', async () => {
    const { a, b, atA, peer } = await pair();
    for (let i = 0; i < 3; i++) {
      const asked = question('a', 'b');
      atA.send(peer, asked, false);
      expect((await b.messages.next()).message).toEqual(asked);
      const { message, arrival } = await a.messages.next();
      expect([message.kind, message.echo, arrival.peer]).toEqual(['answer', asked.nonce, 'b']);
    }
    const connects = a.evidence.all.map(({ peer: name, evidence }) => [name, evidence.kind]);
    expect(connects).toEqual([['b', 'connect']]);
  });

  it('have the same connection for a question that an answer prompts', async () => {
    const { a, atA, peer } = await pair();
    const answered = a.onMessage;
    let left = 3;
    a.onMessage = (message, arrival) => {
      if (--left > 0) atA.send(peer, question('a', 'b'), true);
      return answered(message, arrival);
    };
    atA.send(peer, question('a', 'b'), false);
    for (let i = 0; i < 3; i++) await a.messages.next();
    expect(a.evidence.all.map(({ evidence }) => evidence.kind)).toEqual(['connect']);
  });

  it('tell at once when a held connection breaks off, and once', async () => {
    const { a, atA, peer, server } = await pair();
    atA.send(peer, question('a', 'b'), false);
    await a.messages.next();
    server.closeAllConnections();
    await a.evidence.nextWhere(({ evidence }) => evidence.kind === 'reset');
    server.close();
    await once(server, 'close');
    atA.send(peer, question('a', 'b'), true);
    await a.evidence.nextWhere(({ evidence }) => evidence.kind === 'refused');
    expect(a.evidence.all.map(({ evidence }) => evidence.kind)).toEqual([
      'connect',
      'reset',
      'refused',
    ]);
  });

  it('tell when a connection breaks off before the answer', async () => {
    const node = new Node('a');
    const tcp = createTcpServer((socket) => socket.once('data', () => socket.resetAndDestroy()));
    tcp.listen(0, '127.0.0.1');
    await once(tcp, 'listening');
    servers.push(tcp);
    const { port } = tcp.address() as { port: number };
    client(node).send(peerAt('b', port), question('a', 'b'), false);
    await node.evidence.nextWhere(({ evidence }) => evidence.kind === 'reset');
  });

  it('take an end that was announced for none', async () => {
    const { a, atA } = await pair();
    const node = new Node('b');
    const { handle } = serverOf(node);
    const server = await serve((request, response) => {
      response.setHeader('connection', 'close');
      handle(request, response);
    });
    const peer = peerAt('b', portOf(server));
    for (let i = 0; i < 3; i++) {
      atA.send(peer, question('a', 'b'), false);
      await a.messages.next();
      await node.messages.next();
    }
    expect(new Set(a.evidence.all.map(({ evidence }) => evidence.kind))).toEqual(
      new Set(['connect']),
    );
  });

  it('are bounded in number and time while nobody answers', async () => {
    const node = new Node('a');
    const sockets: Socket[] = [];
    const silent = createTcpServer((socket) => sockets.push(socket.on('error', () => undefined)));
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    servers.push({ close: () => (sockets.forEach((s) => s.destroy()), silent.close()) });
    const atA = client(node, 1);
    const peer = peerAt('b', (silent.address() as { port: number }).port);
    for (let i = 0; i < 5; i++) atA.send(peer, question('a', 'b'), false);
    expect([...atA.refusals]).toEqual([['outstanding', 3]]);
    // Their time is up: there is room again, and giving up is no evidence.
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      atA.send(peer, question('a', 'b'), false);
      if (sockets.length > 2) break;
    }
    expect(node.evidence.all.every(({ evidence }) => evidence.kind === 'connect')).toBe(true);
  });

  it('say what the other side said of its refusal, and that it lives', async () => {
    const [a, b] = [new Node('a'), new Node('b')];
    const server = await serve(serverOf(b, { secret: 'another' }).handle);
    const atA = client(a);
    atA.send(peerAt('b', portOf(server)), question('a', 'b'), false);
    const { reason, why } = await a.refusals.next();
    expect([reason, why]).toEqual([
      'failed',
      'HTTP 403: its MAC is wrong: another TARDY_SECRET, or changed on its way',
    ]);
    expect(a.evidence.all.map(({ evidence }) => evidence.kind)).toContain('reply');
  });

  it('take no word of a gateway for a sign of life', async () => {
    const node = new Node('a');
    const server = await serve((_request, response) => response.writeHead(503).end('down'));
    client(node).send(peerAt('b', portOf(server)), question('a', 'b'), false);
    expect(await node.refusals.next()).toMatchObject({ reason: 'failed', why: 'HTTP 503' });
    expect(node.evidence.all.map(({ evidence }) => evidence.kind)).toEqual(['connect']);
  });

  it('read no more of an answer than there can be', async () => {
    const node = new Node('a');
    const server = await serve((_request, response) => response.end(Buffer.alloc(100_000)));
    client(node).send(peerAt('b', portOf(server)), question('a', 'b'), false);
    expect(await node.refusals.next()).toMatchObject({ reason: 'too-long' });
  });

  it('refuse an answer that is none', async () => {
    const node = new Node('a');
    const server = await serve((_request, response) => response.end('hello'));
    client(node).send(peerAt('b', portOf(server)), question('a', 'b'), false);
    expect(await node.refusals.next()).toMatchObject({ reason: 'foreign', from: 'b' });
  });

  it('deliver a goodbye before they stop', async () => {
    const { a, b, atA, peer } = await pair();
    atA.send(peer, question('a', 'b', { kind: 'notice', reason: 'goodbye' }), true);
    await atA.stop();
    expect(b.messages.all[0]?.message.reason).toBe('goodbye');
    atA.send(peer, question('a', 'b'), false);
    expect(a.failures.all).toEqual([]);
  });

  it('write a goodbye at once on a connection that is held', async () => {
    const { a, b, atA, peer, server } = await pair();
    atA.send(peer, question('a', 'b'), false);
    await a.messages.next();
    await b.messages.next();
    const created: unknown[] = [];
    const stop = listen(a.diagnostics, { 'http.client.request.created': () => created.push(1) });
    atA.send(peer, question('a', 'b', { kind: 'notice', reason: 'crash' }), true);
    stop();
    expect((await b.messages.next()).message.reason).toBe('crash');
    expect(created).toEqual([]);
    // The next question has a connection of its own, and the end of the other was no reset.
    const connected = once(server, 'connection');
    atA.send(peer, question('a', 'b'), false);
    await connected;
    await a.messages.next();
    expect(a.evidence.all.map(({ evidence }) => evidence.kind)).toEqual(['connect', 'connect']);
  });

  it('close connections to peers that are none any more', async () => {
    const { a, atA, peer, server } = await pair();
    const closed = once(server, 'connection').then(([socket]) => once(socket as Socket, 'close'));
    atA.setPeers([peer]);
    atA.send(peer, question('a', 'b'), false);
    await a.messages.next();
    atA.setPeers([]);
    await closed;
    expect(a.evidence.all.map(({ evidence }) => evidence.kind)).toEqual(['connect']);
  });

  it('are marked as our own while they are made', async () => {
    const { a, atA, peer } = await pair();
    const seen: boolean[] = [];
    const stop = listen(a.diagnostics, {
      'http.client.request.created': () => seen.push(isOwnCall()),
    });
    atA.send(peer, question('a', 'b'), false);
    stop();
    expect([seen, isOwnCall()]).toEqual([[true], false]);
    await a.messages.next();
  });

  it.each([
    ['http://h:80', 'http://h/tardy/heartbeat'],
    ['https://h:3000/', 'https://h:3000/tardy/heartbeat'],
    ['http://h:3000/ops/tardy/', 'http://h:3000/ops/tardy/heartbeat'],
  ])('go to the path of the router: %s', (url, whole) => {
    expect(heartbeatUrl(url).href).toBe(whole);
  });
});

describe('the server of heartbeats', () => {
  const asked = createSeal(SECRET).seal(encode(question('a', 'b')));

  it('answers behind the parsers of express', async () => {
    const app = express();
    const nodes = [new Node('plain'), new Node('raw')];
    app.use(express.json(), express.urlencoded({ extended: true }), express.text());
    app.post('/plain/heartbeat', serverOf(nodes[0]!).handle);
    app.post('/raw/heartbeat', express.raw(), serverOf(nodes[1]!).handle);
    const server = await serve(app);
    const node = new Node('a');
    const atA = client(node);
    for (const { name } of nodes) {
      const url = `http://127.0.0.1:${portOf(server)}/${name}`;
      atA.send({ name, url }, question('a', name), false);
      expect((await node.messages.next()).message.from).toBe(name);
    }
  });

  it('has no answer to a notice', async () => {
    const node = new Node('b');
    const server = await serve(serverOf(node).handle);
    const notice = question('a', 'b', { kind: 'notice', reason: 'crash' });
    const reply = await post(server, createSeal(SECRET).seal(encode(notice)));
    expect([reply.status, reply.body]).toEqual([204, '']);
  });

  it.each<[number, string, Uint8Array, Record<string, string>?, string?]>([
    [400, 'foreign', new Uint8Array([1])],
    [400, 'undecodable', createSeal(SECRET).seal(new Uint8Array([1, 0]))],
    [403, 'unsealed', createSeal().seal(encode(question('a', 'b')))],
    [403, 'bad-mac', createSeal('x').seal(encode(question('a', 'b')))],
    [405, 'foreign', asked, {}, 'PUT'],
    [413, 'too-long', new Uint8Array(16_385)],
    [413, 'too-long', new Uint8Array(20_000), { 'transfer-encoding': 'chunked' }],
    [415, 'foreign', asked, { 'content-type': 'text/plain' }],
  ])('refuses with a problem: %i %s', async (status, reason, body, headers, method) => {
    const node = new Node('b');
    const { handle, refusals } = serverOf(node);
    const reply = await post(await serve(handle), body, headers, method);
    expect([reply.status, reply.type]).toEqual([status, 'application/problem+json']);
    expect(JSON.parse(reply.body)).toMatchObject({ status, detail: expect.any(String) as string });
    expect([...refusals]).toEqual([[reason, 1]]);
    expect(node.messages.all).toEqual([]);
  });

  it('answers peers alone where there is no secret', async () => {
    const node = new Node('b');
    const ips: string[] = [];
    const isPeer = (ip: string) => ips.push(ip) > 1;
    const { handle } = createHeartbeatServer({ isPeer }, node, node.diagnostics);
    const server = await serve(handle);
    const plain = createSeal().seal(encode(question('a', 'b')));
    expect((await post(server, plain)).status).toBe(403);
    expect((await post(server, plain)).status).toBe(200);
    expect(ips).toEqual(['127.0.0.1', '127.0.0.1']);
  });

  it('waits for a body no longer than it may', async () => {
    const node = new Node('b');
    const server = await serve(serverOf(node, { bodyMs: 1 }).handle);
    const socket = connect(portOf(server), '127.0.0.1');
    socket.write(
      'POST / HTTP/1.1\r\nHost: b\r\nContent-Type: application/octet-stream\r\nContent-Length: 99\r\n\r\n1',
    );
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    await once(socket, 'close');
    expect(Buffer.concat(chunks).toString()).toMatch(/^HTTP\/1\.1 408 .*did not come in time/s);
  });

  it('says so where something else has read the body', async () => {
    const node = new Node('b');
    const { handle } = serverOf(node);
    const server = await serve((request, response) => {
      request.resume().on('end', () => setImmediate(() => handle(request, response)));
    });
    const reply = await post(server, asked);
    expect([reply.status, reply.body]).toEqual([400, expect.stringContaining('somebody else')]);
  });

  it('answers even when who listens throws', async () => {
    const node = new Node('b');
    node.onMessage = () => {
      throw new Error('of the host');
    };
    const reply = await post(await serve(serverOf(node).handle), asked);
    expect(reply.status).toBe(500);
    expect(reply.body).not.toContain('of the host');
    expect(node.failures.all).toEqual(['heartbeat request: of the host']);
  });
});
