import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createNetwork, NODE_NAMES } from '../../../src/cli/demo/network.ts';
import { startRelay } from '../../../src/cli/demo/relay.ts';
import { readConfig } from '../../../src/config.ts';

describe('the network of the demo', () => {
  it('tells everyone of everyone, over HTTP', async () => {
    const network = await createNetwork({ port: 0, canFail: false });
    const ports = [...network.ports.values()];
    expect(new Set(ports).size).toBe(NODE_NAMES.length);
    for (const node of NODE_NAMES) {
      const { peers, nodeName, udpPort } = readConfig({}, network.environment(node));
      expect(peers).toEqual(ports.map((port) => `http://127.0.0.1:${port}`));
      expect(nodeName).toBe(network.peerName(node));
      expect(network.nodeNamed(nodeName!)).toBe(node);
      expect(udpPort).toBeUndefined();
    }
    expect(network.nodeNamed('127.0.0.1:1')).toBeUndefined();
    network.close();
  });

  it('has a piece that can fail between steady and tail, and only there', async () => {
    const network = await createNetwork({ port: 0, canFail: true });
    const relayed = NODE_NAMES.map((node) => {
      const { peers, udpPort } = readConfig({}, network.environment(node));
      const others = peers.filter((peer) => peer.includes('udp:'));
      expect(udpPort === undefined).toBe(others.length === 0);
      return [node, others.map((peer) => network.nodeNamed(peer.split('=')[0]!))];
    });
    expect(Object.fromEntries(relayed)).toEqual({
      ...{ steady: ['tail'], tail: ['steady'] },
      ...{ bimodal: [], slowing: [], enforced: [], gateway: [] },
    });
    network.close();
  });

  it('says that a port is taken, before anybody is started', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    await expect(createNetwork({ port, canFail: false })).rejects.toThrow(
      `gateway: cannot serve on port ${port}: somebody listens there already`,
    );
  });
});

describe('a relay', () => {
  async function world() {
    const target = createSocket('udp4').bind(0, '127.0.0.1');
    const asker = createSocket('udp4').bind(0, '127.0.0.1');
    await Promise.all([once(target, 'listening'), once(asker, 'listening')]);
    const asked: string[] = [];
    target.on('message', (bytes, { port, address }) => {
      asked.push(String(bytes));
      target.send(`answer to ${String(bytes)}`, port, address);
    });
    const relay = await startRelay(target.address().port);
    onTestFinished(() => {
      relay.close();
      target.close();
      asker.close();
    });
    const ask = (text: string) => {
      asker.send(text, relay.port, '127.0.0.1');
    };
    const answer = async () => String(((await once(asker, 'message')) as [Buffer])[0]);
    return { relay, asked, ask, answer };
  }

  it('hands on questions and brings back answers, later if it is told so', async () => {
    const { relay, ask, answer } = await world();
    ask('a');
    expect(await answer()).toBe('answer to a');
    relay.delayMs = 5;
    ask('b');
    expect(await answer()).toBe('answer to b');
  });

  it('loses one direction and not the other', async () => {
    const { relay, asked, ask, answer } = await world();
    relay.dropsThere = true;
    ask('lost');
    await vi.waitUntil(() => relay.lost === 1);
    relay.dropsThere = false;
    relay.dropsBack = true;
    ask('heard');
    await vi.waitUntil(() => relay.lost === 2);
    relay.dropsBack = false;
    ask('answered');
    expect(await answer()).toBe('answer to answered');
    expect(asked).toEqual(['heard', 'answered']);
  });
});
