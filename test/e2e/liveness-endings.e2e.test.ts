/** How a process ends with Tardy: as it would without, and the others are told. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { join } from 'node:path';
import {
  everyoneAlive,
  LiveNode,
  PATIENCE_MS,
  SECRET,
  startGroup,
} from '../support/e2e-liveness.ts';
import { ROOT } from '../support/node-versions.ts';
import { freePort } from '../support/e2e-ports.ts';
import { runProgram } from '../support/e2e-program.ts';

const TEST_MS = 3 * PATIENCE_MS;
const PROGRAM = join(ROOT, 'dist', 'src', 'cli', 'main.js');

type Three = readonly [LiveNode, LiveNode, LiveNode];

const three = async (onSigterm?: number) =>
  (await startGroup({
    ...{ names: ['a', 'b', 'c'], secret: SECRET },
    onSigterm: () => onSigterm,
  })) as unknown as Three;

describe('SIGTERM', () => {
  it(
    'ends a host that does not listen to it, by that signal; the others hear goodbye',
    async () => {
      const [a, b, c] = await three();
      c.signal('SIGTERM');
      expect(await c.program.ended).toMatchObject({ code: null, signal: 'SIGTERM', stderr: '' });
      for (const node of [a, b]) {
        await node.calls('c', ['left']);
        expect(node.ofType('suspicion')).toEqual([]);
        expect(await node.peer('c')).toMatchObject({ state: 'left', because: 'it said goodbye' });
      }
      await c.start();
      await everyoneAlive([a, b, c]);
      for (const node of [a, b]) expect(node.ofType('mistake')).toEqual([]);
    },
    TEST_MS,
  );

  it(
    'is the business of a host that listens to it',
    async () => {
      const [a, b, c] = await three(7);
      c.signal('SIGTERM');
      expect(await c.program.ended).toMatchObject({ code: 7, signal: null, stderr: '' });
      for (const node of [a, b]) await node.calls('c', ['left']);
    },
    TEST_MS,
  );
});

describe('process.exit()', () => {
  it(
    'keeps its code; the others hear goodbye, or that nothing listens there',
    async () => {
      const [a, b, c] = await three();
      await c.tell('exit');
      expect(await c.program.ended).toMatchObject({ code: 3, signal: null, stderr: '' });
      for (const node of [a, b]) await node.calls('c', ['left', 'suspect', 'dead']);
    },
    TEST_MS,
  );
});

describe('an exception that nobody catches', () => {
  it(
    'ends the process as without Tardy; the others hear of the crash',
    async () => {
      const [a, b, c] = await three();
      const bare = new LiveNode({ name: 'bare', port: await freePort() });
      onTestFinished(() => bare.kill());
      await bare.start();
      await bare.tell('throw');
      await c.tell('throw');
      const { code, signal, stderr } = await bare.program.ended;
      expect({ code, signal }).toEqual({ code: 1, signal: null });
      expect(await c.program.ended).toMatchObject({ code, signal, stderr });
      for (const node of [a, b]) {
        await node.calls('c', ['suspect', 'dead']);
        const kinds = node.ofType('evidence').map(({ evidence }) => evidence.kind);
        expect(kinds).toContain('crash');
        expect(node.ofType('suspicion')[0]).toMatchObject({ peer: 'c', reason: 'crash' });
      }
    },
    TEST_MS,
  );
});

describe('a host with nothing left to do', () => {
  it.each(['http', 'udp', 'worker'])(
    'ends by itself, heartbeats over %s or not',
    async (transport) => {
      const [port, udpPort] = [await freePort(), await freePort()];
      const scheme = transport === 'http' ? 'http' : 'udp';
      const settings = {
        peers: [`a=${scheme}://127.0.0.1:${port}`, `b=${scheme}://127.0.0.1:${udpPort}`],
        ...{ nodeName: 'b', heartbeatMs: 100, secret: SECRET },
        ...(transport === 'http' ? {} : { udpPort }),
        ...(transport === 'worker' ? { workerResponder: true } : {}),
      };
      const args = [JSON.stringify(settings)];
      const ended = await runProgram('liveness-idle.mjs', { args });
      const stdout = 'nothing left to do\n';
      expect(ended).toEqual({ code: 0, signal: null, stderr: '', stdout });
    },
    TEST_MS,
  );
});

describe('tardy notify --down', () => {
  const notify = (down: string, to: readonly LiveNode[], secret: string) =>
    runProgram(PROGRAM, {
      args: ['notify', '--down', down],
      env: {
        TARDY_PEERS: to.map(({ name, url }) => `${name}=${url}`).join(),
        TARDY_SECRET: secret,
      },
    });

  it(
    'is believed until the node is heard again; not with another secret',
    async () => {
      const nodes = await three();
      const [a, b, c] = nodes;
      const refused = await notify('c', nodes, 'another secret');
      expect(refused).toMatchObject({ code: 3, stdout: '' });
      expect(refused.stderr).toMatch(/not told a: HTTP 403: /);
      expect(a.ofType('suspicion')).toEqual([]);
      const told = await notify('c', nodes, SECRET);
      expect(told).toMatchObject({ code: 0, stdout: '' });
      expect(told.stderr.trim().split('\n')).toHaveLength(2);
      for (const node of [a, b]) {
        await node.sees(
          () => node.ofType('suspicion').some(({ reason }) => reason === 'down'),
          'suspect c, which is said to be down',
        );
      }
      await everyoneAlive([a, b, c]);
    },
    TEST_MS,
  );
});
