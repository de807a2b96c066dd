/** The state file: the windows outlive the process, and no file can harm the one that reads it. */
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { encodeSnapshot } from '../../src/state/snapshot.ts';
import { readSnapshot } from '../../src/state/state-file.ts';
import { type Program, REGISTER, startProgram } from '../support/e2e-program.ts';
import { until } from '../support/e2e-wait.ts';

interface Known {
  readonly route: string;
  readonly requests: number;
  readonly n: number;
  readonly timeoutMs?: number;
}
interface Report {
  /** What the start said of the file. */
  readonly loaded: string;
  readonly before: readonly Known[];
  readonly after: readonly Known[];
}

/** Ended by stdin, so after its 'exit' handlers have run. */
const TOLD_TO_END = 7;

let server: Server;
let url: string;

beforeAll(async () => {
  server = createServer((_request, response) => response.end('ok')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

async function statePath(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'tardy-state-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return join(dir, 'state');
}

/** Larger than any process id. */
const NO_PROCESS = 99_999_999;

const NEVER = '3600000';

function start(path: string, calls: number, env: Record<string, string> = {}, routes = 4): Program {
  return startProgram('stateful.mjs', {
    args: [url, String(calls), String(routes)],
    env: {
      TARDY_STATE_FILE: path,
      TARDY_STATE_INTERVAL_MS: NEVER,
      TARDY_PAUSE_LATE_MS: '60000',
      ...env,
    },
  });
}

async function reportOf(program: Program): Promise<Report> {
  return JSON.parse(await program.said(/\{.*\}\n/)) as Report;
}

/** Runs it to its proper end. */
async function run(path: string, calls: number, env: Record<string, string> = {}): Promise<Report> {
  const program = start(path, calls, env);
  const report = await reportOf(program);
  program.send('end');
  const { code, stderr } = await program.ended;
  expect(stderr).toBe('');
  expect(code).toBe(TOLD_TO_END);
  return report;
}

function isReadable(path: string): boolean {
  try {
    return readSnapshot(path).routes.length > 0;
  } catch {
    return false;
  }
}

/** Everything a route is known by, except how often this very process called it. */
function withoutRequests(known: readonly Known[]) {
  return known.map((route) => ({ ...route, requests: 0 }));
}

const besides = (path: string) => readdirSync(dirname(path)).filter((f) => f !== basename(path));

describe('writing', () => {
  it('happens at exit', async () => {
    const path = await statePath();
    expect((await run(path, 100)).loaded).toBe(`no state in ${path} yet`);
    expect(readSnapshot(path).routes).toHaveLength(4);
    expect(besides(path)).toEqual([]);
  });

  it('happens at the interval, so that little is lost with the process', async () => {
    const path = await statePath();
    const program = start(path, 100, { TARDY_STATE_INTERVAL_MS: '20' });
    await reportOf(program);
    // A route may be written before its first reply is there.
    const isWritten = () => {
      const { routes } = readSnapshot(path);
      return routes.length === 4 && routes.every(({ slices }) => slices.length > 0);
    };
    await until(() => isReadable(path) && isWritten(), 'the state');
    expect((await program.stop('SIGKILL')).signal).toBe('SIGKILL');
    expect((await run(path, 0)).loaded).toBe(`4 routes from ${path}`);
  });

  it('leaves a readable file when the process is killed in the middle of it', async () => {
    const path = await statePath();
    const env = { TARDY_STATE_INTERVAL_MS: '1', TARDY_MAX_ROUTES_PER_PEER: '500' };
    for (let i = 0; i < 4; i++) {
      const program = start(path, 400, env, 400);
      const report = await reportOf(program);
      if (i > 0) expect(report.loaded).toBe(`400 routes from ${path}`);
      await until(() => isReadable(path) && readSnapshot(path).routes.length === 400, 'the state');
      await program.stop('SIGKILL');
      expect(readSnapshot(path).routes).toHaveLength(400);
    }
  });

  it('takes what a killed process left half written out of the way', async () => {
    const path = await statePath();
    await writeFile(`${path}.${NO_PROCESS}.tmp`, 'half a');
    await run(path, 20);
    expect(besides(path)).toEqual([]);
  });

  it('fails without a word to the application where it cannot be written', async () => {
    const path = join(await statePath(), 'no', 'such', 'folder');
    expect((await run(path, 100, { TARDY_STATE_INTERVAL_MS: '10' })).loaded).toContain('no state');
  });
});

describe('reading', () => {
  it('brings back every count within the window', async () => {
    const path = await statePath();
    const { after } = await run(path, 200);
    expect(after.map(({ n }) => n)).toEqual([50, 50, 50, 50]);
    const { loaded, before } = await run(path, 0);
    expect(loaded).toBe(`4 routes from ${path}`);
    const told = (entries: typeof before) =>
      withoutRequests(entries).map(({ timeoutMs: _timeoutMs, ...rest }) => rest);
    expect(told(before)).toEqual(told(after));
    // A reply is known to its bucket: 0.8 %.
    for (const [i, { timeoutMs }] of before.entries()) {
      expect(timeoutMs! / after[i]!.timeoutMs!).toBeCloseTo(1, 1.5);
    }
    expect(before.map(({ requests }) => requests)).toEqual([0, 0, 0, 0]);
  });

  it('adds up over several lives', async () => {
    const path = await statePath();
    await run(path, 80);
    await run(path, 80);
    expect((await run(path, 80)).after.map(({ n }) => n)).toEqual([60, 60, 60, 60]);
  });

  it('leaves what is older than the window', async () => {
    const path = await statePath();
    await run(path, 100);
    const snapshot = readSnapshot(path);
    const writtenAtWallMs = snapshot.writtenAtWallMs - 400_000; // the window is 300 s
    await writeFile(path, encodeSnapshot({ ...snapshot, writtenAtWallMs }));
    const { loaded, before } = await run(path, 0);
    expect(loaded).toBe(`state in ${path} is older than the window`);
    expect(before.every(({ n }) => n === 0)).toBe(true);
  });

  it('is not misled by a clock that was set back', async () => {
    const path = await statePath();
    await run(path, 100);
    const snapshot = readSnapshot(path);
    const writtenAtWallMs = snapshot.writtenAtWallMs + 86_400_000;
    await writeFile(path, encodeSnapshot({ ...snapshot, writtenAtWallMs }));
    const { before } = await run(path, 0);
    expect(before.map(({ n }) => n)).toEqual([25, 25, 25, 25]);
  });
});

describe('a file that is none', () => {
  const damages: readonly (readonly [string, (whole: Buffer) => Buffer, RegExp])[] = [
    ['empty', () => Buffer.alloc(0), /is no state file of tardy/],
    ['foreign', () => Buffer.from('{"accounts": [1, 2, 3]}\n'), /is no state file of tardy/],
    ['random', () => Buffer.from([0, 255, 254, 10, 13, 0, 200]), /is no state file of tardy/],
    ['cut off', (whole) => whole.subarray(0, whole.length - 10), /is cut off or has grown/],
    ['grown', (whole) => Buffer.concat([whole, Buffer.from('x')]), /is cut off or has grown/],
    ['flipped', (whole) => flipped(whole), /is damaged: its checksum is wrong/],
    ['newer', (whole) => Buffer.from(`tardy-state 9${whole.toString().slice(13)}`), /has format 9/],
  ];

  it.each(damages)('%s, is set aside as it is and told of', async (_name, damage, why) => {
    const path = await statePath();
    const damaged = damage(Buffer.from(await wholeFile()));
    await writeFile(path, damaged);
    const { loaded, before, after } = await run(path, 20);
    expect(before).toEqual([]);
    expect(after).toHaveLength(4);
    expect(loaded).toMatch(why);
    const [aside, ...others] = besides(path);
    expect(others).toEqual([]);
    expect(loaded).toContain(`set aside as ${join(dirname(path), aside!)}`);
    expect(readFileSync(join(dirname(path), aside!))).toEqual(damaged);
    expect(isReadable(path)).toBe(true);
  });

  it('stands in the start-up line under register', async () => {
    const path = await statePath();
    await writeFile(path, 'somebody else');
    const env = { TARDY_SDK: 'off', TARDY_STATE_FILE: path };
    const app = startProgram('app.mjs', { nodeArgs: REGISTER, env });
    const line = await app.said(/tardy .*\n/, 'stderr');
    expect(line).toContain(`${path} is no state file of tardy; set aside as ${path}.unreadable-`);
  });
});

let whole: Promise<Buffer> | undefined;

/** A state file as it should be, made once. */
function wholeFile(): Promise<Buffer> {
  async function make(): Promise<Buffer> {
    const path = await statePath();
    await run(path, 20);
    return readFileSync(path);
  }
  return (whole ??= make());
}

/** One bit of the body is another. */
function flipped(whole: Buffer): Buffer {
  const copy = Buffer.from(whole);
  copy[copy.length - 5]! ^= 1;
  return copy;
}
