/** Real pauses of a real process, and the cause that it tells by itself. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { PauseEvent } from '../../src/pause/pause-event.ts';
import { nodeBinaries } from '../support/capabilities.ts';
import { runForJson } from '../support/e2e-program.ts';

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
});
