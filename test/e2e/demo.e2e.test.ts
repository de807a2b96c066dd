/** The built program as a user runs it: real processes, real requests, real signals. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { demoReportSchema } from '../../src/cli/demo/demo-report.ts';
import { peersReportSchema, timeoutsReportSchema } from '../../src/report.ts';
import { ROOT } from '../support/node-versions.ts';
import { REPORT } from '../cli/support.ts';

const PROGRAM = join(ROOT, 'dist', 'src', 'cli', 'main.js');
/** Long enough for a busy machine to start five processes. */
const PATIENCE_MS = 60_000;

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function start(words: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [PROGRAM, ...words], {
    env: { ...process.env, NO_COLOR: '', FORCE_COLOR: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const written = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => (written.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (written.err += chunk.toString()));
  const ended = once(child, 'close').then(([code]): Ended => ({
    code: code as number,
    ...written,
  }));
  return { child, written, ended };
}

const tardy = (words: readonly string[], env?: Record<string, string>) => start(words, env).ended;

/** Waits for something to become true; the test's own time limit ends a wait in vain. */
async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await what())) await sleep(50);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('tardy demo --once --json', () => {
  let ran: Ended;

  beforeAll(async () => {
    ran = await tardy(['demo', '--once', '--duration', '12', '--json']);
  }, PATIENCE_MS);

  const report = () => demoReportSchema.parse(JSON.parse(ran.out));

  it('ends by itself with advice for all services', () => {
    expect(ran).toMatchObject({ code: 0 });
    const { services, durationS } = report();
    expect(services.map(({ name }) => name)).toEqual([
      'steady',
      'tail',
      'bimodal',
      'slowing',
      'enforced',
    ]);
    for (const { firstAdviceMs } of services) expect(firstAdviceMs).toBeGreaterThan(0);
    expect(durationS).toBeGreaterThanOrEqual(12);
  });

  it('knows routes by their template, and what is configured for them', () => {
    const { timeouts } = report();
    expect(timeouts.map(({ service, route }) => `${service} ${route}`).sort()).toEqual([
      ...['bimodal GET /items/:id', 'enforced GET /quotes/:id', 'slowing POST /orders'],
      'steady GET /carts/:id',
      ...['steady GET /users/:id', 'tail GET /search/:id'],
    ]);
    for (const { advice, configuredTimeoutMs } of timeouts) {
      expect(advice.timeoutMs).toBeGreaterThan(0);
      expect(configuredTimeoutMs).toBeGreaterThan(0);
    }
  });

  it('sends requests through all four clients', () => {
    expect(report()).toMatchObject({
      clients: ['fetch', 'undici', 'axios', 'node:http'],
      missingClients: [],
    });
  });

  it('leaves no process behind', () => {
    const { gatewayPid, services } = report();
    const pids = [gatewayPid, ...services.map(({ pid }) => pid)];
    expect(pids.filter(isAlive)).toEqual([]);
  });

  it('says on stderr where to look', () => {
    for (const name of ['timeouts', 'peers', 'metrics']) {
      expect(ran.err).toMatch(new RegExp(`http://127.0.0.1:\\d+/tardy/${name}\\n`));
    }
  });
});

