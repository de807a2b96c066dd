import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { createUdpTransport, type UdpTransport } from '../../../collectors/heartbeat/udp.ts';
import type { UdpOptions } from '../../../collectors/heartbeat/udp-socket.ts';
import { createSeal } from '../../../collectors/heartbeat/seal.ts';
import { decode, encode } from '../../../src/membership/codec.ts';
import { nameHash } from '../../../src/membership/names.ts';
import { Inbox, Node, question, SECRET, udpPeer } from './support.ts';

const open: { stop(): unknown }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.stop()));
});

async function udp(node: Node, options: Partial<UdpOptions> = {}): Promise<UdpTransport> {
  const all = { port: 0, host: '127.0.0.1', secret: SECRET, ...options };
  const transport = await createUdpTransport(all, node, node.diagnostics);
  open.push(transport);
  return transport;
}

/** Somebody who sends bytes as they are. */
async function stranger(): Promise<Socket & { readonly got: Inbox<Buffer> }> {
  const socket = createSocket('udp4');
  const got = new Inbox<Buffer>();
  socket.on('message', (bytes) => got.put(bytes)).bind(0, '127.0.0.1');
  await once(socket, 'listening');
  open.push({ stop: () => socket.close() });
  return Object.assign(socket, { got });
}

describe('heartbeats over UDP', () => {
  it('are answered, and the answer is no longer than the question', async () => {
    const [a, b] = [new Node('a'), new Node('a-node-with-a-longer-name')];
    const [atA, atB] = [await udp(a), await udp(b)];
    const peer = udpPeer(b.name, atB.port);
    atA.setPeers([peer]);
    const asked = question('a', b.name, { extensions: [{ type: 3, bytes: new Uint8Array(40) }] });
    b.more = { extensions: asked.extensions };
    atA.send(peer, asked, false);
    expect((await b.messages.next()).message).toEqual(asked);
    const { message, arrival } = await a.messages.next();
    expect(message).toMatchObject({ kind: 'answer', echo: asked.nonce, from: b.name });
    expect(message.extensions).toEqual(asked.extensions);
    expect(arrival.peer).toBe(b.name);
    expect(arrival.monoMs).toBeGreaterThan(asked.sentAtMs);
    expect([...atA.refusals, ...atB.refusals]).toEqual([]);
  });

  it('leave out what is too much for one datagram', async () => {
    const [a, b] = [new Node('a'), new Node('b')];
    const [atA, atB] = [await udp(a), await udp(b)];
    const extensions = Array.from({ length: 8 }, () => ({ type: 1, bytes: new Uint8Array(256) }));
    atA.send(udpPeer('b', atB.port), question('a', 'b', { extensions }), false);
    expect((await b.messages.next()).message.extensions).toHaveLength(5);
  });

  it('leave opinions out of an answer that would be longer than its question', async () => {
    const node = new Node('n');
    const { port } = await udp(node);
    const opinion = {
      about: nameHash('x'),
      vote: 'suspect',
      heardAgoMs: 1,
      boot: '00000000',
    } as const;
    node.more = { opinions: Array.from({ length: 9 }, () => opinion) };
    const from = await stranger();
    const seal = createSeal(SECRET);
    for (const padding of [0, 17, 170]) {
      const asked = encode(question('n', 'n'), 93 - 16 + 1 + padding);
      from.send(seal.seal(asked), port, '127.0.0.1');
      const got = await from.got.next();
      expect(got.length).toBeLessThanOrEqual(asked.length + seal.extraBytes);
      const { message } = decode(seal.open(got).bytes!);
      expect(message?.opinions).toHaveLength(Math.floor(padding / 17) > 9 ? 9 : padding / 17);
    }
  });

  it('get no answer where even a bare one would be longer', async () => {
    const node = new Node('a-name-that-is-longer-than-the-other');
    const transport = await udp(node);
    const from = await stranger();
    from.send(createSeal(SECRET).seal(encode(question('n', 'n'))), transport.port, '127.0.0.1');
    expect(await node.refusals.next()).toMatchObject({ reason: 'does-not-fit' });
    expect(from.got.all).toEqual([]);
  });

  it.each([
    ['foreign', new Uint8Array()],
    ['foreign', new Uint8Array([1, 2, 3])],
    ['unsealed', createSeal().seal(encode(question('a', 'b')))],
    ['bad-mac', createSeal('wrong').seal(encode(question('a', 'b')))],
    ['undecodable', createSeal(SECRET).seal(new Uint8Array([2, 0]))],
    ['too-long', new Uint8Array(1401)],
  ])('are refused with a reason: %s', async (reason, bytes) => {
    const node = new Node('n');
    const transport = await udp(node);
    const from = await stranger();
    from.send(bytes, transport.port, '127.0.0.1');
    const refusal = await node.refusals.next();
    expect(refusal).toMatchObject({ reason, from: `127.0.0.1:${from.address().port}` });
    expect([...transport.refusals]).toEqual([[reason, 1]]);
    expect(node.messages.all).toEqual([]);
  });

  it('are taken from peers alone where there is no secret', async () => {
    const node = new Node('n');
    const transport = await udp(node, { secret: undefined });
    const from = await stranger();
    const asked = createSeal().seal(encode(question('n', 'n')));
    from.send(asked, transport.port, '127.0.0.1');
    expect(await node.refusals.next()).toMatchObject({ reason: 'stranger' });
    transport.setPeers([udpPeer('other', 9)]);
    from.send(asked, transport.port, '127.0.0.1');
    expect((await node.messages.next()).arrival.peer).toBeUndefined();
    transport.setPeers([udpPeer('n', from.address().port)]);
    from.send(asked, transport.port, '127.0.0.1');
    expect((await node.messages.next()).arrival.peer).toBe('n');
  });

  it('are taken no faster than a bounded rate', async () => {
    const node = new Node('n');
    const transport = await udp(node, { perSecond: { known: 5, unknown: 2 } });
    const from = await stranger();
    const asked = createSeal(SECRET).seal(encode(question('n', 'n')));
    for (let i = 0; i < 10; i++) from.send(asked, transport.port, '127.0.0.1');
    await node.refusals.nextWhere(({ reason }) => reason === 'rate');
    expect(node.messages.all.length).toBeLessThan(5);
  });

  it('tell by ICMP that nobody listens, if asked in doubt', async () => {
    const gone = await stranger();
    const { port } = gone.address();
    open.splice(
      open.findIndex((one) => one.stop.toString().includes('socket.close')),
      1,
    );
    gone.close();
    const node = new Node('n');
    const transport = await udp(node);
    transport.send(udpPeer('gone', port), question('n', 'gone'), true);
    expect(await node.evidence.next()).toEqual({ peer: 'gone', evidence: { kind: 'refused' } });
  });

  it('are answered as well if asked in doubt', async () => {
    const [a, b] = [new Node('a'), new Node('b')];
    const [atA, atB] = [await udp(a), await udp(b)];
    const peer = udpPeer('b', atB.port);
    atA.setPeers([peer]);
    const asked = question('a', 'b');
    atA.send(peer, asked, true);
    const { message, arrival } = await a.messages.next();
    expect([message.echo, arrival.peer]).toEqual([asked.nonce, 'b']);
  });

  it('find a peer by name, over either family, and keep its address while look-ups fail', async () => {
    const [a, b] = [new Node('a'), new Node('b')];
    let calls = 0;
    const lookup = (name: string) => {
      expect(name).toBe('b.test');
      return ++calls === 1 ? Promise.resolve(['127.0.0.1']) : Promise.reject(new Error('no'));
    };
    const atA = await udp(a, { host: undefined, lookup });
    const atB = await udp(b);
    const peer = udpPeer('b', atB.port, 'b.test');
    atA.send(peer, question('a', 'b'), false);
    expect(await a.refusals.next()).toMatchObject({ reason: 'unresolved' });
    atA.setPeers([peer]);
    await Promise.resolve();
    await Promise.resolve();
    atA.send(peer, question('a', 'b'), false);
    expect((await a.messages.next()).arrival.peer).toBe('b');
  });

  it('send a notice before the socket closes, and hear nothing after', async () => {
    const [a, b] = [new Node('a'), new Node('b')];
    const [atA, atB] = [await udp(a), await udp(b)];
    const notice = question('a', 'b', { kind: 'notice', reason: 'goodbye' });
    atA.send(udpPeer('b', atB.port), notice, true);
    await atA.stop();
    expect((await b.messages.next()).message).toMatchObject({ kind: 'notice', reason: 'goodbye' });
    atA.send(udpPeer('b', atB.port), notice, true);
    await atA.stop();
    expect(a.failures.all).toEqual([]);
  });

  it('leave peers of other transports to those', async () => {
    const [a, b] = [new Node('a'), new Node('b')];
    const [atA, atB] = [await udp(a), await udp(b)];
    atA.send({ name: 'b', url: `http://127.0.0.1:${atB.port}` }, question('a', 'http'), false);
    atA.send(udpPeer('b', atB.port), question('a', 'udp'), false);
    expect((await b.messages.next()).message.to).toBe(nameHash('udp'));
    expect([...atA.refusals]).toEqual([]);
  });

  it('do no harm when who listens throws', async () => {
    const node = new Node('n');
    node.onMessage = () => {
      throw new Error('of the host');
    };
    const transport = await udp(node);
    const from = await stranger();
    from.send(createSeal(SECRET).seal(encode(question('n', 'n'))), transport.port, '127.0.0.1');
    expect(await node.failures.next()).toBe('heartbeat udp: of the host');
  });

  it('need a port of their own', async () => {
    const { port } = await udp(new Node('a'));
    await expect(udp(new Node('b'), { port })).rejects.toMatchObject({
      code: 'ERR_TARDY_CONFIG',
      message: expect.stringContaining(`UDP port ${port} on 127.0.0.1`) as string,
    });
  });
});
