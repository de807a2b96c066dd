import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { createUdpTransport } from '../../../collectors/heartbeat/udp.ts';
import {
  createWorkerResponder,
  type WorkerResponder,
  type WorkerResponderOptions,
} from '../../../collectors/heartbeat/worker-responder.ts';
import type { Message } from '../../../src/membership/message.ts';
import { Node, question, SECRET, udpPeer } from './support.ts';

const open: { stop(): unknown }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.stop()));
});

const LOOPBACK = { port: 0, host: '127.0.0.1', secret: SECRET };

async function responder(
  node: Node,
  options: Partial<WorkerResponderOptions> = {},
): Promise<WorkerResponder> {
  const made = await createWorkerResponder({ ...LOOPBACK, ...options }, node, node.diagnostics);
  open.push(made);
  return made;
}

async function asker(node: Node) {
  const transport = await createUdpTransport(LOOPBACK, node, node.diagnostics);
  open.push(transport);
  return transport;
}

/** Asks twice from another thread while this one is held up; gives the answers that came. */
async function askWhileBlocked(port: number) {
  const program = new URL('./ask-from-thread.ts', import.meta.url);
  const shared = new SharedArrayBuffer(8);
  const flags = new Int32Array(shared);
  const worker = new Worker(program, {
    workerData: { port, shared, secret: SECRET },
    execArgv: [],
  });
  await once(worker, 'online');
  Atomics.wait(flags, 0, 0, 20_000); // this is the main loop standing still
  const [answers] = (await once(worker, 'message')) as [[Message, Message]];
  await worker.terminate();
  return answers;
}

describe('the worker responder', () => {
  it('hands questions to the main thread and sends its answers', async () => {
    const [a, b] = [new Node('a'), new Node('b')];
    const atB = await responder(b);
    const atA = await asker(a);
    const asked = question('a', 'b');
    atA.send(udpPeer('b', atB.port), asked, false);
    expect((await b.messages.next()).message).toEqual(asked);
    const { message } = await a.messages.next();
    expect(message).toMatchObject({ kind: 'answer', from: 'b', echo: asked.nonce });
  });

  it('sends questions of the main thread, and hands on the answers', async () => {
    const [a, b] = [new Node('a'), new Node('b')];
    const atB = await responder(b);
    const atA = await asker(a);
    const asked = question('b', 'a');
    const peer = udpPeer('a', atA.port);
    atB.setPeers([peer]);
    atB.send(peer, asked, false);
    const { message, arrival } = await b.messages.next();
    expect([message.kind, message.echo, arrival.peer]).toEqual(['answer', asked.nonce, 'a']);
    expect(Math.abs(performance.now() - arrival.monoMs)).toBeLessThan(20_000); // the same clock
  });

  it('answers by itself while the main loop stands still', async () => {
    const node = new Node('b');
    const made = await responder(node);
    const other = new Node('other');
    const told = question('b', 'other', { digest: 7 });
    made.send(udpPeer('other', (await asker(other)).port), told, false);
    const first = (await other.messages.next()).message;
    const [answer, next] = await askWhileBlocked(made.port);
    expect(answer).toMatchObject({ kind: 'answer', from: 'b', bootId: told.bootId, digest: 7 });
    expect(answer.progress).toBeGreaterThanOrEqual(first.progress);
    expect(next.progress).toBe(answer.progress); // it stands still
    // And the main thread learns of the question when it goes on.
    await node.messages.nextWhere(({ message }) => message.from === 'asker');
  });

  it('tells of refusals, evidence and failures of the thread', async () => {
    const [a, b] = [new Node('a'), new Node('b')];
    const atB = await responder(b, { secret: 'another' });
    const atA = await asker(a);
    const { port } = atA;
    atA.send(udpPeer('b', atB.port), question('a', 'b'), false);
    expect(await b.refusals.next()).toMatchObject({ reason: 'bad-mac' });
    expect([...atB.refusals]).toEqual([['bad-mac', 1]]);
    await atA.stop();
    atB.send(udpPeer('a', port), question('b', 'a'), true);
    expect(await b.evidence.next()).toEqual({ peer: 'a', evidence: { kind: 'refused' } });
    atB.send(udpPeer('a', port), question('b', 'a', { seq: -1 }), false);
    expect(await b.failures.next()).toMatch(/^heartbeat thread: seq must be/);
  });

  it('sends a goodbye before it stops', async () => {
    const [a, b] = [new Node('a'), new Node('b')];
    const atB = await responder(b);
    const atA = await asker(a);
    const notice = question('b', 'a', { kind: 'notice', reason: 'goodbye' });
    atB.send(udpPeer('a', atA.port), notice, true);
    await atB.stop();
    expect((await a.messages.next()).message.reason).toBe('goodbye');
    await atB.stop();
    expect(b.failures.all).toEqual([]);
  });

  it('counts the turns of the main loop', async () => {
    const [a, b] = [new Node('a'), new Node('b')];
    const atB = await responder(b);
    const atA = await asker(a);
    const asking = setInterval(
      () => atA.send(udpPeer('b', atB.port), question('a', 'b'), false),
      5,
    );
    const { progress } = (await a.messages.next()).message;
    await a.messages.nextWhere(({ message }) => message.progress > progress + 1);
    clearInterval(asking);
  });

  it('is started again on the same port when its thread ends', async () => {
    const [a, b] = [new Node('a'), new Node('b')];
    const program = new URL('./thread-that-ends.ts', import.meta.url);
    const atB = await responder(b, { program });
    const { port } = atB;
    const atA = await asker(a);
    const peer = udpPeer('b', port);
    atA.send(peer, question('a', 'b'), false);
    await a.messages.next();
    // The program ends when it is to send this.
    atB.send({ name: 'end', url: 'udp://127.0.0.1:1' }, question('b', 'end'), false);
    expect(await b.failures.next()).toBe('heartbeat worker: of the test');
    expect(await b.failures.next()).toBe('heartbeat worker: the thread ended with 1');
    // Lost while nobody listens, as on any network: asked again until it is there.
    const asking = setInterval(() => atA.send(peer, question('a', 'b'), false), 10);
    await a.messages.next();
    clearInterval(asking);
    expect(atB.port).toBe(port);
  });

  it('needs a port of its own', async () => {
    const { port } = await responder(new Node('a'));
    const node = new Node('b');
    await expect(responder(node, { port })).rejects.toMatchObject({
      code: 'ERR_TARDY_CONFIG',
      message: expect.stringContaining(`UDP port ${port}`) as string,
    });
    expect(node.failures.all).toEqual([]);
  });
});