describe('tardy demo', () => {
  const originIn = (text: string) => /http:\/\/127\.0\.0\.1:\d+\/tardy/.exec(text)?.[0];
  const answers = (url: string) =>
    fetch(url).then(
      ({ ok }) => ok,
      () => false,
    );

  /** Somebody answers, whatever it is. */
  const isUp = (url: string) =>
    fetch(url).then(
      () => true,
      () => false,
    );
  const peersOf = async (origin: string) => {
    const { peers } = peersReportSchema.parse(await (await fetch(`${origin}/peers`)).json());
    return peers.map(({ peer }) => `http://${peer}/`);
  };

  it.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
    'takes its processes with it on %s',
    async (signal) => {
      const { child, written, ended } = start(['demo']);
      await until(() => written.out.includes('-> ADVICE'));
      const origin = originIn(written.err)!;
      expect(await answers(`${origin}/metrics`)).toBe(true);
      const everyone = [`${origin}/peers`, ...(await peersOf(origin))];
      child.kill(signal);
      const { code, out, err } = await ended;
      expect(code).toBe(signal === 'SIGKILL' ? null : 0);
      for (const url of everyone) await until(async () => !(await isUp(url)));
      expect(out).not.toContain('\x1b');
      expect(err.trim().split('\n')).toHaveLength(4);
    },
    PATIENCE_MS,
  );

  it('says that a port is taken', async () => {
    const server = await listen(200, '{}');
    const { port } = server.address() as AddressInfo;
    const { code, out, err } = await tardy(['demo', '--port', String(port)]);
    server.close();
    expect({ code, out }).toEqual({ code: 3, out: '' });
    expect(err).toContain(`cannot serve on port ${port}: somebody listens there already`);
  });

  it('is quiet when nobody reads on', async () => {
    const { child, written, ended } = start(['demo']);
    await until(() => written.out.includes('-> ADVICE'));
    child.stdout.destroy();
    const { code, err } = await ended;
    expect(code).toBe(0);
    expect(err.trim().split('\n')).toHaveLength(4);
  });
});

async function listen(status: number, body: string): Promise<Server> {
  const server = createServer((_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

describe('tardy advise', () => {
  let server: Server;
  let url: string;

  beforeAll(async () => {
    server = await listen(200, JSON.stringify(REPORT));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/tardy`;
  });
  afterAll(() => {
    server.close();
  });

  it('asks a node', async () => {
    const { code, out, err } = await tardy(['advise'], { TARDY_URL: url });
    expect(code).toBe(0);
    expect(out).toMatch(/^PEER +ROUTE +N +P50 +P99 +TIMEOUT/);
    expect(out).not.toContain('\x1b');
    expect(err).toContain('from gateway/4242');
  });

  it('prints JSON for programs', async () => {
    const { code, out } = await tardy(['advise', '--url', url, '--json', '--peer', 'db:5432']);
    expect(code).toBe(0);
    expect(timeoutsReportSchema.parse(JSON.parse(out)).timeouts).toHaveLength(1);
  });

  it('ends with 1 for a peer that is not known, with 2 for a wrong flag', async () => {
    expect(await tardy(['advise', '--url', url, '--peer', 'db:5433'])).toMatchObject({ code: 1 });
    expect(await tardy(['advise', '--ulr', url])).toMatchObject({ code: 2 });
  });

  it('ends with 3 where nobody listens', async () => {
    const gone = await listen(200, '{}');
    const { port } = gone.address() as AddressInfo;
    gone.close();
    const { code, err } = await tardy(['advise', '--url', `http://127.0.0.1:${port}/tardy`]);
    expect(code).toBe(3);
    expect(err).toContain('nobody listens there (ECONNREFUSED)');
  });

  it('reads the state file that a node wrote', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tardy-e2e-'));
    const path = join(folder, 'tardy.state');
    await callYourself(path);
    expect(existsSync(path)).toBe(true);
    const { code, out } = await tardy(['advise', '--state', path]);
    rmSync(folder, { recursive: true });
    expect(code).toBe(0);
    expect(out).toMatch(/127\.0\.0\.1:\d+ +GET \/users\/:id +\d+ +\S+ ms/);
  });
});

/** A program under `--import tardy/register` that calls a server 60 times, then ends. */
async function callYourself(stateFile: string): Promise<void> {
  const script = `
    import { createServer } from 'node:http';
    const server = createServer((_, response) => response.end('ok')).listen(0, '127.0.0.1', async () => {
      for (let i = 0; i < 60; i++) {
        const answer = await fetch('http://127.0.0.1:' + server.address().port + '/users/' + i);
        await answer.text();
      }
      process.exit();
    });`;
  const child = spawn(
    process.execPath,
    ['--import', 'tardy/register', '--input-type=module', '-e', script],
    { cwd: ROOT, env: { ...process.env, TARDY_STATE_FILE: stateFile }, stdio: 'ignore' },
  );
  await once(child, 'close');
}
