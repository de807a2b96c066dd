/** Real pauses of a real process, and the cause that it tells by itself. */
import { once } from 'node:events';
import { beforeAll, describe, expect, it } from 'vitest';
import type { PauseEvent } from '../../src/pause/pause-event.ts';
import { nodeBinaries } from '../support/capabilities.ts';
import { runForJson, startProgram } from '../support/e2e-program.ts';

interface Report {
  readonly report: Readonly<Record<string, PauseEvent & { readonly tookMs: number }>>;
  readonly errors: number;
}

/** Linux tells what its threads do; elsewhere a pause has no cause but a few. */
const isLinux = process.platform === 'linux';
const WATCHES = [
  ['by counters', []],
  ['with a watching thread', ['--thread']],
] as const;
const CAUSES = [
  ['stopped', 'stopped'],
  ['sync-code', 'sync-code'],
  ['gc', 'gc'],
  ['blocked', 'blocked'],
  ['blocked by a child', 'blocked'],
] as const;

describe.skipIf(!isLinux).each(nodeBinaries())('pauses of Node $version', (node) => {
  describe.each(WATCHES)('%s', (_, args) => {
    let found: Report;
    beforeAll(async () => {
      const nodeArgs = ['--expose-gc', '--no-warnings'];
      found = (await runForJson('pauses.mjs', { node, nodeArgs, args })) as Report;
    });

    it.each(CAUSES)('%s', (way, cause) => {
      const told = found.report[way]!;
      expect(`${told.cause}: ${told.because}`).toMatch(new RegExp(`^${cause}: `));
      expect(told.durationMs).toBe(told.toMs - told.fromMs);
    });

    it('is told without a failure', () => {
      expect(found.errors).toBe(0);
    });

    it('tells of no pause that is shorter than what was certainly one', () => {
      const { tookMs, durationMs } = found.report.blocked!;
      expect(durationMs).toBeGreaterThan(tookMs - 21); // a tick
    });
  });

  // Before Node 24, the thread that talks with the debugger has no name to find it by.
  it.skipIf(node.major < 24)('a breakpoint is a stop', async () => {
    const nodeArgs = ['--inspect=127.0.0.1:0', '--no-warnings'];
    const program = startProgram('pauses-debugged.mjs', { node, nodeArgs });
    const url = /ws:\S+/.exec(await program.said(/ws:\S+/, 'stderr'))![0];
    await breakFor(url, 300);
    await program.said('"stopped"');
    expect(program.stdout()).toContain('a debugger was told that it stops');
  });
});

/** Lets a program run into a breakpoint, and on. */
async function breakFor(url: string, forMs: number): Promise<void> {
  const socket = new WebSocket(url);
  await once(socket, 'open');
  let id = 0;
  const call = (method: string, params = {}) =>
    socket.send(JSON.stringify({ id: ++id, method, params }));
  const resumed = new Promise<void>((resolve) => {
    socket.addEventListener('message', ({ data }) => {
      const { method } = JSON.parse(String(data)) as { readonly method?: string };
      if (method === 'Debugger.paused') setTimeout(call, forMs, 'Debugger.resume');
      if (method === 'Debugger.resumed') resolve();
    });
  });
  call('Debugger.enable');
  // Once it has settled: the start is a pause as well.
  setTimeout(call, 2000, 'Runtime.evaluate', { expression: 'debugger; 1' });
  await resumed;
  socket.close();
}
