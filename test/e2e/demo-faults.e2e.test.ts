/** The demo when something fails: by --scenario, and by keys on a real terminal. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type DemoReport, demoReportSchema } from '../../src/cli/demo/demo-report.ts';
import { runProgram, startProgram } from '../support/e2e-program.ts';
import { peersReportSchema } from '../../src/report.ts';
import { until } from '../support/e2e-wait.ts';
import { ROOT } from '../support/node-versions.ts';

const PROGRAM = join(ROOT, 'dist', 'src', 'cli', 'main.js');
const PATIENCE_MS = 60_000;
/** A program that gives another a terminal, of util-linux. */
const hasScript = spawnSync('script', ['--version']).status === 0;

async function runScenario(name: string): Promise<DemoReport['faults'][number]> {
  const args = ['demo', '--once', '--json', '--duration', '20', '--scenario', name];
  const { code, stdout, stderr } = await runProgram(PROGRAM, { args });
  const { faults } = demoReportSchema.parse(JSON.parse(stdout));
  expect(faults.map(({ fault }) => fault)).toEqual([name]);
  expect({
    code,
    complaints: stderr.split('\n').filter((l) => l.includes('demo: ' + name)),
  }).toEqual({
    code: 0,
    complaints: [],
  });
  return faults[0]!;
}

/** A demo with a folder for temporary files of its own, and what is in there. */
function startIn(args: readonly string[]) {
  const dir = mkdtempSync(join(tmpdir(), 'tardy-e2e-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const demo = startProgram(PROGRAM, { args: ['demo', ...args], env: { TMPDIR: dir } });
  return { demo, files: () => readdirSync(dir) };
}

/** Nobody listens there; who stands still still takes connections. */
function isRefused(peer: string): Promise<boolean> {
  const { hostname, port } = new URL(`http://${peer}`);
  const socket = connect(Number(port), hostname);
  return new Promise((resolve) => {
    socket.once('error', () => resolve(true));
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
  });
}

describe('tardy demo --scenario', () => {
  it(
    'kill: everyone sees it dead, on what its kernel says, and trusts it when it is back',
    async () => {
      const { sightings, missedBy, lastedMs } = await runScenario('kill');
      expect(sightings.map(({ observer }) => observer).sort()).toEqual([
        ...['enforced', 'gateway', 'slowing', 'steady', 'tail'],
      ]);
      for (const { node, worst, evidence, afterMs, trustedAfterMs } of sightings) {
        expect({ node, worst }).toEqual({ node: 'bimodal', worst: 'dead' });
        expect(evidence).toContain('refused');
        expect(afterMs).toBeGreaterThanOrEqual(0);
        expect(trustedAfterMs).toBeDefined();
      }
      expect(missedBy).toEqual([]);
      expect(lastedMs).toBeGreaterThanOrEqual(5000);
    },
    PATIENCE_MS,
  );

  it(
    'drop: who does not hear the other disputes it, nobody else does',
    async () => {
      const { sightings } = await runScenario('drop');
      expect(sightings).toMatchObject([{ observer: 'tail', node: 'steady' }]);
      expect(sightings[0]!.worst).toMatch(/^(suspect|disputed)$/);
    },
    PATIENCE_MS,
  );

  it(
    'skew: everyone sees that its clock is out of bounds, and trusts it when it is set right',
    async () => {
      const { sightings, missedBy, accused } = await runScenario('skew');
      expect(sightings).toHaveLength(5);
      for (const { node, worst, evidence, worstAfterMs, trustedAfterMs } of sightings) {
        expect({ node, worst, evidence }).toEqual({
          ...{ node: 'bimodal', worst: 'clock-out', evidence: ['clock'] },
        });
        expect(worstAfterMs).toBeGreaterThan(0);
        expect(trustedAfterMs).toBeGreaterThan(0);
      }
      expect({ missedBy, accused }).toEqual({ missedBy: [], accused: [] });
    },
    PATIENCE_MS,
  );

  it(
    'lease: another takes it over, and what is written late is refused',
    async () => {
      const { lease, missedBy } = await runScenario('lease');
      expect(lease).toMatchObject({ holder: 'bimodal', successor: 'slowing', staleWrites: 0 });
      expect(BigInt(lease!.newToken!)).toBeGreaterThan(BigInt(lease!.token));
      expect(lease!.refused).toBeGreaterThanOrEqual(1);
      expect(lease!.takenOverAfterMs).toBeGreaterThan(0);
      expect(missedBy).toEqual([]);
    },
    PATIENCE_MS,
  );

  it('leaves no files behind where its port is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const { demo, files } = startIn(['--scenario', 'skew', '--port', String(port)]);
    expect((await demo.ended).code).toBe(3);
    expect(files()).toEqual([]);
  });

  it(
    'leaves no files behind at a second Ctrl-C',
    async () => {
      const { demo, files } = startIn(['--scenario', 'skew']);
      await demo.said('/tardy/peers', 'stderr', PATIENCE_MS);
      // Different signals: two of the same that wait are one.
      demo.process.kill('SIGINT');
      demo.process.kill('SIGTERM');
      expect((await demo.ended).code).toBe(130);
      expect(files()).toEqual([]);
    },
    PATIENCE_MS,
  );

  it(
    'stop: who stands still does not stay behind when the demo is killed',
    async () => {
      const { demo } = startIn(['--scenario', 'stop']);
      const origin = await demo.said(/(http:\S+)\/peers/, 'stderr', PATIENCE_MS);
      const peers = async () =>
        peersReportSchema.parse(await (await fetch(`${origin}/peers`)).json()).peers;
      const names = (await peers()).map(({ peer }) => peer);
      expect(names.length).toBeGreaterThanOrEqual(5);
      await until(
        async () => (await peers()).some(({ state }) => /stalled|suspect|dead/.test(state)),
        'somebody to stand still',
        PATIENCE_MS,
      );
      await demo.stop('SIGKILL');
      for (const name of names) await until(() => isRefused(name), `${name} to be gone`);
    },
    PATIENCE_MS,
  );

  it('refuses what it does not know', async () => {
    const args = ['demo', '--scenario', 'flood'];
    const { code, stdout, stderr } = await runProgram(PROGRAM, { args });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('flood');
  });
});

describe.skipIf(!hasScript)('tardy demo on a terminal', () => {
  it(
    'takes keys, and gives the terminal back at Ctrl-C',
    async () => {
      const demo = `'${process.execPath}' '${PROGRAM}' demo; echo ended with $?; stty -a`;
      const terminal = spawn('script', ['-qec', demo, '/dev/null'], {
        env: { ...process.env, NO_COLOR: '', TERM: 'xterm' },
        stdio: ['pipe', 'pipe', 'ignore'],
      });
      onTestFinished(() => void terminal.kill('SIGKILL'));
      let out = '';
      terminal.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
      const closed = once(terminal, 'close');
      await until(() => out.includes('keys: k kill'), 'the help on keys', PATIENCE_MS);
      terminal.stdin.write('x');
      await until(() => out.includes('drop: seen by'), 'who saw the drop', PATIENCE_MS);
      terminal.stdin.write('\x03');
      await closed;
      expect(out).toContain('ended with 0');
      expect(out.slice(out.indexOf('ended with'))).toMatch(/\sisig icanon\s.*\secho\s/s);
    },
    2 * PATIENCE_MS,
  );
});
