/** Who is alive when the network between them fails: relays lose what goes one way, or both. */
import { describe, expect, it } from 'vitest';
import {
  everyoneAlive,
  HEARTBEAT_MS,
  type LiveNode,
  PATIENCE_MS,
  portsFor,
  SECRET,
  startGroup,
  startUdpGroup,
} from '../support/e2e-liveness.ts';
import { Mesh, startTcpRelay } from '../support/e2e-relay.ts';

const TEST_MS = 4 * PATIENCE_MS;
const THREE = ['a', 'b', 'c'];
const FIVE = ['a', 'b', 'c', 'd', 'e'];

describe('what a sends to b is lost, and nothing else', () => {
  it(
    'over UDP: b disputes a, nobody else says anything of anybody, and it heals',
    async () => {
      const { nodes, mesh } = await startUdpGroup(THREE);
      const [a, b, c] = nodes as readonly [LiveNode, LiveNode, LiveNode];
      mesh.drop('a', 'b');
      await b.holds('a', ['disputed']);
      await b.sees(
        async () => ((await b.peer('a')).lastHeardAgoMs ?? 0) > 10 * HEARTBEAT_MS,
        'hear nothing of a for ten intervals',
      );
      expect(await cells(c)).toMatchObject({ 'b a': 'suspect', 'c a': 'alive', 'c b': 'alive' });
      expect(await cells(a)).toMatchObject({ 'b a': 'suspect', 'a b': 'alive', 'a c': 'alive' });
      mesh.drop('a', 'b', false);
      await everyoneAlive(nodes);
      for (const node of nodes) for (const peer of THREE) expectNever(node, peer, 'dead');
      for (const node of nodes) expect(suspects(node)).toEqual(node === b ? ['a'] : []);
    },
    TEST_MS,
  );

  it(
    'over TCP, where connections stay up: b says that a stands still or is silent, never dead',
    async () => {
      const ports = await portsFor(THREE);
      const mesh = await Mesh.of(ports, startTcpRelay);
      const peerUrl = (from: string, to: string, port: number) =>
        `http://127.0.0.1:${from === to ? port : mesh.relay(from, to).port}`;
      const nodes = await startGroup({ names: THREE, ports, secret: SECRET, peerUrl });
      const [a, b, c] = nodes as readonly [LiveNode, LiveNode, LiveNode];
      mesh.drop('a', 'b');
      await b.holds('a', ['stalled', 'disputed']);
      await a.holds('b', ['alive', 'slow']);
      expect(await c.peer('a')).toMatchObject({ state: 'alive' });
      mesh.drop('a', 'b', false);
      await everyoneAlive(nodes);
      for (const node of nodes) for (const peer of THREE) expectNever(node, peer, 'dead');
      for (const node of [a, c]) expect(suspects(node)).toEqual([]);
    },
    TEST_MS,
  );
});

describe('five nodes', () => {
  it(
    'call one dead that is killed, everywhere',
    async () => {
      const { nodes } = await startUdpGroup(FIVE);
      const [dead, ...rest] = nodes as readonly [LiveNode, ...LiveNode[]];
      dead.signal('SIGKILL');
      for (const node of rest) await node.calls('a', ['dead']);
      for (const node of rest) {
        const { state, suspectedBy, observers } = await node.peer('a');
        expect({ state, observers }).toEqual({ state: 'dead', observers: 4 });
        expect(suspectedBy.length).toBeGreaterThanOrEqual(3);
        expect(suspects(node)).toEqual(['a']);
      }
    },
    TEST_MS,
  );

  it(
    'two of them cut off: they call nobody dead, and are called dead by the three',
    async () => {
      const { nodes, mesh } = await startUdpGroup(FIVE);
      const [a, b, ...majority] = nodes as readonly [LiveNode, LiveNode, ...LiveNode[]];
      const away = majority.map(({ name }) => name);
      mesh.part(['a', 'b'], away);
      for (const node of majority) {
        for (const peer of ['a', 'b']) await node.calls(peer, ['dead']);
      }
      for (const node of [a, b]) for (const peer of away) await node.holds(peer, ['suspect']);
      await a.sees(
        async () => ((await a.peer('e')).lastHeardAgoMs ?? 0) > 20 * HEARTBEAT_MS,
        'hear nothing of e for twenty intervals',
      );
      for (const node of [a, b]) for (const peer of away) expectNever(node, peer, 'dead');
      expect(await a.peer('b')).toMatchObject({ state: 'alive' });
      mesh.part(['a', 'b'], away, false);
      await everyoneAlive(nodes);
      for (const node of [a, b]) for (const peer of away) expectNever(node, peer, 'dead');
      for (const node of majority) for (const peer of away) expectNever(node, peer, 'dead');
    },
    TEST_MS,
  );
});

