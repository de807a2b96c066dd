/** Who is alive: nodes that are killed, stopped and started again, as the others see it. */
import { describe, expect, it } from 'vitest';
import { hasPrometheus } from '../support/capabilities.ts';
import {
  everyoneAlive,
  HEARTBEAT_MS,
  type LiveNode,
  makeGroup,
  mistakesOf,
  PATIENCE_MS,
  portsFor,
  SECRET,
  startAll,
  startGroup,
} from '../support/e2e-liveness.ts';
import { promtoolComplaints } from '../support/e2e-prometheus.ts';

const TEST_MS = 4 * PATIENCE_MS;
const NAMES = ['a', 'b', 'c'];

type Three = readonly [LiveNode, LiveNode, LiveNode];

const three = async () => (await startGroup({ names: NAMES, secret: SECRET })) as Three;

describe('a node that is killed', () => {
  it(
    'is suspected on what its kernel says, dead by majority, and trusted when it is back',
    async () => {
      const [a, b, c] = await three();
      const marks = new Map([a, b].map((node) => [node, node.mark()]));
      const { peers } = await a.report();
      const wasHeld = peers.map(({ peer, watched }) => `${peer} ${watched}`);
      expect(wasHeld).toEqual(['b true', 'c true']);
      c.signal('SIGKILL');
      for (const node of [a, b]) {
        const mark = marks.get(node)!;
        await node.calls('c', ['dead'], mark);
        const evidence = node.ofType('evidence', mark).map((event) => event.evidence.kind);
        expect(evidence).toEqual(
          expect.arrayContaining([expect.stringMatching(/^(reset|refused)$/)]),
        );
        const [suspicion] = node.ofType('suspicion', mark);
        expect(suspicion).toMatchObject({ peer: 'c', reason: 'refused' });
        const seen = await node.peer('c');
        expect(seen).toMatchObject({ state: 'dead', vote: 'suspect', observers: 2 });
        expect([...seen.suspectedBy].sort()).toEqual(['a', 'b']);
      }
      expect(await livePeers(a)).toEqual(['b']);
      if (hasPrometheus()) await checkMetrics(a);
      await comesBack([a, b, c], marks);
    },
    TEST_MS,
  );
});

/** Another life: known by its boot id, trusted again, and nobody was wrong about the one before. */
async function comesBack([a, b, c]: Three, marks: ReadonlyMap<LiveNode, number>): Promise<void> {
  await c.start();
  await everyoneAlive([a, b, c]);
  for (const node of [a, b]) {
    const restarted = node.ofType('restarted', marks.get(node));
    expect(restarted.map(({ peer }) => peer)).toEqual(['c']);
    expect(restarted[0]!.bootId).toMatch(/^[0-9a-f]{16}$/);
    expect(mistakesOf(node, 0, 'c')).toEqual([]);
    expect(await node.peer('c')).toMatchObject({ mistakes: 0, suspicions: 1 });
  }
}

async function livePeers(node: LiveNode): Promise<unknown> {
  return (await fetch(`${node.url}/live`)).json();
}

async function checkMetrics(node: LiveNode): Promise<void> {
  const page = await (await fetch(`${node.url}/tardy/metrics`)).text();
  expect(promtoolComplaints(page)).toEqual([]);
  const lines = page.split('\n');
  const has = (...parts: string[]) =>
    lines.some((line) => parts.every((part) => line.includes(part)));
  expect(has('tardy_peer_state{', 'peer="c"', 'state="dead"', '} 1')).toBe(true);
  expect(has('tardy_peer_state{', 'peer="b"', 'state="alive"', '} 1')).toBe(true);
  expect(has('tardy_peer_vote{', 'peer="c"', 'state="suspect"', '} 1')).toBe(true);
  expect(has('tardy_peer_suspicions_total{', 'peer="c"', 'refused', '} 1')).toBe(true);
  expect(has('tardy_peer_phi{', 'peer="b"')).toBe(true);
}

describe('a node that stands still for five seconds', () => {
  it(
    'is suspected or stalled, then alive, with one mistake at most; itself it suspects nobody',
    async () => {
      const [a, b, c] = await three();
      const marks = [a, b, c].map((node) => node.mark()) as [number, number, number];
      c.signal('SIGSTOP');
      const stoppedAtMs = performance.now();
      await a.calls('c', ['suspect', 'stalled', 'dead'], marks[0]);
      await b.calls('c', ['suspect', 'stalled', 'dead'], marks[1]);
      await a.sees(() => performance.now() - stoppedAtMs >= 5000, 'wait for five seconds');
      c.signal('SIGCONT');
      await everyoneAlive([a, b, c]);
      for (const [node, mark] of [
        [a, marks[0]],
        [b, marks[1]],
      ] as const) {
        expect(mistakesOf(node, mark, 'c').length).toBeLessThanOrEqual(1);
        expect(node.ofType('restarted', mark)).toEqual([]);
      }
      expect(c.ofType('suspicion', marks[2])).toEqual([]);
      expect(c.ofType('mistake', marks[2])).toEqual([]);
    },
    TEST_MS,
  );
});

describe('two nodes', () => {
  it(
    'never call one another dead: one vote is no majority',
    async () => {
      const [a, b] = (await startGroup({ names: ['a', 'b'], secret: SECRET })) as [
        LiveNode,
        LiveNode,
      ];
      b.signal('SIGKILL');
      await a.calls('b', ['suspect']);
      const isLongSilent = async () =>
        ((await a.peer('b')).lastHeardAgoMs ?? 0) > 20 * HEARTBEAT_MS;
      await a.sees(isLongSilent, 'hear nothing for twenty intervals');
      expect((await a.peer('b')).state).toBe('suspect');
      await b.start();
      await everyoneAlive([a, b]);
      expect(a.states('b')).not.toContain('dead');
      expect(mistakesOf(a, 0)).toEqual([]);
    },
    TEST_MS,
  );
});

describe('nodes with a plain list, and no secret', () => {
  it(
    'find out their own names, answer one another, and believe nothing they are told of others',
    async () => {
      const ports = await portsFor(NAMES);
      const peers = [...ports.values()].map((port) => `http://127.0.0.1:${port}`);
      const nameOf = (name: string) => `127.0.0.1:${ports.get(name)}`;
      const settings = () => ({ nodeName: undefined, peers });
      const [a, b, c] = (await makeGroup({ names: NAMES, ports, settings })) as Three;
      await startAll([a, b, c], nameOf);
      c.signal('SIGKILL');
      for (const node of [a, b]) await node.calls(nameOf('c'), ['suspect']);
      const isLongSilent = async () =>
        ((await a.peer(nameOf('c'))).lastHeardAgoMs ?? 0) > 10 * HEARTBEAT_MS;
      await a.sees(isLongSilent, 'hear nothing for ten intervals');
      expect(await a.peer(nameOf('c'))).toMatchObject({ state: 'suspect', observers: 2 });
      expect((await a.peer(nameOf('c'))).suspectedBy).toEqual([nameOf('a')]);
      const { opinions } = await a.report();
      expect(new Set(opinions.map(({ observer }) => observer))).toEqual(new Set([nameOf('a')]));
      expect(a.states(nameOf('c'))).not.toContain('dead');
    },
    TEST_MS,
  );
});
