/**
 * Our own lateness is not theirs: 20 requests wait for replies that take 80 ms, and the process
 * that asked stands still for 150 ms meanwhile.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { nodeBinaries } from '../support/capabilities.ts';
import { runForJson } from '../support/e2e-program.ts';

interface Known {
  readonly completed: number;
  /** Round trips in the histogram that is exported, and their sum. */
  readonly recorded: number;
  readonly recordedMs: number;
  /** Those set aside for a pause of our own. */
  readonly paused: number;
  readonly timeoutMs: number;
  readonly maxMs: number;
  readonly pauses: { readonly count: number; readonly ms: number };
}
interface Stalled {
  readonly before: Known;
  readonly oldestInFlightMs: number;
  readonly after: Known;
}

const STALL_MS = 150;
type Report = Readonly<Record<string, Stalled>>;
const reports = new Map<string, Promise<Report>>();

beforeAll(async () => {
  for (const node of nodeBinaries()) {
    reports.set(node.version, runForJson('stall.mjs', { node }) as Promise<Report>);
  }
  await Promise.allSettled(reports.values());
});

describe.each(nodeBinaries())('a stall of our own on Node $version', ({ version }) => {
  describe.each(['fetch', 'undici', 'http'])('%s', (client) => {
    const stalled = async () => (await reports.get(version))![client]!;

    it('marks the replies that overlap it and keeps them out of the round trips', async () => {
      const { before, after } = await stalled();
      expect(after.completed - before.completed).toBe(20);
      expect(after.paused - before.paused).toBe(20);
      expect(after.recorded).toBe(before.recorded);
      expect(after.recordedMs).toBe(before.recordedMs);
      expect(after.maxMs).toBe(before.maxMs);
    });

    it('does not raise the advice', async () => {
      const { before, after } = await stalled();
      expect(before.timeoutMs).toBeGreaterThan(80);
      expect(after.timeoutMs).toBeLessThanOrEqual(before.timeoutMs);
    });

    it('is counted as a pause', async () => {
      const { before, after } = await stalled();
      expect(after.pauses.count).toBeGreaterThan(before.pauses.count);
      // From when the tick was due, at most a tick of 20 ms after the stall began.
      expect(after.pauses.ms - before.pauses.ms).toBeGreaterThan(STALL_MS - 25);
    });

    it('is not charged to who has not replied yet', async () => {
      expect((await stalled()).oldestInFlightMs).toBeLessThan(STALL_MS);
    });
  });
});