describe('a main loop that is blocked for five seconds, with a worker responder', () => {
  it(
    'is called stalled, never dead, and alive when it moves again',
    async () => {
      const nodes = await startGroup({
        ...{ names: THREE, secret: SECRET },
        settings: (_, udpPort) => ({ udpPort, workerResponder: true }),
        peerUrl: (_from, _to, port) => `udp://127.0.0.1:${port}`,
      });
      const [a, b, c] = nodes as readonly [LiveNode, LiveNode, LiveNode];
      const marks = [a.mark(), b.mark(), c.mark()] as const;
      await c.tell('block?ms=5000');
      for (const node of [a, b]) await node.calls('c', ['stalled']);
      await everyoneAlive(nodes);
      for (const [i, node] of [a, b].entries()) {
        const states = node.states('c', marks[i]);
        expect(states).toContain('stalled');
        expect(states).not.toContain('dead');
        expect(suspects(node, marks[i])).toEqual([]);
      }
      expect(suspects(c, marks[2])).toEqual([]);
      c.signal('SIGKILL');
      for (const node of [a, b]) await node.calls('c', ['dead']);
      expect(a.ofType('suspicion')).toMatchObject([{ peer: 'c', reason: 'refused' }]);
    },
    TEST_MS,
  );
});

describe('two ways to each peer', () => {
  it(
    'one that fails is made up for by the other: nobody is suspected',
    async () => {
      const ports = await portsFor(THREE);
      const mesh = await Mesh.of(ports, startTcpRelay);
      const peersFor = (self: string) =>
        [...ports].flatMap(([name, port]) => {
          const httpPort = name === self ? port : mesh.relay(self, name).port;
          return [`${name}=http://127.0.0.1:${httpPort}`, `${name}=udp://127.0.0.1:${port}`];
        });
      const nodes = await startGroup({
        ...{ names: THREE, ports, secret: SECRET },
        settings: (name, udpPort) => ({ udpPort, peers: peersFor(name) }),
      });
      const [a, b] = nodes as readonly [LiveNode, LiveNode, LiveNode];
      mesh.part(['a'], ['b', 'c']);
      const cutAtMs = performance.now();
      const isLongCut = () => performance.now() - cutAtMs > 20 * HEARTBEAT_MS;
      await a.sees(isLongCut, 'be cut off for twenty intervals');
      for (const node of nodes) expect(suspects(node)).toEqual([]);
      for (const [node, peer] of [
        [a, 'b'],
        [a, 'c'],
        [b, 'a'],
      ] as const) {
        await node.holds(peer, ['alive']);
        expect((await node.peer(peer)).lastHeardAgoMs).toBeLessThan(10 * HEARTBEAT_MS);
      }
    },
    TEST_MS,
  );
});

describe('a node with another secret', () => {
  it(
    'is not listened to, everyone is told why, and the others do as before',
    async () => {
      const nodes = await startGroup({
        ...{ names: THREE },
        settings: (name) => ({ secret: name === 'c' ? 'another secret' : SECRET }),
      });
      const [a, b, c] = nodes as readonly [LiveNode, LiveNode, LiveNode];
      // It answers, if only to refuse: that is a sign of life, and not more.
      for (const node of [a, b]) expect(await node.peer('c')).not.toHaveProperty('heartbeatRttMs');
      for (const node of nodes) {
        const isRefused = () =>
          node.ofType('refused-message').some(({ why }) => why.includes('TARDY_SECRET'));
        await node.sees(isRefused, 'refuse a message, for its secret');
      }
      const { opinions } = await a.report();
      expect(new Set(opinions.map(({ observer }) => observer))).not.toContain('c');
      const saidAtMs = performance.now();
      const isLater = () => performance.now() - saidAtMs > 8 * HEARTBEAT_MS;
      await a.sees(isLater, 'hear eight refusals');
      for (const node of nodes) expect(node.ofType('mistake')).toEqual([]);
      c.signal('SIGKILL');
      for (const node of [a, b]) await node.calls('c', ['suspect', 'dead']);
      for (const node of [a, b]) expect(suspects(node)).toEqual(['c']);
      expect(await a.peer('b')).toMatchObject({ state: 'alive' });
    },
    TEST_MS,
  );
});

/** What each says of each, as one of them hears it: `observer peer` → state. */
async function cells(node: LiveNode): Promise<Record<string, string>> {
  const { opinions } = await node.report();
  const said = opinions.map(({ observer, peer, state }) => [`${observer} ${peer}`, state]);
  return Object.fromEntries(said) as Record<string, string>;
}

function expectNever(node: LiveNode, peer: string, state: string): void {
  expect(node.states(peer), `${node.name} on ${peer}`).not.toContain(state);
}

/** Whom it suspected, each once. */
function suspects(node: LiveNode, afterId = 0): string[] {
  return [...new Set(node.ofType('suspicion', afterId).map(({ peer }) => peer))].sort();
}
